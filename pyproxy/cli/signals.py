"""The word to stop, and the word to read the configuration again."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

__all__ = ["on_hangup", "stop_requested"]

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def stop_requested(hurry: Callable[[], object] | None = None) -> asyncio.Event:
    """Give an event that the first SIGTERM or SIGINT sets.

    The second one calls `hurry`, if there is something to hurry; the next one ends the process at once.
    Ask for it before anybody is told that the process is ready: whoever heard that may send a signal.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    meanings: list[Callable[[], object]] = [stop.set] if hurry is None else [stop.set, hurry]

    def heard() -> None:
        meanings.pop(0)()
        if not meanings:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

    for number in _SIGNALS:
        loop.add_signal_handler(number, heard)
    return stop


@contextlib.contextmanager
def on_hangup(work: Callable[[], Coroutine[Any, Any, object]]) -> Iterator[None]:
    """Do `work` after each SIGHUP; what is left of it at the end is cancelled.

    Those that come while it is done are answered together by doing it once more.
    """
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    answering: asyncio.Task[None] | None = None

    async def answer() -> None:
        while asked.is_set():
            asked.clear()
            await work()

    def heard() -> None:
        nonlocal answering
        asked.set()
        if answering is None or answering.done():
            answering = loop.create_task(answer(), name="hangup")

    loop.add_signal_handler(signal.SIGHUP, heard)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        if answering is not None:
            answering.cancel()
