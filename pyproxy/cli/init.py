"""`pyproxy init`: a configuration to start with, from what is found on this machine."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pyproxy.cli.local_ollama import PORT, find_ollama
from pyproxy.cli.start_config import GROUP, start_config
from pyproxy.config import ConfigError
from pyproxy.config.known_providers import keys_in_environment, offered_providers

if TYPE_CHECKING:
    from pyproxy.cli.local_ollama import Ollama
    from pyproxy.config.known_providers import Keys

__all__ = ["write_start"]


def write_start(path: str, *, force: bool, ollama_port: int = PORT) -> None:
    """Write a configuration for the provider keys in the environment and a local Ollama, and say what to do next.

    Raises:
        ConfigError: The file is there already and ``force`` is not given, or it cannot be written; or the only keys there are cannot
            be keys.
    """
    if not path.isprintable():
        raise ConfigError("a file whose name cannot be printed cannot be named in a configuration: choose another")
    if Path(path).suffix == ".toml":
        raise ConfigError(f"{path}: init writes YAML; name a file that ends with .yaml")
    if Path(path).exists() and not force:
        raise ConfigError(f"{path} is there already: --force overwrites it, or name another file")
    keys, ollama = keys_in_environment(), find_ollama(ollama_port)
    if keys.unusable and not keys.usable and not (ollama and ollama.models):
        raise ConfigError(f"{', '.join(keys.unusable)} holds what cannot be a key, and nothing else was found: mend it or unset it")
    _write(Path(path), start_config(keys, ollama, shlex.quote(path)), force=force)
    click.echo("\n".join([*_found(keys, ollama), "", *_next(path)]))


def _write(path: Path, text: str, *, force: bool) -> None:
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigError(f"{path} is there already: --force overwrites it, or name another file") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be written: {getattr(error, 'strerror', None) or 'not a usable path'}") from None


def _found(keys: Keys, ollama: Ollama | None) -> list[str]:
    rows = [(name, known.name, known.base_url) for known, name in keys.usable]
    if ollama is not None and ollama.models:
        more = f", and {len(ollama.models) - 1} more" if len(ollama.models) > 1 else ""
        rows.append(("a local Ollama", "ollama", f"{ollama.base_url} with {ollama.models[0]}{more}"))
    lines = [f"{name} holds what cannot be a key: it is left out" for name in keys.unusable]
    if ollama is not None and not ollama.models:
        lines.append("a local Ollama answers but has no model yet: it is left out (try: ollama pull llama3.2)")
    if rows:
        widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
        table = [f"  {click.style(f'{row[0]:<{widths[0]}}', fg='green')}  {row[1]:<{widths[1]}}  {row[2]}" for row in rows]
        return ["Found:", *table, *lines]
    looked = ", ".join(name for known in offered_providers() for name in known.variables)
    return [
        *lines,
        f"Found no key and no local Ollama at http://127.0.0.1:{PORT}, so the file waits for OPENAI_API_KEY.",
        f"Looked for {looked}.",
    ]


def _next(path: str) -> list[str]:
    name = shlex.quote(path)
    return [
        f"Wrote {click.style(name, bold=True)}; agents ask for the model {GROUP}, or for any other. Next:",
        f"  pyproxy check {name}",
        f"  pyproxy serve --config {name}",
    ]
