"""Sees that a configuration's files changed, waits until they rest, and has them read again.

The system's notices make it quick, and a look every second makes it sure: some file systems send no notices, and some changes,
such as a link's far end or a folder that went and came back, are noticed by nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from watchfiles import awatch

from pyproxy.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyproxy.config import ServerConfig
    from pyproxy.config.watched import Signature
    from pyproxy.reloading.reloader import Reloader
    from pyproxy.reloading.source import ConfigSource

__all__ = ["Watcher"]

_log = logging.getLogger("pyproxy")
LOOK_EVERY_S = 1.0
# Files that never rest are read all the same after so many waits.
_MOST_WAITS = 3


class Watcher:
    """Follows one source until it is stopped."""

    def __init__(self, source: ConfigSource, seen: Signature, reloader: Reloader, settings: Callable[[], ServerConfig]) -> None:
        """Nothing is watched yet.

        Args:
            source: the configuration's file or directory.
            seen: its signature from before it was read for the first time.
            reloader: reads it again.
            settings: the server's settings in force: whether to follow, and how patiently.
        """
        self._source = source
        self._reloader = reloader
        self._settings = settings
        self._seen = seen
        self._stopped = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._warned = False

    def start(self) -> None:
        """Begin to follow, if it has not begun yet."""
        if self._task is None:
            self._task = asyncio.create_task(self._follow(), name="config-watcher")

    async def stop(self) -> None:
        """Follow no more; nothing of it is left running."""
        self._stopped.set()
        if self._task is not None:
            await self._task

    async def _follow(self) -> None:
        while not self._stopped.is_set():
            if not self._settings().hot_reload:
                await self._stopped_within(LOOK_EVERY_S)
                continue
            try:
                folders = await self._look()
                async with contextlib.aclosing(
                    awatch(
                        *folders,
                        recursive=False,
                        watch_filter=None,
                        stop_event=self._stopped,
                        rust_timeout=round(LOOK_EVERY_S * 1000),
                        yield_on_timeout=True,
                    )
                ) as notices:
                    async for _ in notices:
                        if await self._look() != folders or not self._settings().hot_reload:
                            break
            except (OSError, RuntimeError) as error:  # no folder is there, or the system has no more watches to give
                if not self._warned:
                    self._warned = True
                    _log.warning("%s sends no notices (%s): it is looked at every %g s", self._source.path, error, LOOK_EVERY_S)
                await self._stopped_within(LOOK_EVERY_S)

    async def _look(self) -> dict[Path, tuple[int, ...]]:
        """Have the files read if they are not what they were; returns the folders that are to be watched now."""
        now = await self._signature()
        while self._settings().hot_reload and now != self._seen and not self._stopped.is_set():
            self._seen = now = await self._rested(now)
            try:
                await self._reloader.attempt()
            except ConfigError as error:
                # Perhaps somebody is writing it and pauses: only what still stands a little later is a fault.
                await self._stopped_within(self._settings().reload_interval)
                if await self._signature() == self._seen and not self._stopped.is_set():
                    self._reloader.reject(error)
            now = await self._signature()
        return _folders(now)

    async def _signature(self) -> Signature:
        """In a thread: a file system that answers slowly must not hold up who is served."""
        return await asyncio.to_thread(self._source.signature)

    async def _rested(self, now: Signature) -> Signature:
        """Wait until nothing has changed for a while."""
        for _ in range(_MOST_WAITS):
            before = now
            await self._stopped_within(self._settings().reload_interval)
            now = await self._signature()
            if now == before:
                break
        return now

    async def _stopped_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), seconds)
        return self._stopped.is_set()


def _folders(seen: Signature) -> dict[Path, tuple[int, ...]]:
    """The folders among what was seen, by their identity: one that was deleted and made again is another."""
    return {path: state for path, state in seen.items() if len(state) == len(("device", "number"))}
