"""Sees that a configuration's files changed, waits until they rest, and has them read again.

It looks, and asks for no notices: some file systems send none, some changes, such as a link's far end or a folder that went and came
back, are noticed by nobody, and where a log is written beside the configuration each of its lines would be a notice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from pyproxy.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.config import ServerConfig
    from pyproxy.config.watched import Signature
    from pyproxy.reloading.reloader import Reloader
    from pyproxy.reloading.source import ConfigSource

__all__ = ["Watcher"]

_log = logging.getLogger("pyproxy")
# A look takes 0.1 ms for a file, and 1 ms for a directory of a dozen.
LOOK_EVERY_S = 0.5
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
            if self._settings().hot_reload:
                try:
                    await self._look()
                except (OSError, RuntimeError) as error:  # such as no folder to start from, or no thread to look in
                    if not self._warned:
                        self._warned = True
                        _log.warning("%s cannot be looked at (%s): tried again every %g s", self._source.path, error, LOOK_EVERY_S)
            await self._stopped_within(LOOK_EVERY_S)

    async def _look(self) -> None:
        """Have the files read if they are not what they were."""
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
