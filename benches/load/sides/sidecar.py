"""The sidecar itself, with limits at all four levels, breakers, statistics and the access log on."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Literal

import processes
import yaml
from load import Way

from pyproxy.rust_core import __version__
from sides.side import Setting, Side

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["started"]

# High enough to refuse nothing, and counted for every request.
_LIMITS = {"concurrency_limit": 2_000, "rpm_limit": 100_000_000, "tpm_limit": 100_000_000_000}


@contextlib.contextmanager
def started(setting: Setting, *, io: Literal["native", "python"]) -> Iterator[Side]:
    """`pyproxy serve`, as a user runs it."""
    port, config = processes.free_port(), setting.folder / f"{io}.yaml"
    config.write_text(yaml.safe_dump(_config(setting)))
    way = Way(port, headers={"x-pyproxy-node": "caller"}, prefix="group-")
    secure = Way(port, headers=way.headers, prefix="group-secure-")
    # -P: what is installed is measured, not the sources that make is called from.
    command = (sys.executable, "-P", "-m", "pyproxy", "serve", "--config", config, "--port", str(port), "--io", io)
    with processes.started(command, log=setting.folder / f"{io}.log", ready=lambda: setting.ready(way), environment=os.environ) as running:
        yield Side(io, f"pyproxy {__version__} --io {io}", way, secure, running)


def _config(setting: Setting) -> dict[str, object]:
    models = {
        prefix + name: {"provider": provider, "model": name, **_LIMITS}
        for prefix, provider in (("", "plain"), ("secure-", "secure"))
        for name in setting.models
    }
    return {
        "providers": {
            "plain": {"dialect": "openai", "base_url": f"http://127.0.0.1:{setting.mock.http}/v1"},
            "secure": {
                "dialect": "openai",
                "base_url": f"https://localhost:{setting.mock.https}/v1",
                "ca_file": str(setting.mock.certificate),
            },
        },
        "models": models,
        "task_groups": {
            f"group-{name}": {
                **_LIMITS,
                "echelon1": {"models": [name], **_LIMITS},
                "fallback_config": {"circuit_breaker": {"failure_threshold": 5, "recovery_time": 60}},
            }
            for name in models
        },
        "nodes": {"caller": {"llm_group": "group-plain", **_LIMITS}},
    }
