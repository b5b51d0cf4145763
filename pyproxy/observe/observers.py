"""Tells those who listen what has happened; one that fails takes nothing with it."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyproxy.domain import AlikeRequests, RequestRecord

    Observer: TypeAlias = Callable[[RequestRecord], None]

__all__ = ["CountsMany", "Observers", "WritesLines", "tell"]

_log = logging.getLogger("pyproxy")


class CountsMany(ABC):
    """An observer that need not be told of each request where many went alike."""

    @abstractmethod
    def __call__(self, record: RequestRecord) -> None:
        """Take in a request."""

    @abstractmethod
    def many(self, alike: AlikeRequests) -> None:
        """Take in requests that went alike."""


class WritesLines(ABC):
    """An observer that of requests that went alike needs their access lines alone."""

    @abstractmethod
    def __call__(self, record: RequestRecord) -> None:
        """Take in a request."""

    @abstractmethod
    def lines(self, text: str) -> None:
        """Take in the lines of some, each with its end."""


class Observers:
    """Calls each observer with each record; where many went alike, those that want them so with all of them together."""

    def __init__(self, observers: Iterable[Observer] = ()) -> None:
        self._all: tuple[Observer, ...] = ()
        self._each: tuple[Observer, ...] = ()
        self._counters: tuple[CountsMany, ...] = ()
        self._writers: tuple[WritesLines, ...] = ()
        for observer in observers:
            self.add(observer)

    @property
    def writes_lines(self) -> bool:
        """Whether anybody wants lines."""
        return bool(self._writers)

    @property
    def wants_each(self) -> bool:
        """Whether anybody wants to know of each request, however they went."""
        return bool(self._each)

    def add(self, observer: Observer) -> None:
        """Tell this one, too, from now on."""
        self._all = (*self._all, observer)
        if isinstance(observer, CountsMany):
            self._counters = (*self._counters, observer)
        elif isinstance(observer, WritesLines):
            self._writers = (*self._writers, observer)
        else:
            self._each = (*self._each, observer)

    def __call__(self, record: RequestRecord) -> None:
        """Tell everybody. The answer has been given already: a full disk or a closed pipe must not undo it."""
        tell(self._all, record, f"request {record.request_id}")

    def many(self, alike: AlikeRequests) -> None:
        """Tell those who count of requests that went alike."""
        tell((counter.many for counter in self._counters), alike, f"requests for {alike.target}")

    def lines(self, text: str) -> None:
        """Have the lines of such requests written."""
        tell((writer.lines for writer in self._writers), text, "access lines")

    def each(self, record: RequestRecord) -> None:
        """Tell those who want to know of each about one of such requests."""
        tell(self._each, record, f"request {record.request_id}")


_Event = TypeVar("_Event")


def tell(observers: Iterable[Callable[[_Event], object]], event: _Event, name: str) -> None:
    """Call each observer with an event that has happened; none can undo it, or keep the others from hearing of it."""
    for observer in observers:
        try:
            observer(event)
        except Exception:  # noqa: BLE001 - foreign code, and the event is over
            _log.exception("an observer failed at %s", name)
