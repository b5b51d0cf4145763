"""Tells those who listen what has happened; one that fails takes nothing with it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyproxy.domain import RequestRecord

__all__ = ["Observers", "tell"]

_log = logging.getLogger("pyproxy")


class Observers:
    """Calls each observer with each record."""

    def __init__(self, observers: Iterable[Callable[[RequestRecord], None]] = ()) -> None:
        self._observers = tuple(observers)

    def add(self, observer: Callable[[RequestRecord], None]) -> None:
        """Tell this one, too, from now on."""
        self._observers = (*self._observers, observer)

    def __call__(self, record: RequestRecord) -> None:
        """Tell everybody. The answer has been given already: a full disk or a closed pipe must not undo it."""
        tell(self._observers, record, f"request {record.request_id}")


_Event = TypeVar("_Event")


def tell(observers: Iterable[Callable[[_Event], object]], event: _Event, name: str) -> None:
    """Call each observer with an event that has happened; none can undo it, or keep the others from hearing of it."""
    for observer in observers:
        try:
            observer(event)
        except Exception:  # noqa: BLE001 - foreign code, and the event is over
            _log.exception("an observer failed at %s", name)
