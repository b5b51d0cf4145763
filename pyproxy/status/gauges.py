"""What holds now, for Prometheus: permits, queues, breakers, credentials and sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.observe.metrics import Metric, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyproxy.orchestration import Snapshot
    from pyproxy.rust_core import _ScopeSnapshot as ScopeSnapshot

__all__ = ["gauges"]

_BREAKER_STATES = ("closed", "open", "half_open")


def gauges(snapshot: Snapshot, scopes: Iterable[ScopeSnapshot], now_ns: int) -> Iterator[Metric]:
    """The gauges of the configuration in force.

    Args:
        snapshot: what serves now.
        scopes: the limits, as the core keeps them.
        now_ns: monotonic nanoseconds.
    """
    known = sorted(scopes, key=lambda scope: scope["key"])
    yield _of_scopes("pyproxy_permits_in_flight", "Calls under way, by the scope they pass.", known, "in_flight")
    yield _of_scopes("pyproxy_permits_limit", "Calls that a scope lets be under way at one time.", known, "concurrency")
    yield _of_scopes("pyproxy_queue_length", "Requests that wait for room, by the scope they wait for.", known, "waiting")
    standing = snapshot.desk.standing
    yield Metric(
        "pyproxy_breaker_state",
        "gauge",
        "1 for the state that the breaker of an instance is in, for a group or pool; 0 for the others.",
        tuple(
            Sample(state == each, {"group": group, "instance": instance, "state": each})
            for group, instance, state, _ in standing.breakers.states(now_ns)
            for each in _BREAKER_STATES
        ),
    )
    disabled = standing.credentials.states(now_ns)
    yield Metric(
        "pyproxy_credential_disabled_models",
        "gauge",
        "Models that a credential is not used for now, because its provider refused it or its funds are spent.",
        tuple(Sample(len(disabled.get(name, ())), {"credential": name}) for name in standing.credentials.names()),
    )
    if snapshot.sessions is not None:
        yield Metric("pyproxy_sessions", "gauge", "Sessions remembered.", (Sample(len(snapshot.sessions)),))


def _of_scopes(name: str, meaning: str, scopes: Iterable[ScopeSnapshot], what: str) -> Metric:
    values = ((scope["key"], scope[what]) for scope in scopes)  # type: ignore[literal-required]
    return Metric(name, "gauge", meaning, tuple(Sample(value, {"scope": key}) for key, value in values if value is not None))
