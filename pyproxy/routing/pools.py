"""What a polling pool says of its one step: who has what share, how often each is asked, and for how long.

The groups whose instances a pool takes may say different things. The most patient of them holds, so that no instance is cut short
by what was meant for another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.config import Timeouts as TimeoutsConfig
from pyproxy.domain import FallbackPolicy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproxy.config import EchelonConfig, PollingPoolConfig, TaskGroupConfig
    from pyproxy.domain import Candidate

    Members = Sequence[tuple[TaskGroupConfig, EchelonConfig]]

__all__ = ["patience", "pool_attempt_timeout", "pool_policy", "pool_weights"]


def pool_weights(pool: PollingPoolConfig, candidates: Sequence[Candidate]) -> list[int]:
    """The share of each candidate: by its model, else by the echelon it stands in, else 1."""
    named = pool.weights
    return [named.get(candidate.model, named.get(candidate.path[-2], 1)) for candidate in candidates]


def patience(members: Members) -> TimeoutsConfig:
    """For each phase the longest time that a group allows."""
    times = [group.timeouts for group, _ in members]
    return TimeoutsConfig(
        connect=max(time.connect for time in times),
        first_byte=max(time.first_byte for time in times),
        idle=max(time.idle for time in times),
        total=max(time.total for time in times),
    )


def pool_attempt_timeout(members: Members) -> float | None:
    """The longest time that an echelon allows for one attempt; None if one of them sets no bound."""
    times = [echelon.timeout for _, echelon in members]
    return None if None in times else max(time for time in times if time is not None)


def pool_policy(pool: PollingPoolConfig, members: Members, candidates: int, fallback: FallbackPolicy | None) -> FallbackPolicy:
    """One step, and as many calls as the pool allows to each instance; beyond it what a caller's own `fallback` allows.

    The pace is that of the group with the longest pauses, and only if all of them agree is a refused content asked for again.
    """
    paces = [group.fallback_config for group, _ in members]
    instances = candidates if pool.fallback_strategy == "instance_rotation" else 1
    return FallbackPolicy(
        strategy="echelon_down",
        max_attempts=1 if fallback is None else fallback.max_attempts,
        attempt_budget=instances * pool.max_instance_attempts + (0 if fallback is None else fallback.attempt_budget),
        retry_delay=max(pace.retry_delay for pace in paces),
        retry_after_wait=max(pace.retry_after_wait for pace in paces),
        content_filter_fallback=all(pace.content_filter_fallback for pace in paces),
    )
