"""Watches how large a share of each group's requests falls back, and raises an alert where it is too large."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from pyproxy.observe.alerts import Alert
from pyproxy.observe.known import Known
from pyproxy.observe.observers import CountsMany

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.config import AlertsConfig
    from pyproxy.domain import AlikeRequests, RequestRecord
    from pyproxy.observe.alerts import TellAlert

__all__ = ["FallbackRate", "GroupCounts"]

# The window moves on by a tenth of itself at a time.
_SLICES = 10


class GroupCounts:
    """The requests of one group: all of them since the start, and those of the window.

    Attributes:
        requests: those whose first call was made for the group.
        fell_back: those of them that went on to another instance.
        high: whether an alert was raised, and not taken back.
    """

    __slots__ = ("_moved", "_seen", "_slice", "fell_back", "high", "recent", "recent_fell_back", "requests")

    def __init__(self) -> None:
        self.requests = self.fell_back = 0
        self.recent = self.recent_fell_back = 0
        self.high = False
        self._seen = [0] * _SLICES
        self._moved = [0] * _SLICES
        self._slice = 0

    def add(self, number: int, requests: int, *, moved: bool) -> None:
        """Count requests in a slice of time; one alone if it `moved` on."""
        self.move_on(number)
        place = number % _SLICES
        self.requests += requests
        self.recent += requests
        self._seen[place] += requests
        if moved:
            self.fell_back += 1
            self.recent_fell_back += 1
            self._moved[place] += 1

    def begin_anew(self) -> None:
        """Forget the window, whose slices are of another length from now on; what was counted since the start stays."""
        self.recent = self.recent_fell_back = self._slice = 0
        self._seen = [0] * _SLICES
        self._moved = [0] * _SLICES

    def move_on(self, number: int) -> None:
        """Forget what the window has left behind."""
        if number <= self._slice:
            return
        for gone in range(max(self._slice + 1, number - _SLICES + 1), number + 1):
            place = gone % _SLICES
            self.recent -= self._seen[place]
            self.recent_fell_back -= self._moved[place]
            self._seen[place] = self._moved[place] = 0
        self._slice = number

    @property
    def rate(self) -> float | None:
        """The share of the window's requests that fell back; None without a request."""
        return self.recent_fell_back / self.recent if self.recent else None


class FallbackRate(CountsMany):
    """An observer of requests."""

    def __init__(self, alert: TellAlert, settings: AlertsConfig, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._alert = alert
        self._now_ns = now_ns
        self._known = Known()
        self._groups: dict[str, GroupCounts] = {}
        self._lock = threading.Lock()
        self._settings = settings
        self._slice_ns = _slice_ns(settings)

    def follow(self, known: Known, settings: AlertsConfig) -> None:
        """Let another configuration hold; a window of another length begins anew."""
        with self._lock:
            self._known = known
            if self._slice_ns != _slice_ns(settings):
                for group in self._groups.values():
                    group.begin_anew()
            self._settings, self._slice_ns = settings, _slice_ns(settings)

    def __call__(self, record: RequestRecord) -> None:
        """Count a finished request for the group it was first called for."""
        attempts = record.attempts
        if not attempts:
            return
        first = attempts[0].label
        moved = len(attempts) > 1 and any(attempt.label != first for attempt in attempts)
        self._count(first, 1, moved=moved)

    def many(self, alike: AlikeRequests) -> None:
        """Count requests that their first call answered."""
        self._count(alike.label, alike.flow.requests, moved=False)

    def _count(self, label: str, requests: int, *, moved: bool) -> None:
        name = self._known.place(label).group
        with self._lock:
            group = self._groups.get(name)
            if group is None:
                group = self._groups[name] = GroupCounts()
            group.add(self._now_ns() // self._slice_ns, requests, moved=moved)
            alert = self._change(name, group)
        if alert is not None:
            self._alert(alert)

    def groups(self) -> dict[str, GroupCounts]:
        """What is known of each group now."""
        with self._lock:
            number = self._now_ns() // self._slice_ns
            for group in self._groups.values():
                group.move_on(number)
            return dict(self._groups)

    def _change(self, name: str, group: GroupCounts) -> Alert | None:
        """The alert that the last request gives rise to, if any. Where too few came to tell, what was told last holds."""
        settings = self._settings
        if group.recent < settings.fallback_requests:
            return None
        high = group.recent_fell_back > settings.fallback_rate * group.recent
        if high == group.high:
            return None
        group.high = high
        rate = group.recent_fell_back / group.recent
        share = f"{rate:.0%} of the last {group.recent} requests of {name} fell back, within {settings.fallback_window:g} s"
        return Alert(
            kind="fallback_rate_high" if high else "fallback_rate_normal",
            subject=name,
            message=share if high else f"{share}: no more than there may be",
            details={"group": name, "rate": rate, "requests": group.recent, "threshold": settings.fallback_rate},
        )


def _slice_ns(settings: AlertsConfig) -> int:
    return max(1, round(settings.fallback_window * 1e9 / _SLICES))
