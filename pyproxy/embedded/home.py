"""The event loop on which everything of one sidecar runs, and the ways to it from other loops and threads.

Connections, timers and places in queues belong to one event loop. So a sidecar has one home: the loop of whoever serves with it, or a
loop in a thread of its own, where a program's blocked loop cannot hold it up. It owns that thread, from the first use to `close`.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pyproxy.errors import ShuttingDown

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["Home"]

T = TypeVar("T")

_BLOCKED = (
    "a call that waits would block the event loop that has to answer it: await the asynchronous call instead, "
    "or give the sidecar a thread of its own with Sidecar(..., own_thread=True)"
)


class Home:
    """Where a sidecar runs; whoever comes first settles it.

    Args:
        own_thread: whether it is a thread of its own, or the first caller's loop; undecided, the loop of who calls `settle_here` before
            there is work to do, else a thread of its own.
    """

    def __init__(self, *, own_thread: bool | None = None) -> None:
        self._own_thread = own_thread
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._leave: asyncio.Event
        self.closed = False

    def settle_here(self) -> None:
        """Make the running loop the home, unless there is one, or it is to have a thread of its own."""
        with self._lock:
            if self._loop is None and not self._own_thread:
                self._loop = asyncio.get_running_loop()

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do `work` at home and wait for it. Cancelling this cancels the work, and waits until it has ended.

        Raises:
            ShuttingDown: the home is closed.
        """
        if self._own_thread is False:
            self.settle_here()
        loop = self._settled()
        if loop is asyncio.get_running_loop():
            return await work()
        errand = _Errand(loop, work)
        result = asyncio.wrap_future(errand.result)
        result.add_done_callback(lambda done: done.exception())  # looked at, though who waits for it may have left
        try:
            return await asyncio.shield(result)
        except asyncio.CancelledError:
            errand.cancel()
            await asyncio.wait((result,))
            raise

    def wait(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do `work` at home and block this thread until it is done, whether an event loop runs in this thread or not.

        Raises:
            RuntimeError: this thread's loop is the home itself: it cannot wait for what it would have to do.
            ShuttingDown: the home is closed.
        """
        loop = self._settled()
        if _running_loop() is loop:
            raise RuntimeError(_BLOCKED)
        errand = _Errand(loop, work)
        try:
            return errand.result.result()
        finally:
            if not errand.result.done():  # interrupted by a signal
                errand.cancel()

    def post(self, callback: Callable[[], object]) -> None:
        """Have `callback` called at home soon; at once if this is home, or if there is none."""
        if self._loop is None or _running_loop() is self._loop:
            callback()
            return
        with contextlib.suppress(RuntimeError):  # the loop is closed, and with it all that could be called
            self._loop.call_soon_threadsafe(callback)

    async def close(self) -> None:
        """End the own thread, if there is one, and what still runs in it; a home in somebody's loop stays with its owner."""
        thread = self._end()
        if thread is not None and asyncio.get_running_loop() is not self._loop:
            await asyncio.to_thread(thread.join)

    def close_and_wait(self) -> None:
        """As `close`, for who has no event loop."""
        thread = self._end()
        if thread is not None and threading.current_thread() is not thread:
            thread.join()

    def _settled(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self.closed:
                raise ShuttingDown("This sidecar has been stopped, and answers nobody any more.")
            if self._loop is None:
                began: Future[asyncio.AbstractEventLoop] = Future()
                self._thread = threading.Thread(target=lambda: asyncio.run(self._stay(began)), name="pyproxy", daemon=True)
                self._thread.start()
                self._loop = began.result()
            return self._loop

    async def _stay(self, began: Future[asyncio.AbstractEventLoop]) -> None:
        self._leave = asyncio.Event()
        began.set_result(asyncio.get_running_loop())
        await self._leave.wait()

    def _end(self) -> threading.Thread | None:
        with self._lock:
            if self._thread is not None and not self.closed and self._loop is not None:
                self.closed = True
                self._loop.call_soon_threadsafe(self._leave.set)
            return self._thread


class _Errand(Generic[T]):
    """Work that somebody elsewhere waits for.

    Attributes:
        result: what it came to; never cancelled, so that its end can be waited for when the work is.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self.result: Future[T] = Future()
        self.result.set_running_or_notify_cancel()
        self._loop = loop
        self._task: asyncio.Task[T]
        loop.call_soon_threadsafe(self._begin, work)

    def cancel(self) -> None:
        """Cancel the work, from any thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended, and so has the work
            self._loop.call_soon_threadsafe(self._cancel)

    def _begin(self, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._task = self._loop.create_task(work())
        self._task.add_done_callback(self._ended)

    def _cancel(self) -> None:
        self._task.cancel()  # looked up here: it is made by a callback that stood in the queue before this one

    def _ended(self, task: asyncio.Task[T]) -> None:
        error = ShuttingDown() if task.cancelled() else task.exception()
        if error is None:
            self.result.set_result(task.result())
        else:
            self.result.set_exception(error)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
