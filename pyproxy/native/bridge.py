"""Between native I/O and an event loop: whoever awaits something that goes on natively waits here for a future.

To be used from one event loop's thread. The native threads never call: they leave word, and ring.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pyproxy.rust_core import NativeIo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Bridge"]


class Bridge:
    """What one event loop has begun natively.

    Nothing is open before the first use, nor after the end.
    """

    def __init__(self) -> None:
        self._io: NativeIo | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._listening: dict[int, Callable[[Any], None]] = {}

    @property
    def io(self) -> NativeIo:
        """The native side of it, to begin things with."""
        if self._io is None:
            self._io = NativeIo()
        return self._io

    async def done(self, ticket: int) -> Any:
        """Wait for what was begun under `ticket`, if that is not 0: 0 is done already. A wait that is cancelled ends it.

        The ticket must have been drawn in the same step of the loop.

        Raises:
            asyncio.CancelledError: the bridge is closed, or was while this waited.
        """
        if not ticket:
            return None
        if self._io is None:
            raise asyncio.CancelledError("native I/O has ended")
        future = self.expect(ticket)
        try:
            return await future
        finally:
            if self._waiting.pop(ticket, None) is not None and self._io is not None:
                self._io.cancel(ticket)
            del future  # what came of it too late is let go of now, and not when a traceback is

    def expect(self, ticket: int) -> asyncio.Future[Any]:
        """What will be known under `ticket`; to be given up with `forget` if nobody waits for it any more."""
        future = self._waiting[ticket] = self._open().create_future()
        return future

    def forget(self, ticket: int) -> None:
        """Wait no longer for what would be known under `ticket`."""
        self._waiting.pop(ticket, None)

    def listen(self, ticket: int, listener: Callable[[Any], None]) -> None:
        """Call `listener` with whatever comes under `ticket`, as often as something does, until it is forgotten by `unlisten`."""
        self._open()
        self._listening[ticket] = listener

    def unlisten(self, ticket: int) -> None:
        """Call nobody any more with what comes under `ticket`."""
        self._listening.pop(ticket, None)

    def close(self) -> None:
        """Listen no more, and end what is under way: whoever still waits is cancelled."""
        if self._loop is not None:
            self._loop.remove_reader(self.io.fileno())
            self._loop = None
        if self._io is not None:
            self._io.close()
            self._io = None
        waiting, self._waiting = self._waiting, {}
        self._listening.clear()
        for future in waiting.values():
            future.cancel("native I/O has ended")

    def _open(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self.io.fileno(), self._take)
        return self._loop

    def _take(self) -> None:
        self._hand_out(self.io.take())

    def _hand_out(self, told: Iterable[tuple[int, Any]]) -> None:
        """Let each know what it waits for. Where a listener fails the loop is told of that, and goes on with the others."""
        left = iter(told)
        try:
            for ticket, result in left:
                future = self._waiting.pop(ticket, None)
                if future is not None:
                    if not future.done():
                        future.set_result(result)
                elif ticket in self._listening:
                    self._listening[ticket](result)
        finally:
            if others := tuple(left):
                asyncio.get_running_loop().call_soon(self._hand_out, others)
