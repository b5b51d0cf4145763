"""The word to stop."""

from __future__ import annotations

import asyncio
import signal

__all__ = ["stop_requested"]

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def stop_requested() -> asyncio.Event:
    """Give an event that the first SIGTERM or SIGINT sets; a second one then ends the process at once.

    Ask for it before anybody is told that the process is ready: whoever heard that may send a signal.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def heard() -> None:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
        stop.set()

    for number in _SIGNALS:
        loop.add_signal_handler(number, heard)
    return stop
