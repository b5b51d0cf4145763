"""Watches the wrappers that ask for it (``alerting: true``), and raises an alert where their requests fail one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.observe.alerts import Alert
from pyproxy.observe.observers import CountsMany

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyproxy.domain import AlikeRequests, RequestRecord
    from pyproxy.observe.alerts import TellAlert

__all__ = ["WrapperWatch"]

FAILURES = 3
"""So many in a row are no accident."""
_SERVER_ERROR = 500


class WrapperWatch(CountsMany):
    """An observer of requests."""

    def __init__(self, alert: TellAlert) -> None:
        self._alert = alert
        self._in_a_row: dict[str, int] = {}

    def follow(self, wrappers: Iterable[str]) -> None:
        """Watch these; one that was watched before goes on as it was."""
        self._in_a_row = {name: self._in_a_row.get(name, 0) for name in wrappers}

    def __call__(self, record: RequestRecord) -> None:
        """Look at a finished request, if it came through one of them."""
        if record.status is None:  # nobody waited to see how it would end
            return
        failed = record.status >= _SERVER_ERROR or (record.model != "-" and record.flag not in ("-", "client_gone"))
        self._look(record.target, record.status, record.flag, failed=failed)

    def many(self, alike: AlikeRequests) -> None:
        """Look at requests that were answered."""
        self._look(alike.target, alike.status, "-", failed=False)

    def _look(self, name: str, status: int, flag: str, *, failed: bool) -> None:
        if name not in self._in_a_row:
            return
        before = self._in_a_row[name]
        if failed:
            self._in_a_row[name] = before + 1
            if before + 1 == FAILURES:
                message = f"the wrapper {name} has failed {FAILURES} times in a row: {flag}"
                self._alert(Alert("wrapper_failing", name, message, details={"wrapper": name, "flag": flag, "status": status}))
        elif status < 300:  # noqa: PLR2004 - a refusal of what was asked says nothing about the target
            self._in_a_row[name] = 0
            if before >= FAILURES:
                self._alert(Alert("wrapper_answering", name, f"the wrapper {name} answers again", details={"wrapper": name}))
