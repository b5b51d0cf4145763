"""How many calls beyond each request's first are made: what keeps an outage from being multiplied.

An extra call (a retry, or a call to the next in line) goes by what is known of those it may go to. To an instance that answered well
when it was last heard of it may go, for that is no outage. To one of which nothing is known a single call goes ahead, and whoever
comes after it waits for what that finds. Where everybody failed when last heard of, no more extra calls are made in a second than a
fifth of the requests that were under way in it, and three at least. So a healthy fallback takes over all traffic at once, and in a
total outage no more than 1.2 calls are made for each request, beyond the three a second and one to each instance.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

__all__ = ["ExtraCall", "RetryBudget"]

SHARE_OF_REQUESTS = 5
LEAST = 3
WINDOW_NS = 1_000_000_000


class _Place:
    """What is known of one instance that extra calls go to."""

    __slots__ = ("news", "under_way", "well")

    def __init__(self) -> None:
        self.under_way = 0
        self.well: bool | None = None
        self.news: set[asyncio.Future[None]] = set()


class ExtraCall:
    """Leave to make one extra call; to be given back when it has ended.

    Attributes:
        places: the instances that it may go to.
    """

    __slots__ = ("_budget", "_held", "places")

    def __init__(self, budget: RetryBudget, places: frozenset[str]) -> None:
        self._budget = budget
        self._held = True
        self.places = places

    def end(self) -> None:
        """Tell that it has ended, or was not made. Once."""
        if self._held:
            self._held = False
            self._budget._ended(self.places)  # noqa: SLF001 - its own


class RetryBudget:
    """One for the whole sidecar.

    Attributes:
        active: requests under way.
        extra: extra calls under way.
    """

    def __init__(self, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self.active = 0
        self.extra = 0
        self._now_ns = now_ns
        self._requests_ended: deque[int] = deque()
        self._made: deque[int] = deque()
        self._places: dict[str, _Place] = {}

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """Count a request in while it is under way."""
        self.active += 1
        try:
            yield
        finally:
            self.active -= 1
            now_ns = self._now_ns()
            self._requests_ended.append(now_ns)
            _forget(self._requests_ended, now_ns)

    def heard(self, place: str, *, well: bool) -> None:
        """Note how a call to an instance ended, whether it was an extra one or not."""
        known = self._place(place)
        known.well = well
        _tell(known)

    async def ask(self, places: frozenset[str]) -> ExtraCall | None:
        """Ask to make an extra call to one of these instances; None if it must not be made.

        Cancelling the wait leaves nothing behind.
        """
        while True:
            known = [self._place(place) for place in places]
            unknown = [place for place in known if place.well is None]
            scouted = any(place.under_way for place in unknown)
            if any(place.well for place in known) or (unknown and not scouted) or (not unknown and self._affordable()):
                self.extra += 1
                for place in known:
                    place.under_way += 1
                return ExtraCall(self, places)
            if not unknown:
                return None
            await _news(unknown)

    def _affordable(self) -> bool:
        """Whether one more call may be made to those that failed; if so, it is counted."""
        now_ns = self._now_ns()
        _forget(self._made, now_ns)
        _forget(self._requests_ended, now_ns)
        if len(self._made) >= max(LEAST, (self.active + len(self._requests_ended)) // SHARE_OF_REQUESTS):
            return False
        self._made.append(now_ns)
        return True

    def _ended(self, places: Collection[str]) -> None:
        self.extra -= 1
        for name in places:
            place = self._place(name)
            place.under_way -= 1
            _tell(place)

    def _place(self, name: str) -> _Place:
        place = self._places.get(name)
        if place is None:
            place = self._places[name] = _Place()
        return place


def _forget(times: deque[int], now_ns: int) -> None:
    while times and times[0] <= now_ns - WINDOW_NS:
        times.popleft()


def _tell(place: _Place) -> None:
    for waiting in place.news:
        if not waiting.done():
            waiting.set_result(None)


async def _news(places: list[_Place]) -> None:
    """Wait until something is heard of one of them."""
    heard: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    for place in places:
        place.news.add(heard)
    try:
        await heard
    finally:
        for place in places:
            place.news.discard(heard)
