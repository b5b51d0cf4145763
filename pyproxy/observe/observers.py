"""Tells those who listen what each request came to; one that fails does not take the request with it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyproxy.domain import RequestRecord

__all__ = ["Observers"]

_log = logging.getLogger("pyproxy")


class Observers:
    """Calls each observer with each record."""

    def __init__(self, observers: Iterable[Callable[[RequestRecord], None]] = ()) -> None:
        self._observers = tuple(observers)

    def __call__(self, record: RequestRecord) -> None:
        """Tell everybody. The answer has been given already: a full disk or a closed pipe must not undo it."""
        for observer in self._observers:
            try:
                observer(record)
            except Exception:  # noqa: BLE001 - foreign code, and the request is over
                _log.exception("an observer failed at request %s", record.request_id)
