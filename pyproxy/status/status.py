"""Keeps what a sidecar's observers have counted, and answers what operators ask."""

from __future__ import annotations

import time
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from pyproxy.observe.fallback_history import FallbackHistory
from pyproxy.observe.fallback_rate import FallbackRate
from pyproxy.observe.known import known_of
from pyproxy.observe.traffic import Traffic
from pyproxy.observe.traffic_metrics import traffic_metrics
from pyproxy.observe.wrapper_watch import WrapperWatch
from pyproxy.status.callers import nodes_view, wrappers_view
from pyproxy.status.figures import UsageTable
from pyproxy.status.gauges import gauges
from pyproxy.status.groups import fallback_counts, groups_view
from pyproxy.status.models import models_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pyproxy.domain import RequestRecord
    from pyproxy.observe.alerts import Alerts
    from pyproxy.observe.metrics import Metric
    from pyproxy.orchestration import Snapshots
    from pyproxy.rust_core import _ScopeSnapshot as ScopeSnapshot

__all__ = ["Status"]

_MOST_SHOWN = 100


class Status:
    """What there is to know of a sidecar that runs.

    Attributes:
        observers: to be called with the record of each finished request.
    """

    def __init__(
        self,
        snapshots: Snapshots,
        limits: Callable[[], Sequence[ScopeSnapshot]],
        alerts: Alerts,
        version: str,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Begin to count.

        Args:
            snapshots: the configuration in force.
            limits: the state of its scopes.
            alerts: where alerts go, and where they are kept.
            version: pyproxy's own.
            now_ns: the clock that limits and breakers go by.
        """
        self._snapshots = snapshots
        self._limits = limits
        self._alerts = alerts
        self._version = version
        self._now_ns = now_ns
        self._began_ns = now_ns()
        self._traffic = Traffic()
        self._history = FallbackHistory()
        self._rate = FallbackRate(alerts, snapshots.current.config.alerts, now_ns)
        self._wrappers = WrapperWatch(alerts)
        self.observers: tuple[Callable[[RequestRecord], None], ...] = (self._traffic, self._history, self._rate, self._wrappers)
        self.follow()

    def follow(self) -> None:
        """Know the configuration in force; to be called after each reload."""
        snapshot = self._snapshots.current
        known = known_of(snapshot.config, snapshot.resolver.targets())
        self._traffic.follow(known)
        self._rate.follow(known, snapshot.config.alerts)
        self._wrappers.follow(name for name, wrapper in snapshot.config.wrappers.items() if wrapper.alerting)
        self._alerts.keep(snapshot.config.alerts.keep)

    def metrics(self) -> Iterator[Metric]:
        """Everything for ``/metrics`` but what concerns the configuration itself."""
        yield from traffic_metrics(self._traffic)
        yield from gauges(self._snapshots.current, self._limits(), self._now_ns())
        yield from self._alerts.metrics()

    def views(self) -> Mapping[str, Callable[[], Mapping[str, Any]]]:
        """What ``/admin/v1`` shows, by name; each is made when it is asked for."""
        return {
            "status": self.overview,
            "groups": partial(self._list, "groups", self.groups),
            "models": partial(self._list, "models", self.models),
            "wrappers": partial(self._list, "wrappers", self.wrappers),
            "nodes": partial(self._list, "nodes", self.nodes),
            "sessions": self.sessions,
            "fallbacks": self.fallbacks,
            "alerts": partial(self._list, "alerts", self.alerts),
        }

    def overview(self) -> dict[str, Any]:
        """All of it in short."""
        snapshot, scopes = self._snapshots.current, self._limits()
        config, now_ns = snapshot.config, self._now_ns()
        flows = self._traffic.flows()
        sections = ("providers", "models", "task_groups", "polling_pools", "wrappers", "nodes", "aliases")
        breakers = [state for _, _, state, _ in snapshot.desk.standing.breakers.states(now_ns)]
        return {
            "version": self._version,
            "revision": config.revision,
            "uptime": (now_ns - self._began_ns) / 1e9,
            "configured": {section: len(getattr(config, section)) for section in sections},
            "in_flight": sum(scope["in_flight"] for scope in scopes if scope["key"] in self._instances()),
            "waiting": sum(scope["waiting"] for scope in scopes),
            "breakers_open": sum(state != "closed" for state in breakers),
            "credentials_disabled": list(snapshot.desk.standing.credentials.states(now_ns)),
            "sessions": None if snapshot.sessions is None else len(snapshot.sessions),
            "alerts": len(self._alerts.last()),
            "traffic": UsageTable(flows).all(),
            "targets": UsageTable(flows).by(lambda key: key.target),
        }

    def groups(self) -> list[dict[str, Any]]:
        """The task groups."""
        return groups_view(self._snapshots.current, self._scopes(), self._traffic.flows(), self._rate.groups(), self._now_ns())

    def models(self) -> list[dict[str, Any]]:
        """The models and their instances."""
        return models_view(self._snapshots.current, self._scopes(), self._traffic.flows(), self._now_ns())

    def wrappers(self) -> list[dict[str, Any]]:
        """The wrappers."""
        return wrappers_view(self._snapshots.current.config, self._scopes(), self._traffic.flows())

    def nodes(self) -> list[dict[str, Any]]:
        """The nodes."""
        return nodes_view(self._snapshots.current.config, self._scopes(), self._traffic.flows())

    def sessions(self) -> dict[str, Any]:
        """How many sessions are remembered, and for how long; nothing of what is in them."""
        sessions = self._snapshots.current.sessions
        if sessions is None:
            return {"enabled": False}
        return {"enabled": True, "count": len(sessions), "max_sessions": sessions.max_sessions, "ttl": sessions.ttl_ns / 1e9}

    def fallbacks(self) -> dict[str, Any]:
        """The last requests that their first call did not answer, and how many there were, by group and by target."""
        return {
            "groups": {name: fallback_counts(counts) for name, counts in self._rate.groups().items()},
            "statistics": self._history.statistics(),
            "recent": [
                {**asdict(entry), "steps": [{"call": call, "result": result} for call, result in entry.steps]}
                for entry in self._history.entries(_MOST_SHOWN)
            ],
        }

    def alerts(self) -> list[dict[str, Any]]:
        """The last alerts, the newest first."""
        return [
            {"kind": each.kind, "subject": each.subject, "message": each.message, "at": each.at, "details": dict(each.details)}
            for each in self._alerts.last()
        ]

    @staticmethod
    def _list(name: str, view: Callable[[], list[dict[str, Any]]]) -> dict[str, Any]:
        return {name: view()}

    def _scopes(self) -> dict[str, ScopeSnapshot]:
        return {scope["key"]: scope for scope in self._limits()}

    def _instances(self) -> frozenset[str]:
        config = self._snapshots.current.config
        return frozenset(instance for model in config.models for instance in config.instances_of(model))
