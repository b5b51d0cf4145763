"""What became of the reloads, counted."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Literal

from pyproxy.observe.metrics import Metric, Sample

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Ledger", "Outcome"]

Outcome = Literal["changed", "unchanged", "refused"]
_OUTCOMES: tuple[Outcome, ...] = ("changed", "unchanged", "refused")


class Ledger:
    """Counts the reloads of one configuration, which was read for the first time just now."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._counts: Counter[Outcome] = Counter()
        self._good = True
        self._good_at = clock()

    def note(self, outcome: Outcome) -> None:
        """Note what a reload came to."""
        self._counts[outcome] += 1
        self._good = outcome != "refused"
        if self._good:
            self._good_at = self._clock()

    def metrics(self, revision: str) -> tuple[Metric, ...]:
        """The counts, and which configuration is in force."""
        reloads = tuple(Sample(self._counts[outcome], {"result": outcome}) for outcome in _OUTCOMES)
        return (
            Metric("pyproxy_config_info", "gauge", "The revision of the configuration in force.", (Sample(1, {"revision": revision}),)),
            Metric(
                "pyproxy_config_reloads_total",
                "counter",
                "Reloads, by whether they changed something, found nothing changed, or were refused.",
                reloads,
            ),
            Metric(
                "pyproxy_config_last_reload_successful",
                "gauge",
                "1 if the configuration can be used as it stands, 0 if its last good one serves instead.",
                (Sample(self._good),),
            ),
            Metric(
                "pyproxy_config_last_reload_success_timestamp_seconds",
                "gauge",
                "When the configuration was last read and could be used, in seconds since 1970.",
                (Sample(self._good_at),),
            ),
        )
