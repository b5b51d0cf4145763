"""How many calls beyond each request's first are made: what keeps an outage from being multiplied.

Each request brings a fifth of an extra call (a retry, or a call to the next in line), and three come back each second; no more is saved
up than a fifth of the requests under way, three at least. An extra call that ends well is given back, and makes room for one more
beside it to the same instance that takes nothing: so a healthy fallback soon takes over all traffic, as TCP's slow start finds what a
path bears. The first call that fails there closes that room. To an instance that has not failed when it was last heard of a single
call goes in any case and takes nothing, and who finds nothing left waits for what becomes of it; where all have failed, one is turned
away. So in a total outage 1.2 calls are made for each request, three a second, and one to each instance.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

__all__ = ["ExtraCall", "RetryBudget"]

SHARE_OF_REQUESTS = 5
LEAST = 3
SECOND_NS = 1_000_000_000
# Room that was earned is forgotten when nothing good has been heard for so long; so is a failure, when nothing has been heard at all.
ROOM_LASTS_NS = 10 * SECOND_NS
FAILURE_LASTS_NS = 60 * SECOND_NS
# Instances come and go with the configuration: beyond so many, those that nobody calls are forgotten.
MOST_PLACES = 4096


class Elsewhere(Protocol):
    """Where else requests are served."""

    @property
    def active(self) -> int:
        """How many are under way there."""

    @property
    def arrived(self) -> int:
        """How many have come there in all."""


class _Place:
    """What is known of one instance that extra calls go to."""

    __slots__ = ("earned", "earned_ns", "failed_ns", "news", "under_way")

    def __init__(self) -> None:
        self.under_way = 0
        self.earned = 0
        self.earned_ns = 0
        self.failed_ns: int | None = None
        self.news: set[asyncio.Future[None]] = set()

    def is_sound(self, now_ns: int) -> bool:
        """Whether it had not failed when it was last heard of, or that is long ago."""
        return self.failed_ns is None or now_ns - self.failed_ns >= FAILURE_LASTS_NS

    def has_room(self, now_ns: int) -> bool:
        """Whether one more call may be made that takes nothing of the budget."""
        return self.under_way < self.earned and now_ns - self.earned_ns < ROOM_LASTS_NS


class ExtraCall:
    """Leave to make one extra call; to be given back when it has ended.

    Attributes:
        places: the instances that it may go to.
    """

    __slots__ = ("_budget", "_held", "_paid", "places")

    def __init__(self, budget: RetryBudget, places: frozenset[str], *, paid: bool) -> None:
        self._budget = budget
        self._paid = paid
        self._held = True
        self.places = places

    def end(self, *, lost: bool) -> None:
        """Tell that it has ended; what it took is `lost` unless it ended well, or was not made. Once."""
        if self._held:
            self._held = False
            self._budget._ended(self.places, give_back=self._paid and not lost)  # noqa: SLF001 - its own


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
        self._left = float(LEAST)
        self._seen_ns = now_ns()
        self._places: dict[str, _Place] = {}
        self._elsewhere: Elsewhere | None = None
        self._arrived_elsewhere = 0

    def follow(self, elsewhere: Elsewhere) -> None:
        """Count the requests that are served elsewhere, too."""
        self._elsewhere = elsewhere

    @contextlib.contextmanager
    def request(self, *, counted: bool = False) -> Iterator[None]:
        """Count a request in while it is under way; one that was counted elsewhere when it came brings nothing more."""
        self.active += 1
        self._gain(0 if counted else 1 / SHARE_OF_REQUESTS)
        try:
            yield
        finally:
            self.active -= 1

    def heard(self, place: str, *, well: bool, calls: int = 1) -> None:
        """Note how calls to an instance ended, whether they were extra ones or not."""
        known = self._place(place)
        now_ns = self._now_ns()
        known.failed_ns = None if well else now_ns
        if not well:
            known.earned = 0
        elif known.under_way:
            known.earned = max(known.earned, min(known.earned + calls, 2 * known.under_way))  # what is not used does not grow
            known.earned_ns = now_ns
        _tell(known)

    async def ask(self, places: frozenset[str]) -> ExtraCall | None:
        """Ask to make an extra call to one of these instances; None if it must not be made.

        Cancelling the wait leaves nothing behind.
        """
        while True:
            now_ns = self._now_ns()
            self._come_back(now_ns)
            if self._elsewhere is not None:
                self._gain(0)  # what came there meanwhile
            known = [self._place(place) for place in places]
            sound = [place for place in known if place.is_sound(now_ns)]
            is_first = bool(sound) and not any(place.under_way for place in sound)
            is_free = is_first or any(place.has_room(now_ns) for place in sound)
            if is_free or self._left >= 1:
                self._left -= 0 if is_free else 1
                self.extra += 1
                for place in known:
                    place.under_way += 1
                return ExtraCall(self, places, paid=not is_free)
            if not sound:
                return None
            await _news(sound)

    def _gain(self, much: float) -> None:
        active = self.active
        if self._elsewhere is not None:
            arrived, before = self._elsewhere.arrived, self._arrived_elsewhere
            much, self._arrived_elsewhere = much + (arrived - before) / SHARE_OF_REQUESTS, arrived
            active += self._elsewhere.active
        self._left = min(self._left + much, max(LEAST, active / SHARE_OF_REQUESTS))

    def _come_back(self, now_ns: int) -> None:
        passed_ns, self._seen_ns = now_ns - self._seen_ns, now_ns
        if self._left < LEAST:
            self._left = min(LEAST, self._left + LEAST * passed_ns / SECOND_NS)

    def _ended(self, places: Collection[str], *, give_back: bool) -> None:
        self.extra -= 1
        if give_back:
            self._gain(1)
        for name in places:
            place = self._place(name)
            place.under_way -= 1
            _tell(place)

    def _place(self, name: str) -> _Place:
        place = self._places.get(name)
        if place is None:
            if len(self._places) >= MOST_PLACES:
                self._places = {name: each for name, each in self._places.items() if each.under_way or each.news}
            place = self._places[name] = _Place()
        return place


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
