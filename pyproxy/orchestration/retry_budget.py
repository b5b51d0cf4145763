"""How many calls beyond each request's first may be under way: what keeps an outage from being multiplied.

An extra call (a retry, or a call to the next in line) may be made while fewer than a fifth of the requests' first calls, and at
least three, are extra. Beyond that it goes by what is known of where it would go: to a place that answered well when it was last
heard of it may go, for that is no outage; from one that did not it is turned away; and to one of which nothing is known a single
call goes ahead, and whoever comes after it waits for what that finds. So a healthy fallback takes over all traffic, and in a total
outage no more than 1.2 calls are made for each request, beyond the three.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["ExtraCall", "RetryBudget"]

SHARE_OF_ACTIVE = 5
LEAST = 3


class _Place:
    """What is known of one place that extra calls go to."""

    __slots__ = ("news", "under_way", "well")

    def __init__(self) -> None:
        self.under_way = 0
        self.well: bool | None = None
        self.news: list[asyncio.Future[None]] = []


class ExtraCall:
    """Leave to make one extra call; to be given back when it has ended.

    Attributes:
        place: where it goes.
    """

    __slots__ = ("_budget", "_held", "place")

    def __init__(self, budget: RetryBudget, place: str) -> None:
        self._budget = budget
        self._held = True
        self.place = place

    def end(self, *, well: bool | None) -> None:
        """Tell how it ended: well, badly, or (None) without having been made. Once."""
        if self._held:
            self._held = False
            self._budget._ended(self.place, well=well)  # noqa: SLF001 - its own


class RetryBudget:
    """One for the whole sidecar.

    Attributes:
        active: requests under way.
        extra: extra calls under way.
    """

    def __init__(self) -> None:
        self.active = 0
        self.extra = 0
        self._places: dict[str, _Place] = {}

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """Count a request in while it is under way."""
        self.active += 1
        try:
            yield
        finally:
            self.active -= 1

    def heard(self, name: str, *, well: bool) -> None:
        """Note how any call to a place ended: those that are no extra ones tell as much of it."""
        place = self._places.setdefault(name, _Place())
        place.well = well
        self._tell(place)

    async def ask(self, name: str) -> ExtraCall | None:
        """Ask to make an extra call to the place of this name; None if it must not be made.

        Cancelling the wait leaves nothing behind.
        """
        place = self._places.setdefault(name, _Place())
        while True:
            if self._has_room or place.well or (place.well is None and not place.under_way):
                self.extra += 1
                place.under_way += 1
                return ExtraCall(self, name)
            if place.well is False:
                return None
            news: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            place.news.append(news)
            try:
                await news
            finally:
                if news in place.news:
                    place.news.remove(news)

    @property
    def _has_room(self) -> bool:
        return self.extra < max(LEAST, (self.active - self.extra) // SHARE_OF_ACTIVE)

    def _ended(self, name: str, *, well: bool | None) -> None:
        place = self._places[name]
        self.extra -= 1
        place.under_way -= 1
        if well is not None:
            place.well = well
        self._tell(place)

    def _tell(self, place: _Place) -> None:
        news, place.news = place.news, []
        for waiting in news:
            if not waiting.done():
                waiting.set_result(None)

    def keep(self, names: Iterable[str]) -> None:
        """Forget the places that no configuration names any more."""
        kept = set(names)
        self._places = {name: place for name, place in self._places.items() if name in kept or place.under_way or place.news}
