"""Comments that keep a client waiting for what it cannot have yet."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["KeepAlive"]

# Most answers are whole sooner: they need no comment, and their head can tell the whole path taken.
FIRST_S = 5.0
# Well within what proxies and clients wait for the next byte, of which 30 s is about the least.
EVERY_S = 10.0


class KeepAlive:
    """Sends a sign of life from time to time, until there is something to say."""

    def __init__(self) -> None:
        self._sending = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self, send: Callable[[], Awaitable[None]]) -> None:
        """Begin to `send` signs, if it has not begun. Nothing of it is held longer: whose answer it is may be known by it."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(send))

    async def stop(self) -> None:
        """End it, but not in the middle of a sign."""
        if self._task is None:
            return
        async with self._sending:
            task, self._task = self._task, None
            task.cancel()
        await asyncio.wait((task,))
        if not task.cancelled():
            task.result()

    async def abandon(self) -> None:
        """End it at once: nobody listens any more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))

    async def _run(self, send: Callable[[], Awaitable[None]]) -> None:
        pause = FIRST_S
        with contextlib.suppress(OSError):  # the client has gone, and whoever watches for that ends the request
            while True:
                await asyncio.sleep(pause)
                async with self._sending:
                    await send()
                pause = EVERY_S
