"""The circuit breakers of the groups that have them: which instance is left alone for now."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from pyproxy.domain.instances import instance_names
from pyproxy.rust_core import BreakerGroup, CircuitBreaker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyproxy.config import Config
    from pyproxy.config.fallback import CircuitBreakerConfig
    from pyproxy.domain import Candidate, Step
    from pyproxy.rust_core import Open, Pass, Probe

__all__ = ["Breakers"]


class _Settings(TypedDict):
    failure_threshold: int
    recovery_time_ns: int
    half_open_requests: int


class _Group:
    """The breakers of one group, by instance."""

    def __init__(self, settings: _Settings, max_ejected_percent: int, breakers: dict[str, CircuitBreaker]) -> None:
        self.settings = settings
        self.breakers = breakers
        self.places = {instance: place for place, instance in enumerate(breakers)}
        self.together = BreakerGroup(list(breakers.values()), max_ejected_percent)


class Breakers:
    """One breaker for each instance in each group that asks for them: a group's trouble with an instance is its own.

    An instance that the configuration before had in the same group goes on with its breaker.
    """

    def __init__(self, config: Config, before: Breakers | None = None) -> None:
        """Prepare them; nothing about one that is in use changes before `take_over`."""
        known = {} if before is None else before._groups  # noqa: SLF001 - of the same class
        self._groups: dict[str, _Group] = {}
        for name, breaker, instances in _wanted(config):
            settings = _settings(breaker)
            old = known[name].breakers if name in known else {}
            breakers = {instance: old.get(instance) or CircuitBreaker(**settings) for instance in instances}
            self._groups[name] = _Group(settings, breaker.max_ejected_percent, breakers)

    def take_over(self, now_ns: int) -> None:
        """Let the settings hold: this configuration is in force now."""
        for group in self._groups.values():
            for breaker in group.breakers.values():
                breaker.reconfigure(**group.settings, now_ns=now_ns)

    def allow(self, step: Step, candidate: Candidate, now_ns: int) -> Pass | Probe | Open | None:
        """Ask to try an instance for a group; None where the group has no breakers."""
        group = self._groups.get(step.group or "")
        return None if group is None else group.together.allow(group.places[candidate.instance], now_ns=now_ns)

    def record(self, step: Step, candidate: Candidate, leave: Pass | Probe | None, now_ns: int, *, ok: bool | None) -> str | None:
        """Record what became of an attempt: well, badly, or (None) in a way that says nothing. Returns the new state, if it is new."""
        group = self._groups.get(step.group or "")
        if group is None or leave is None:
            return None
        return group.breakers[candidate.instance].record(leave, ok, now_ns=now_ns)

    def retry_after_ns(self, step: Step, candidate: Candidate, now_ns: int) -> int:
        """Tell the nanoseconds until an instance may be tried, 0 if it may now; changes nothing."""
        group = self._groups.get(step.group or "")
        if group is None or group.together.usable(now_ns=now_ns)[group.places[candidate.instance]]:
            return 0
        return group.breakers[candidate.instance].retry_after_ns(now_ns=now_ns)

    def states(self, now_ns: int) -> Iterator[tuple[str, str, str, int]]:
        """Yield group, instance, state and the nanoseconds until it may be tried, for each breaker."""
        for name, group in self._groups.items():
            for instance, breaker in group.breakers.items():
                yield name, instance, breaker.state(now_ns=now_ns), breaker.retry_after_ns(now_ns=now_ns)


def _wanted(config: Config) -> Iterator[tuple[str, CircuitBreakerConfig, list[str]]]:
    for group in config.task_groups.values():
        breaker = group.fallback_config.circuit_breaker
        if breaker is not None:
            models = dict.fromkeys(model for echelon in group.echelons for model in echelon.models)
            yield group.name, breaker, [instance for model in models for instance in _instances(config, model)]


def _instances(config: Config, model: str) -> tuple[str, ...]:
    return instance_names(model, len(config.providers[config.models[model].provider].credentials()))


def _settings(breaker: CircuitBreakerConfig) -> _Settings:
    return {
        "failure_threshold": breaker.failure_threshold,
        "recovery_time_ns": round(breaker.recovery_time * 1e9),
        "half_open_requests": breaker.half_open_requests,
    }
