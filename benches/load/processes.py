"""The two processes that are measured: the mock provider and the sidecar over it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Running", "started"]

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")

# Limits stand at all four levels, high enough to refuse nothing and to be counted for every request.
_CONFIG = """\
providers:
  mock: {{dialect: openai, base_url: "http://127.0.0.1:{port}/v1"}}
models:
  plain: {{provider: mock, model: plain, concurrency_limit: 500, rpm_limit: 100000000}}
  stream: {{provider: mock, model: "stream?chunks=200", concurrency_limit: 500, rpm_limit: 100000000}}
task_groups:
  plain_group:
    concurrency_limit: 500
    rpm_limit: 100000000
    echelon1: {{models: [plain], concurrency_limit: 500, rpm_limit: 100000000}}
  stream_group:
    concurrency_limit: 500
    echelon1: {{models: [stream], concurrency_limit: 500, rpm_limit: 100000000}}
nodes:
  caller: {{llm_group: plain_group, concurrency_limit: 500, rpm_limit: 100000000}}
"""


@dataclass(frozen=True)
class Running:
    """A process that serves on a port of this machine."""

    pid: int
    port: int

    def cpu_seconds(self) -> float:
        """User and system time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory_mib(self) -> float:
        """Resident memory."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE / 2**20


@contextlib.contextmanager
def started() -> Iterator[tuple[Running, Running]]:
    """The mock and the sidecar; both end with the context."""
    with tempfile.TemporaryDirectory() as folder, _process("mock", "--quiet", "--port", "0") as mock:
        config = Path(folder) / "bench.yaml"
        config.write_text(_CONFIG.format(port=mock.port))
        with _process("serve", "--config", str(config), "--port", "0") as sidecar:
            yield mock, sidecar


@contextlib.contextmanager
def _process(*arguments: str) -> Iterator[Running]:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "pyproxy", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as process:
        try:
            line = "" if process.stdout is None else process.stdout.readline()
            port = int(line.partition("http://127.0.0.1:")[2].split(" ")[0].strip().removesuffix("/v1"))
            yield Running(process.pid, port)
        finally:
            process.terminate()
            process.communicate()
