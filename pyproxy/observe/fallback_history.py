"""What fallbacks there were, and why: the last of them one by one, and all of them counted, in bounded memory."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyproxy.observe.observers import CountsMany

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.domain import AlikeRequests, RequestRecord

__all__ = ["FallbackEntry", "FallbackHistory"]

_MAX_TARGETS = 1_000
_OTHER_TARGETS = "(other)"


@dataclass(frozen=True, slots=True)
class FallbackEntry:
    """A request that was not answered by its first call.

    Attributes:
        at: when it ended, in seconds since the epoch.
        request_id: its id.
        target: the target asked for.
        steps: every upstream call and how it ended, such as ``("fast_group.echelon1/gpt", "429")``.
        rescued: whether a later call answered it.
        model: the model that answered, or ``-``.
        flag: why it ended as it did, ``-`` if it was answered.
        seconds: from its arrival to its end.
    """

    at: float
    request_id: str
    target: str
    steps: tuple[tuple[str, str], ...]
    rescued: bool
    model: str
    flag: str
    seconds: float


class FallbackHistory(CountsMany):
    """An observer of requests.

    Args:
        keep: entries kept; older ones are forgotten, and stay counted.
        now: seconds since the epoch.
    """

    def __init__(self, keep: int = 1_000, now: Callable[[], float] = time.time) -> None:
        self._entries: deque[FallbackEntry] = deque(maxlen=keep)
        self._now = now
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._targets: dict[str, Counter[str]] = {}

    def __call__(self, record: RequestRecord) -> None:
        """Note a finished request, if it was asked upstream at all."""
        if not record.attempts:
            return
        answered = record.model != "-"
        plain = answered and len(record.attempts) == 1
        outcome = "first_try" if plain else "rescued" if answered else "failed"
        with self._lock:
            counts = self._of_target(record.target)
            counts[outcome] += 1
            self._counts[outcome] += 1
            self._counts["upstream_calls"] += len(record.attempts)
            if not plain:
                failed = record.attempts[:-1] if answered else record.attempts
                self._reasons.update(attempt.result for attempt in failed)
                self._entries.append(
                    FallbackEntry(
                        at=self._now(),
                        request_id=record.request_id,
                        target=record.target,
                        steps=tuple((attempt.label, attempt.result) for attempt in record.attempts),
                        rescued=answered,
                        model=record.model,
                        flag=record.flag,
                        seconds=record.total_ns / 1e9,
                    )
                )

    def many(self, alike: AlikeRequests) -> None:
        """Note requests that their first call answered."""
        number = alike.flow.requests
        with self._lock:
            self._of_target(alike.target)["first_try"] += number
            self._counts.update(first_try=number, upstream_calls=number)

    def entries(self, limit: int | None = None) -> list[FallbackEntry]:
        """The last ones, the newest first."""
        with self._lock:
            newest = list(reversed(self._entries))
        return newest if limit is None else newest[:limit]

    def statistics(self) -> dict[str, Any]:
        """Counts since the start: by how requests ended, by why calls failed, and by target; and the share that was rescued."""
        with self._lock:
            ended = {name: self._counts[name] for name in ("first_try", "rescued", "failed")}
            fell = ended["rescued"] + ended["failed"]
            return {
                "requests": sum(ended.values()),
                **ended,
                "upstream_calls": self._counts["upstream_calls"],
                "rescue_rate": ended["rescued"] / fell if fell else None,
                "reasons": dict(self._reasons),
                "targets": {name: dict(counts) for name, counts in self._targets.items()},
            }

    def _of_target(self, target: str) -> Counter[str]:
        # Under a wildcard alias clients choose the names, so their number is bounded here.
        known = target in self._targets or len(self._targets) < _MAX_TARGETS
        return self._targets.setdefault(target if known else _OTHER_TARGETS, Counter())
