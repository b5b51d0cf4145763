"""What came of the calls through one wrapper, counted."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyproxy.errors import RequestError

__all__ = ["CallStatistics"]


class CallStatistics:
    """Counters that any thread may move.

    Args:
        now: seconds of a clock that only goes forward.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._seconds = 0.0
        self._last_error: str | None = None

    def begin(self) -> float:
        """Count a call; returns when it began."""
        with self._lock:
            self._counts["requests"] += 1
        return self._now()

    def answered(self, began: float, attempts: tuple[str, ...], usage: Mapping[str, Any]) -> None:
        """Count an answer that came whole, or was left by its reader."""
        with self._lock:
            self._counts["succeeded"] += 1
            self._counts["fell_back"] += len(attempts) > 1
            self._counts["upstream_calls"] += len(attempts)
            self._counts["prompt_tokens"] += usage.get("prompt_tokens") or 0
            self._counts["completion_tokens"] += usage.get("completion_tokens") or 0
            self._seconds += self._now() - began

    def failed(self, began: float, error: RequestError) -> None:
        """Count a call that got an error for an answer."""
        with self._lock:
            self._counts["failed"] += 1
            self._counts["upstream_calls"] += len(error.attempts)
            self._errors[error.code] += 1
            self._last_error = error.message
            self._seconds += self._now() - began

    def read(self) -> dict[str, Any]:
        """All of them; ``unfinished`` are the calls that run, and those that were cancelled."""
        names = ("requests", "succeeded", "failed", "fell_back", "upstream_calls", "prompt_tokens", "completion_tokens")
        with self._lock:
            counts = {name: self._counts[name] for name in names}
            ended = counts["succeeded"] + counts["failed"]
            return {
                **counts,
                "unfinished": counts["requests"] - ended,
                "average_seconds": self._seconds / ended if ended else None,
                "errors": dict(self._errors),
                "last_error": self._last_error,
            }
