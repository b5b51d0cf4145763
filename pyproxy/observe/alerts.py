"""What operators should know of at once: told to those who listen, counted, and the last of them kept."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pyproxy.observe.metrics import Metric, Sample
from pyproxy.observe.observers import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Alert", "AlertKind", "Alerts", "TellAlert", "log_alert"]

_log = logging.getLogger("pyproxy")

AlertKind: TypeAlias = Literal[
    "breaker_opened",
    "breaker_closed",
    "pool_exhausted",
    "credential_disabled",
    "instance_unhealthy",
    "instance_degraded",
    "instance_recovering",
    "instance_healthy",
    "fallback_rate_high",
    "fallback_rate_normal",
    "wrapper_failing",
    "wrapper_answering",
]
_LEVELS: Mapping[AlertKind, int] = {
    "breaker_opened": logging.WARNING,
    "breaker_closed": logging.INFO,
    "pool_exhausted": logging.WARNING,
    "credential_disabled": logging.WARNING,
    "instance_unhealthy": logging.WARNING,
    "instance_degraded": logging.INFO,
    "instance_recovering": logging.INFO,
    "instance_healthy": logging.INFO,
    "fallback_rate_high": logging.WARNING,
    "fallback_rate_normal": logging.INFO,
    "wrapper_failing": logging.WARNING,
    "wrapper_answering": logging.INFO,
}


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that has changed for the worse, or for the better again.

    Attributes:
        kind: what.
        subject: of whom: an instance, a group, a credential's name, a wrapper.
        message: all of it in one sentence, as the log has it.
        at: when, in seconds since the epoch.
        details: the same as values; never a secret, and nothing that a client sent.
    """

    kind: AlertKind
    subject: str
    message: str
    at: float = field(default_factory=time.time)
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def level(self) -> int:
        """How it is logged: a change for the worse as a warning."""
        return _LEVELS[self.kind]


TellAlert: TypeAlias = "Callable[[Alert], object]"


def log_alert(alert: Alert) -> None:
    """Write an alert to the log."""
    _log.log(alert.level, "%s", alert.message)


class Alerts:
    """Where alerts come together; called with each. The first to hear of one is the log."""

    def __init__(self, keep: int = 100) -> None:
        self._listeners: tuple[TellAlert, ...] = (log_alert,)
        self._last: deque[Alert] = deque(maxlen=keep)
        self._counts: Counter[AlertKind] = Counter()
        self._lock = threading.Lock()

    def keep(self, number: int) -> None:
        """Keep so many from now on."""
        with self._lock:
            if number != self._last.maxlen:
                self._last = deque(self._last, maxlen=number)

    def listen(self, listener: TellAlert) -> None:
        """Tell this one, too, from now on; one that fails is logged, and takes nothing with it."""
        self._listeners = (*self._listeners, listener)

    def __call__(self, alert: Alert) -> None:
        """Tell everybody."""
        with self._lock:
            self._last.append(alert)
            self._counts[alert.kind] += 1
        tell(self._listeners, alert, f"the alert {alert.kind} of {alert.subject}")

    def last(self) -> list[Alert]:
        """Those that are kept, the newest first."""
        with self._lock:
            return list(reversed(self._last))

    def metrics(self) -> tuple[Metric, ...]:
        """How many there were, of each kind."""
        with self._lock:
            samples = tuple(Sample(self._counts[kind], {"kind": kind}) for kind in _LEVELS)
        return (Metric("pyproxy_alerts_total", "counter", "Alerts, by what they told.", samples),)
