"""An event loop whose clock stands still while anything can run, and jumps to the next timer when nothing can."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


class _JumpingSelector(selectors.SelectSelector):
    """Never blocks: what the loop would have waited for is added to its clock instead."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everybody waits and no timer is set: this would hang for ever")
        self._loop.pass_time(timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time in whole nanoseconds, so that a deadline is met exactly."""

    def __init__(self) -> None:
        self._now_ns = 0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        return self._now_ns / 1e9

    def now_ns(self) -> int:
        return self._now_ns

    def pass_time(self, seconds: float) -> None:
        self._now_ns += max(0, -int(-seconds * 1e9 // 1))

    def jump(self, nanoseconds: int) -> None:
        """Let time pass while the one who calls this keeps the loop busy: timers that were due ring late."""
        self._now_ns += nanoseconds


def run_virtually(main: Coroutine[Any, Any, T], loop: VirtualLoop) -> T:
    """Run to the end on virtual time; the loop is closed afterwards."""
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()
