"""Portkey's gateway, on Node."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import processes
from clients.apart.environments import kept
from load import Way

from sides.side import Setting, Side

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["started"]

# The pin of @hono/node-server is not the newest: with those after it, the gateway answers every stream with a 500.
_PINS = Path(__file__).parents[1] / "requirements" / "portkey"
_GATEWAY = Path("node_modules/@portkey-ai/gateway")


@contextlib.contextmanager
def started(setting: Setting) -> Iterator[Side]:
    """Its Node server, headless; the upstream is named in each request's headers, which is how it is used without an account."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise processes.Absent("there is no Node here, with npm")
    gateway = _installed(npm) / _GATEWAY
    version = json.loads((gateway / "package.json").read_text())["version"]
    port = processes.free_port()

    def way(upstream: str) -> Way:
        headers = {"authorization": "Bearer none", "x-portkey-provider": "openai", "x-portkey-custom-host": upstream}
        return Way(port, headers=headers)

    plain, secure = way(f"http://127.0.0.1:{setting.mock.http}/v1"), way(f"https://localhost:{setting.mock.https}/v1")
    environment = {**os.environ, "NODE_ENV": "production", "NODE_EXTRA_CA_CERTS": str(setting.mock.certificate)}
    command = (node, gateway / "build" / "start-server.js", f"--port={port}", "--headless")
    log = setting.folder / "portkey.log"
    with processes.started(command, log=log, ready=lambda: setting.ready(plain), environment=environment) as running:
        yield Side("portkey", f"Portkey's gateway {version}", plain, secure, running)


def _installed(npm: str) -> Path:
    def install(place: Path) -> None:
        shutil.copytree(_PINS, place)
        command = (npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=600, check=True)

    try:
        return kept("portkey", (_PINS / "package-lock.json").read_bytes(), install)
    except (OSError, subprocess.SubprocessError) as error:
        raise processes.Absent(f"Portkey's gateway cannot be installed: {getattr(error, 'stderr', '') or error}") from error
