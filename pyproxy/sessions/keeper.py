"""Writes sessions down in a thread of its own, so that no request ever waits for a disk, and none fails for want of one."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING

from pyproxy.sessions.file import SessionFile, UnusableFileError
from pyproxy.sessions.rows import Clocks, kept_of, row_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyproxy.sessions.memory import Sessions

__all__ = ["SessionKeeper"]

_log = logging.getLogger("pyproxy")

_BATCH = 64
"""Sessions made into rows, and written, at a time: the interpreter is not held for longer than a millisecond."""
_LONGEST_PAUSE_S = 60.0


def _clocks() -> Clocks:
    return Clocks(time.monotonic_ns(), time.time_ns() // 1_000_000)


class SessionKeeper:
    """Keeps `Sessions` in a file: reads it at the start, writes what changed at an interval and at the end.

    A file that cannot be used costs one warning: at the start the sessions then live in memory only; later on it is tried again, ever more
    seldom, and what changed meanwhile is written once it can be.
    """

    def __init__(self, sessions: Sessions, path: Path, *, interval_s: float = 1.0, clocks: Callable[[], Clocks] = _clocks) -> None:
        """Nothing is opened yet.

        Args:
            sessions: what is kept.
            path: the file.
            interval_s: seconds between two writes; what changed last is lost if the process is killed in between.
            clocks: tells both clocks, for tests.
        """
        self._sessions = sessions
        self._path = path
        self._interval_s = interval_s
        self._clocks = clocks
        self._file: SessionFile | None = None
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()
        self._failing = False

    def start(self) -> None:
        """Read the file into the sessions, and write from now on. Call it before the first request: it reads a disk."""
        try:
            self._file = self._opened()
        except UnusableFileError as error:
            _log.warning("sessions are kept in memory only: %s cannot be used: %s", self._path, error)
            return
        self._thread = threading.Thread(target=self._run, name="session-keeper", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> bool:
        """Write what is left and close the file; returns whether that was done in time. A disk that hangs is left to itself."""
        self._ending.set()
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            _log.warning("the last sessions may not be in %s: it did not take them within %g seconds", self._path, timeout_s)
            return False
        self._thread = None
        return True

    async def aclose(self, timeout_s: float = 2.0) -> bool:
        """`stop`, while the event loop goes on."""
        return await asyncio.to_thread(self.stop, timeout_s)

    def _opened(self) -> SessionFile:
        file = SessionFile(self._path)
        try:
            clocks = self._clocks()
            after_ms = clocks.to_wall(clocks.now_ns - self._sessions.ttl_ns)
            rows = file.load(after_ms=after_ms, limit=self._sessions.max_sessions)
        except UnusableFileError:
            file.close()
            raise
        self._sessions.restore(kept for row in rows if (kept := kept_of(row, clocks)) is not None)
        return file

    def _run(self) -> None:
        file, pause_s = self._file, self._interval_s
        assert file is not None  # noqa: S101 - the thread is started with it
        while not self._ending.wait(pause_s):
            pause_s = self._interval_s if self._write(file) else min(2 * pause_s, _LONGEST_PAUSE_S)
        self._write(file)
        file.close()

    def _write(self, file: SessionFile) -> bool:
        try:
            wrote = False
            while self._write_batch(file):
                wrote = True
            if wrote:
                clocks = self._clocks()
                file.trim(after_ms=clocks.to_wall(clocks.now_ns - self._sessions.ttl_ns), most=self._sessions.max_sessions)
        except UnusableFileError as error:
            if not self._failing:
                _log.warning("sessions are kept in memory only for now: %s cannot be written: %s", self._path, error)
            self._failing = True
            return False
        self._failing = False
        return True

    def _write_batch(self, file: SessionFile) -> bool:
        changed, forgotten = self._sessions.changes(_BATCH)
        if not changed and not forgotten:
            return False
        clocks = self._clocks()
        try:
            file.save([row_of(kept, clocks) for kept in changed], forgotten)
        except UnusableFileError:
            self._sessions.put_back([kept.session for kept in changed], forgotten)
            raise
        return True
