"""Waits for the word to stop."""

from __future__ import annotations

import asyncio
import signal

__all__ = ["stop_requested"]


async def stop_requested() -> None:
    """Return at the first SIGTERM or SIGINT; a second one then ends the process at once."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)
