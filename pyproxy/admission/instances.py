"""What is known of each instance: how it does, what became of the calls to it, and what its last check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyproxy.rust_core import HealthTracker, Statistics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproxy.config import Config
    from pyproxy.domain import Usage
    from pyproxy.rust_core import _HealthSnapshot as HealthSnapshot
    from pyproxy.rust_core import _StatisticsSnapshot as StatisticsSnapshot

__all__ = ["Checked", "Ended", "Instances", "known_instances"]

# Without a pool that says otherwise.
_UNHEALTHY_AFTER = 3


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended.

    Attributes:
        ok: well, badly, or (None) in a way that says nothing about the instance.
        failure: the name of what went wrong, if anything did.
        latency_ns: how long it took in all.
        ttft_ns: how long until its answer could be committed, if it could.
        usage: its tokens, if they are known.
    """

    ok: bool | None
    failure: str | None
    latency_ns: int
    ttft_ns: int | None = None
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    Attributes:
        at_ns: when, in monotonic nanoseconds.
        ok: that the instance answers, that it does not, or (None) nothing that says either.
        detail: in a few words, such as ``status 200``.
    """

    at_ns: int
    ok: bool | None
    detail: str


class _Known:
    """One instance."""

    __slots__ = ("checked", "health", "statistics", "unhealthy_after")

    def __init__(self, unhealthy_after: int, now_ns: int) -> None:
        self.unhealthy_after = unhealthy_after
        self.health = HealthTracker(unhealthy_after, now_ns=now_ns)
        self.statistics = Statistics()
        self.checked: Checked | None = None


class Instances:
    """The instances of the configuration in force, by name; one that is in the next, too, keeps what is known of it.

    Something is kept from the first call or check on, and only of instances that the configuration names: it cannot grow.
    """

    def __init__(self) -> None:
        self._wanted: Mapping[str, int] = {}
        self._known: dict[str, _Known] = {}

    def follow(self, wanted: Mapping[str, int], now_ns: int) -> None:
        """Know these instances, each with the failures in a row that make it unhealthy; any other is forgotten."""
        self._wanted = wanted
        self._known = {name: known for name, known in self._known.items() if name in wanted}
        for name, known in self._known.items():
            if known.unhealthy_after != wanted[name]:
                known.unhealthy_after = wanted[name]
                known.health.reconfigure(wanted[name], now_ns=now_ns)

    def shared(self, instance: str, now_ns: int) -> tuple[HealthTracker, Statistics]:
        """What is known of an instance of the configuration, to be told natively how attempts end."""
        known = self._get(instance, now_ns) or _Known(_UNHEALTHY_AFTER, now_ns)
        return known.health, known.statistics

    def ended(self, instance: str, how: Ended, now_ns: int) -> None:
        """Take in how an attempt ended."""
        known = self._get(instance, now_ns)
        if known is None:
            return
        tokens_in, tokens_out = (0, 0) if how.usage is None else how.usage[:2]
        known.statistics.record(how.failure, how.latency_ns, how.ttft_ns, tokens_in, tokens_out)
        if how.ok is not None:
            known.health.record(how.ok, how.latency_ns if how.ok else None, now_ns=now_ns)

    def checked(self, instance: str, found: Checked, latency_ns: int, now_ns: int) -> str | None:
        """Take in what a check found. Returns the state that this led to, if to another."""
        known = self._get(instance, now_ns)
        if known is None:
            return None
        known.checked = found
        return None if found.ok is None else known.health.record_probe(found.ok, latency_ns if found.ok else None, now_ns=now_ns)

    def last_check(self, instance: str) -> Checked | None:
        """Tell what the last check of an instance found, if there was one."""
        known = self._known.get(instance)
        return None if known is None else known.checked

    def health(self, instance: str, now_ns: int) -> HealthSnapshot:
        """Tell how an instance does; one that nothing is known of is healthy."""
        known = self._known.get(instance)
        return (HealthTracker(now_ns=now_ns) if known is None else known.health).snapshot(now_ns=now_ns)

    def statistics(self, instance: str) -> StatisticsSnapshot:
        """Tell what became of the calls to an instance, whichever target they were made for."""
        known = self._known.get(instance)
        return (Statistics() if known is None else known.statistics).snapshot()

    def _get(self, instance: str, now_ns: int) -> _Known | None:
        known = self._known.get(instance)
        if known is None and instance in self._wanted:
            known = self._known[instance] = _Known(self._wanted[instance], now_ns)
        return known


def known_instances(config: Config) -> dict[str, int]:
    """Every instance of a configuration, with the failures in a row that make it unhealthy: as the strictest of its pools says."""
    wanted = {instance: _UNHEALTHY_AFTER for model in config.models for instance in config.instances_of(model)}
    strictest: dict[str, int] = {}
    for pool in config.polling_pools.values():
        for _, echelon in config.echelons_of(pool.task_groups):
            for instance in (instance for model in echelon.models for instance in config.instances_of(model)):
                strictest[instance] = min(pool.failure_threshold, strictest.get(instance, pool.failure_threshold))
    return wanted | strictest
