"""What is to be told of a pool: its instances, how each does, and whether it is asked now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyproxy.domain.instances import pool_scope

if TYPE_CHECKING:
    from pyproxy.domain import Candidate
    from pyproxy.orchestration import Snapshot

__all__ = ["InstanceStatus", "PoolStatus", "pool_status"]


@dataclass(frozen=True, slots=True)
class InstanceStatus:
    """One instance of a pool. Counts are of all calls to it, whichever target they were made for.

    Attributes:
        instance: its name.
        model: the model's key in the configuration.
        provider: the provider's name.
        health: ``healthy``, ``degraded``, ``unhealthy`` or ``recovering``.
        breaker: ``closed``, ``open`` or ``half_open``: whether the pool asks it.
        retry_after_ns: nanoseconds until the pool may ask it again, 0 if it may now.
        in_flight: calls under way.
        requests: calls that have ended.
        failures: those of them that ended badly, by what went wrong.
        latency_ns: how long its good answers take lately, if there were any.
        last_check: what its last check found, in a few words, if there was one.
        last_check_ok: whether that was good; None where it said nothing about the instance.
    """

    instance: str
    model: str
    provider: str
    health: str
    breaker: str
    retry_after_ns: int
    in_flight: int
    requests: int
    failures: dict[str, int]
    latency_ns: int | None
    last_check: str | None
    last_check_ok: bool | None


@dataclass(frozen=True, slots=True)
class PoolStatus:
    """One pool.

    Attributes:
        name: its name.
        description: what it is for, for people.
        rotation_strategy: who is next.
        fallback_strategy: what happens when a call fails.
        in_flight: calls under way that were made for the pool.
        available: how many of its instances it asks now.
        instances: each of them, in the order of the configuration.
    """

    name: str
    description: str
    rotation_strategy: str
    fallback_strategy: str
    in_flight: int
    available: int
    instances: tuple[InstanceStatus, ...]


def pool_status(snapshot: Snapshot, name: str, now_ns: int) -> PoolStatus:
    """The status of a pool of a snapshot."""
    pool = snapshot.config.polling_pools[name]
    candidates = snapshot.resolver.resolve(name).steps[0].candidates
    instances = tuple(_instance(snapshot, name, candidate, now_ns) for candidate in candidates)
    return PoolStatus(
        name=name,
        description=pool.description,
        rotation_strategy=pool.rotation_strategy,
        fallback_strategy=pool.fallback_strategy,
        in_flight=snapshot.desk.in_flight(pool_scope(name)),
        available=sum(instance.retry_after_ns == 0 for instance in instances),
        instances=instances,
    )


def _instance(snapshot: Snapshot, pool: str, candidate: Candidate, now_ns: int) -> InstanceStatus:
    standing, instance = snapshot.desk.standing, candidate.instance
    breaker, retry_after_ns = standing.breakers.state(pool, instance, now_ns) or ("closed", 0)
    disabled = standing.credentials.disabled(candidate, now_ns)
    health, statistics = standing.instances.health(instance, now_ns), standing.instances.statistics(instance)
    checked = standing.instances.last_check(instance)
    return InstanceStatus(
        instance=instance,
        model=candidate.model,
        provider=candidate.provider,
        health=health["state"],
        breaker=breaker,
        retry_after_ns=max(retry_after_ns, 0 if disabled is None else disabled.until_ns - now_ns),
        in_flight=snapshot.desk.in_flight(instance),
        requests=statistics["requests"],
        failures=statistics["failures"],
        latency_ns=health["latency_ns"],
        last_check=None if checked is None else checked.detail,
        last_check_ok=None if checked is None else checked.ok,
    )
