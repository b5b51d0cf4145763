"""The circuit breakers of pools, and of the groups that have them: which instance is left alone for now."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from pyproxy.config import CircuitBreakerConfig
from pyproxy.observe.alerts import Alert, log_alert
from pyproxy.rust_core import BreakerGroup, CircuitBreaker, Open

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyproxy.config import Config
    from pyproxy.domain import Candidate, Step
    from pyproxy.observe.alerts import TellAlert
    from pyproxy.rust_core import Pass, Probe

__all__ = ["Breakers"]


class _Settings(TypedDict):
    failure_threshold: int
    recovery_time_ns: int
    half_open_requests: int
    slow_start_ns: int


class _Group:
    """The breakers of one group, by instance."""

    def __init__(self, settings: _Settings, max_ejected_percent: int, breakers: dict[str, CircuitBreaker]) -> None:
        self.settings = settings
        self.breakers = breakers
        self.places = {instance: place for place, instance in enumerate(breakers)}
        self.together = BreakerGroup(list(breakers.values()), max_ejected_percent)
        self.exhausted = False

    def allow(self, instance: str, now_ns: int) -> Pass | Probe | Open | None:
        """Ask to try an instance. None, so without a word of how it ends, where one that only starts slowly has nobody to stand in."""
        leave = self.together.allow(self.places[instance], now_ns=now_ns)
        return None if isinstance(leave, Open) and self._is_all_there_is(instance, now_ns) else leave

    def _is_all_there_is(self, instance: str, now_ns: int) -> bool:
        if not self.settings["slow_start_ns"]:
            return False
        states = {name: breaker.snapshot(now_ns=now_ns) for name, breaker in self.breakers.items()}
        starting = states[instance]["state"] == "closed" and states[instance]["ramping"]
        return starting and not any(state["state"] == "closed" and not state["ramping"] for state in states.values())


class Breakers:
    """One breaker for each instance in each pool, and in each group that asks for them: a group's trouble with an instance is its own.

    An instance that the configuration before had in the same group or pool goes on with its breaker.
    """

    def __init__(self, config: Config, before: Breakers | None = None, alert: TellAlert = log_alert) -> None:
        """Prepare them; nothing about one that is in use changes before `take_over`.

        Args:
            config: says who has breakers.
            before: those of the configuration in force.
            alert: is told of changes that operators should know of.
        """
        self._alert = alert
        known = {} if before is None else before._groups  # noqa: SLF001 - of the same class
        self._groups: dict[str, _Group] = {}
        for name, breaker, slow_start, instances in _wanted(config):
            settings = _settings(breaker, slow_start)
            old = known[name].breakers if name in known else {}
            breakers = {instance: old.get(instance) or CircuitBreaker(**settings) for instance in instances}
            self._groups[name] = _Group(settings, breaker.max_ejected_percent, breakers)
            self._groups[name].exhausted = name in known and known[name].exhausted

    def take_over(self, now_ns: int) -> None:
        """Let the settings hold: this configuration is in force now."""
        for group in self._groups.values():
            for breaker in group.breakers.values():
                breaker.reconfigure(**group.settings, now_ns=now_ns)

    def of(self, step: Step, candidate: Candidate) -> CircuitBreaker | None:
        """The breaker that a group has for an instance, if it has them."""
        group = self._groups.get(step.group or "")
        return None if group is None else group.breakers[candidate.instance]

    def allow(self, step: Step, candidate: Candidate, now_ns: int) -> Pass | Probe | Open | None:
        """Ask to try an instance for a group; None where the group has no breakers."""
        group = self._groups.get(step.group or "")
        return None if group is None else group.allow(candidate.instance, now_ns)

    def record(self, step: Step, candidate: Candidate, leave: Pass | Probe | None, now_ns: int, *, ok: bool | None) -> str | None:
        """Record what became of an attempt: well, badly, or (None) in a way that says nothing. Returns the new state, if it is new."""
        group = self._groups.get(step.group or "")
        if group is None or leave is None:
            return None
        return self._told(step.group or "", candidate.instance, group.breakers[candidate.instance].record(leave, ok, now_ns=now_ns), now_ns)

    def _told(self, group: str, instance: str, state: str | None, now_ns: int) -> str | None:
        """Tell of a change that operators should know of."""
        where = {"group": group, "instance": instance}
        if state == "open":
            seconds = self._groups[group].breakers[instance].retry_after_ns(now_ns=now_ns) / 1e9
            message = f"{instance} is left alone in {group} for {seconds:.3g} s: it failed too often"
            self._alert(Alert("breaker_opened", f"{group}/{instance}", message, details={**where, "seconds": seconds}))
            self._see_who_is_left(group, now_ns)
        elif state == "closed":
            self._groups[group].exhausted = False
            self._alert(Alert("breaker_closed", f"{group}/{instance}", f"{instance} is back in {group}", details=where))
        return state

    def _see_who_is_left(self, name: str, now_ns: int) -> None:
        """Tell once that nobody is, until somebody is back."""
        group = self._groups[name]
        if group.exhausted or any(group.together.usable(now_ns=now_ns)):
            return
        group.exhausted = True
        seconds = min(breaker.retry_after_ns(now_ns=now_ns) for breaker in group.breakers.values()) / 1e9
        message = (
            f"nobody is left in {name}: all {len(group.breakers)} of its instances are left alone, the first for {seconds:.3g} s still"
        )
        self._alert(Alert("pool_exhausted", name, message, details={"group": name, "instances": len(group.breakers), "seconds": seconds}))

    def checked(self, name: str, instance: str, now_ns: int, *, ok: bool) -> str | None:
        """Take in what a check of an instance found for a group or pool. Returns the new state, if it is new.

        A failure counts as any. A success does not excuse calls that fail; but an instance that has just been taken out may be asked
        once before its time, to find out for itself. If that fails its time is longer, and has to be waited for.
        """
        group = self._groups.get(name)
        breaker = None if group is None else group.breakers.get(instance)
        if group is None or breaker is None:
            return None
        if not ok:
            leave = breaker.allow(now_ns=now_ns)
            state = None if isinstance(leave, Open) else breaker.record(leave, ok=False, now_ns=now_ns)
            return self._told(name, instance, state, now_ns)
        found = breaker.snapshot(now_ns=now_ns)
        if found["state"] != "open" or found["recovery_time_ns"] > group.settings["recovery_time_ns"]:
            return None
        # Opened anew for the shortest time there is; the settings hold again for whatever comes after it.
        at_once: _Settings = {**group.settings, "recovery_time_ns": 1}
        breaker.reconfigure(**at_once, now_ns=now_ns)
        breaker.trip(now_ns=now_ns)
        breaker.reconfigure(**group.settings, now_ns=now_ns)
        return "half_open"

    def state(self, name: str, instance: str, now_ns: int) -> tuple[str, int] | None:
        """Tell the state of one breaker and the nanoseconds until its instance may be tried; None where there is none."""
        group = self._groups.get(name)
        breaker = None if group is None else group.breakers.get(instance)
        return None if breaker is None else (breaker.state(now_ns=now_ns), breaker.retry_after_ns(now_ns=now_ns))

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


def _wanted(config: Config) -> Iterator[tuple[str, CircuitBreakerConfig, float, list[str]]]:
    """Name, settings, seconds of slow start and instances of each group and pool that has breakers."""
    for group in config.task_groups.values():
        breaker = group.fallback_config.circuit_breaker
        if breaker is not None:
            yield group.name, breaker, 0.0, _instances(config, [group.name])
    for name, pool in config.polling_pools.items():
        breaker = CircuitBreakerConfig(failure_threshold=pool.failure_threshold, recovery_time=pool.recovery_time)
        yield name, breaker, pool.slow_start, _instances(config, pool.task_groups)


def _instances(config: Config, references: Sequence[str]) -> list[str]:
    models = dict.fromkeys(model for _, echelon in config.echelons_of(references) for model in echelon.models)
    return [instance for model in models for instance in config.instances_of(model)]


def _settings(breaker: CircuitBreakerConfig, slow_start: float) -> _Settings:
    return {
        "failure_threshold": breaker.failure_threshold,
        "recovery_time_ns": round(breaker.recovery_time * 1e9),
        "half_open_requests": breaker.half_open_requests,
        "slow_start_ns": round(slow_start * 1e9),
    }
