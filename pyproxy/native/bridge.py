"""Between native I/O and an event loop: whoever awaits something that goes on natively waits here for a future.

To be used from one event loop's thread. The native threads never call: they leave word, and ring.
"""

from __future__ import annotations

import asyncio
from typing import Any

from pyproxy.rust_core import NativeIo

__all__ = ["Bridge"]


class Bridge:
    """What one event loop has begun natively.

    Attributes:
        io: the native side of it, to begin things with.
    """

    def __init__(self) -> None:
        self.io = NativeIo()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[int, asyncio.Future[Any]] = {}

    async def done(self, ticket: int) -> Any:
        """Wait for what was begun under `ticket`. A wait that is cancelled ends it.

        The ticket must have been drawn in the same step of the loop.
        """
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self.io.fileno(), self._take)
        self._waiting[ticket] = future = self._loop.create_future()
        try:
            return await future
        finally:
            if self._waiting.pop(ticket, None) is not None:
                self.io.cancel(ticket)

    def close(self) -> None:
        """Listen no more; whoever still waits is not told anything."""
        if self._loop is not None:
            self._loop.remove_reader(self.io.fileno())
            self._loop = None

    def _take(self) -> None:
        for ticket, result in self.io.take():
            future = self._waiting.pop(ticket, None)
            if future is not None and not future.done():
                future.set_result(result)
