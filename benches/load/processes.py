"""Processes that are measured: started, watched with their children, and ended."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["Absent", "Running", "free_port", "started"]

_PAGE = os.sysconf("SC_PAGE_SIZE")
_READY_WITHIN_S = 120
_ENDED_WITHIN_S = 15


class Absent(Exception):
    """A side that cannot be measured here, and why."""


@dataclass(frozen=True)
class Running:
    """A process and its children."""

    pid: int
    started_s: float

    def pids(self) -> list[int]:
        """Its own and those of all below it."""
        found = [self.pid]
        for pid in found:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                found += map(int, _text(children).split())
        return found

    def threads(self) -> list[Path]:
        """What the system tells of each of their threads."""
        return [thread for pid in self.pids() for thread in Path(f"/proc/{pid}/task").glob("*")]

    def cpu_seconds(self) -> float:
        """What their threads have run so far, in user and system; the scheduler counts nanoseconds, where `times` counts ticks."""
        return sum(int(_text(thread / "schedstat").partition(" ")[0] or 0) for thread in self.threads()) / 1e9

    def memory_mib(self) -> float:
        """Resident memory; what processes share counts for each of them."""
        told = [_text(Path(f"/proc/{pid}/statm")).split() for pid in self.pids()]
        return sum(int(pages[1]) for pages in told if pages) * _PAGE / 2**20

    @contextlib.contextmanager
    def pinned(self, cores: set[int]) -> Iterator[None]:
        """Keep them on these cores for a while."""
        everywhere = os.sched_getaffinity(self.pid)
        self._keep_on(cores)
        try:
            yield
        finally:
            self._keep_on(everywhere)

    def _keep_on(self, cores: set[int]) -> None:
        for thread in self.threads():
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(int(thread.name), cores)


def _text(told: Path) -> str:
    """What the system tells; nothing of what has just ended."""
    try:
        return told.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


@contextlib.contextmanager
def started(
    command: Sequence[str | Path], *, log: Path, ready: Callable[[], bool], environment: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """A process that is ready; it ends with the context, and its children with it.

    Raises:
        Absent: it ended, or was not ready in time.
    """
    # Whatever becomes of this process, what it has started ends with it.
    bound = (setpriv, "--pdeathsig", "TERM", "--") if (setpriv := shutil.which("setpriv")) else ()
    begun = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            (*bound, *command), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment and dict(environment)
        )
    try:
        while not ready():
            if process.poll() is not None or time.perf_counter() - begun > _READY_WITHIN_S:
                raise Absent(f"{Path(command[0]).name} did not start: {log.read_text(errors='replace')[-600:]}")
            time.sleep(0.002)
        yield Running(process.pid, time.perf_counter() - begun)
    finally:
        process.terminate()
        try:
            process.wait(_ENDED_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
