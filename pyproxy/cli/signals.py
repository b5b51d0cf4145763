"""The word to stop."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["stop_requested"]

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
