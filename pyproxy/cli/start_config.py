"""The text of a configuration to start with: providers that there are keys for, a model of each, and a group that falls back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from pyproxy.config.known_providers import KNOWN_PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproxy.cli.local_ollama import Ollama
    from pyproxy.config.known_providers import Keys

__all__ = ["GROUP", "start_config"]

GROUP = "main_group"
_ENOUGH_ATTEMPTS = 3
_ENOUGH_CALLS = 6
_HEAD = """\
# pyproxy's configuration, begun by `pyproxy init`. It holds no key: ${{NAME}} is read from the environment at the start.
#
{commands}
#
# For completion in an editor run `pyproxy schema > pyproxy.schema.json` and begin this file with
#   # yaml-language-server: $schema=pyproxy.schema.json

server:
  host: 127.0.0.1   # loopback only
  port: 8484

"""


class _Source(NamedTuple):
    name: str
    dialect: str
    base_url: str
    api_key: str
    model: str
    note: str


def start_config(keys: Keys, ollama: Ollama | None, path: str) -> str:
    """Return the text of a configuration for what was found; for nothing at all, one that waits for a key of OpenAI's.

    Args:
        keys: The providers that there are keys for.
        ollama: The local Ollama, if one answered.
        path: What the file will be called, for its comments.
    """
    sources = [
        _Source(known.name, known.dialect, known.base_url, f"${{{name}}}", known.model, known.models_page) for known, name in keys.usable
    ]
    if ollama is not None and ollama.models:
        sources.append(_Source("ollama", "openai", ollama.base_url, "", ollama.models[0], "see: ollama list"))
    if not sources:
        known = KNOWN_PROVIDERS[0]
        sources = [_Source(known.name, known.dialect, known.base_url, f"${{{known.variables[0]}:not-set}}", known.model, known.models_page)]
    return _HEAD.format(commands=_commands(path)) + _providers(sources) + _models(sources) + _group(sources) + _aliases()


def _commands(path: str) -> str:
    rows = (
        (f"pyproxy check {path}", "every fault, with file, line and column"),
        (f"pyproxy serve --config {path}", "then point any OpenAI client at http://127.0.0.1:8484/v1"),
        (f"pyproxy explain server.port --config {path}", "what holds at a key, and which line it comes from"),
    )
    width = max(len(command) for command, _ in rows)
    return "\n".join(f"#   {command:<{width}}   {meaning}" for command, meaning in rows)


def _providers(sources: Sequence[_Source]) -> str:
    text = "# Where calls go, and the API that is spoken there. Clients of each API are served by all of them.\nproviders:\n"
    for source in sources:
        text += f"  {source.name}:\n    dialect: {source.dialect}\n    base_url: {source.base_url}\n"
        text += f'    api_key: "{source.api_key}"\n' if source.api_key else ""
    return text + "\n"


def _models(sources: Sequence[_Source]) -> str:
    text = "# Names of your own for models. Limits can stand here: rpm_limit: 500, concurrency_limit: 20.\nmodels:\n"
    for source in sources:
        text += f"  # {source.note}\n  {source.name}-main: {{provider: {source.name}, model: {_literal(source.model)}}}\n"
    return text + "\n"


def _literal(text: str) -> str:
    """Return a text from elsewhere as YAML, so that it names no variable: whoever answers for Ollama must not get a key sent."""
    return json.dumps(text.replace("${", "$${"))


def _group(sources: Sequence[_Source]) -> str:
    text = "# What agents ask for. Each echelon is tried when the one before it fails or is full; put the one you like best first.\n"
    text += f"task_groups:\n  {GROUP}:\n    description: the first that answers\n"
    for number, source in enumerate(sources, 1):
        text += f"    echelon{number}: {{models: [{source.name}-main], priority: {number}}}\n"
    attempts = max(_ENOUGH_ATTEMPTS, len(sources))
    text += "    timeouts: {connect: 5, first_byte: 60, idle: 60, total: 600}   # seconds\n    fallback_config:\n"
    text += f"      max_attempts: {attempts}     # targets tried for one request\n"
    return text + f"      attempt_budget: {max(_ENOUGH_CALLS, attempts + 2)}   # calls for one request in all, retries counted\n\n"


def _aliases() -> str:
    return f'# Whatever else an agent asks for is answered, too.\naliases:\n  "*": {GROUP}\n'
