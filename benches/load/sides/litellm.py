"""LiteLLM's proxy, in an environment of its own."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import processes
import yaml
from clients.apart.environments import python_with
from load import Way

from sides.side import Setting, Side

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["started"]

# opentelemetry-sdk is among the pins: without it, each request tries anew to import it, which would halve what is measured.
_PINS = Path(__file__).parents[1] / "requirements" / "litellm.txt"


@contextlib.contextmanager
def started(setting: Setting) -> Iterator[Side]:
    """`litellm --config`, with one worker, as it starts by itself; nothing is asked of the network."""
    try:
        program = python_with(_PINS).with_name("litellm")
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        raise processes.Absent(f"LiteLLM's proxy cannot be installed: {str(error)[-300:]}") from error
    version = re.search(r"^litellm==(\S+)", _PINS.read_text(), re.MULTILINE)
    port, config, key = processes.free_port(), setting.folder / "litellm.yaml", f"sk-{secrets.token_hex(32)}"
    config.write_text(yaml.safe_dump({"model_list": _models(setting)}))
    way = Way(port, headers={"authorization": f"Bearer {key}"})
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_MASTER_KEY": key,
        "NO_PROXY": "*",
        "SSL_CERT_FILE": str(setting.mock.certificate),
    }
    command = (program, "--config", config, "--host", "127.0.0.1", "--port", str(port), "--telemetry", "False")
    log = setting.folder / "litellm.log"
    with processes.started(command, log=log, ready=lambda: setting.ready(way), environment=environment) as running:
        about = f"LiteLLM's proxy {version[1] if version else ''}, 1 worker"
        yield Side("litellm", about, way, Way(port, headers=way.headers, prefix="secure-"), running)


def _models(setting: Setting) -> list[dict[str, object]]:
    upstreams = {"": f"http://127.0.0.1:{setting.mock.http}/v1", "secure-": f"https://localhost:{setting.mock.https}/v1"}
    return [
        {"model_name": prefix + name, "litellm_params": {"model": f"openai/{name}", "api_base": upstream, "api_key": "none"}}
        for prefix, upstream in upstreams.items()
        for name in setting.models
    ]
