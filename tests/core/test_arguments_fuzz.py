"""Whatever a program passes to a machine of the core, it gets an answer, a ValueError or a TypeError.

A panic would be an error of another class, and so would be Python's own OverflowError.
"""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyproxy.rust_core import (
    AdmissionController,
    BreakerGroup,
    CircuitBreaker,
    HealthTracker,
    Histogram,
    Pass,
    Probe,
    RateLimit,
    Scheduler,
    SlidingWindow,
    Statistics,
    TokenBucket,
    TokenEstimator,
    parse_rate_limits,
    parse_retry_after,
    scan_envelope,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Given = st.SearchStrategy[Any]
Calls = dict[str, dict[str, Given]]


class Index:
    """Not a number, but stands for one."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value

    def __float__(self) -> float:
        return float(self.value)


class Unwilling:
    def __bool__(self) -> bool:
        raise ValueError("neither")

    def __index__(self) -> int:
        raise ValueError("not said")


END = 2**64 - 1
EDGES = [1, 2, 31, 32, 33, 100, 101, 2**31, 2**32, 2**42, 2**53, 2**63 - 1, 2**63, END - 1, END]
NUMBERLIKE = [-1, 2**64, -(2**63), 10**400, True, 1j, -0.0, 1e300, float("inf"), float("nan"), Decimal(1), Fraction(1, 2)]
OTHERS: list[Any] = ["", "1", "\ud800", b"1", {}, {1}, (), [], range(3), iter([1]), object, Index(1), Index(10**400), Unwilling()]

wrong: Given = st.sampled_from([None, *NUMBERLIKE, *OTHERS])
counts: Given = st.integers(1, 40) | st.integers(1, 100) | st.sampled_from([0, *EDGES])
perhaps: Given = st.none() | counts
places: Given = st.integers(0, 2) | counts
times: Given = st.integers(0, 1000) | st.sampled_from(EDGES)
shares: Given = st.floats(0, 1)
truths: Given = st.booleans()
names: Given = st.none() | st.text(max_size=3)
dimensions: Given = st.sampled_from(["requests", "tokens"])
algorithms: Given = st.sampled_from(["token_bucket", "sliding_window"])
strategies: Given = st.sampled_from(["round_robin", "random", "weighted", "weighted_random", "least_connections", "response_time"])
weights: Given = st.lists(counts, min_size=3, max_size=3)
eligible: Given = st.lists(truths, min_size=3, max_size=3)
breakers: Given = st.lists(st.builds(CircuitBreaker, st.just(1)), min_size=1, max_size=3)
permits_before: Given = st.just("a permit")
itself: Given = st.just("itself")

BREAKER: dict[str, Given] = {
    "failure_threshold": counts,
    "recovery_time_ns": counts,
    "half_open_requests": counts,
    "failure_rate": perhaps,
    "minimum_requests": counts,
    "window_ns": counts,
    "max_recovery_time_ns": perhaps,
    "healthy_time_ns": perhaps,
    "probe_timeout_ns": counts,
    "slow_start_ns": counts,
}
HEALTH: dict[str, Given] = {
    "unhealthy_after": counts,
    "healthy_after": counts,
    "degraded_success_percent": perhaps,
    "degraded_latency_percent": perhaps,
    "minimum_requests": counts,
    "window_ns": counts,
    "probe_interval_ns": perhaps,
}
LIMITER: Calls = {
    "try_acquire": {"cost": counts, "now_ns": times},
    "peek": {"cost": counts, "now_ns": times},
    "refund": {"tokens": counts, "now_ns": times, "charged_at_ns": times},
    "charge": {"tokens": counts, "now_ns": times},
    "block_until": {"until_ns": times},
    "tighten": {"remaining": counts, "reset_at_ns": times, "observed_at_ns": times, "now_ns": times},
}
QUOTA: dict[str, Given] = {"capacity": counts, "limit": counts, "window_ns": counts, "now_ns": times, "strict": truths}
WINDOW: dict[str, Given] = {"limit": counts, "window_ns": counts, "buckets": perhaps, "now_ns": times}
NOW: dict[str, Given] = {"now_ns": times}
RATE: dict[str, Given] = {"limit": counts, "algorithm": algorithms, "capacity": perhaps, "buckets": perhaps, "strict": truths}
ATTEMPT: dict[str, Given] = {
    "failure": names,
    "latency_ns": perhaps,
    "ttft_ns": perhaps,
    "tokens_in": counts,
    "tokens_out": counts,
}

# What each is made from, one that is good, and what it can be asked, with the arguments that are right for it.
MACHINES: dict[str, tuple[type, dict[str, Given], dict[str, Any], Calls]] = {
    "circuit breaker": (
        CircuitBreaker,
        BREAKER,
        {"failure_threshold": 2, "recovery_time_ns": 5, "failure_rate": 50, "minimum_requests": 1, "slow_start_ns": 40},
        {
            "allow": NOW,
            "record": {"pass_": permits_before, "ok": truths, "now_ns": times},
            "cancel": {"pass_": permits_before, "now_ns": times},
            "trip": NOW,
            "reset": NOW,
            "state": NOW,
            "retry_after_ns": NOW,
            "snapshot": NOW,
            "reconfigure": {**BREAKER, "now_ns": times},
        },
    ),
    "breaker group": (
        BreakerGroup,
        {"breakers": breakers, "max_ejected_percent": counts},
        {"breakers": [CircuitBreaker(), CircuitBreaker()]},
        {"usable": NOW, "allow": {"index": places, "now_ns": times}, "panicking": NOW, "retry_after_ns": NOW},
    ),
    "health tracker": (
        HealthTracker,
        {**HEALTH, "now_ns": times},
        {"degraded_latency_percent": 150, "minimum_requests": 1, "probe_interval_ns": 5, "now_ns": 0},
        {
            "record": {"ok": truths, "latency_ns": perhaps, "ttft_ns": perhaps, "now_ns": times},
            "record_probe": {"ok": truths, "latency_ns": perhaps, "now_ns": times},
            "probe_due": NOW,
            "start_probe": NOW,
            "state": NOW,
            "snapshot": NOW,
            "reconfigure": {**HEALTH, "now_ns": times},
        },
    ),
    "histogram": (
        Histogram,
        {},
        {},
        {"record": {"value_ns": counts}, "merge": {"other": itself}, "quantile": {"q": shares}, "snapshot": {}},
    ),
    "statistics": (
        Statistics,
        {},
        {},
        {
            "record": ATTEMPT,
            "record_fallback": {},
            "record_retry": {},
            "merge": {"other": itself},
            "latency_quantile": {"q": shares},
            "ttft_quantile": {"q": shares},
            "snapshot": {},
        },
    ),
    "scheduler": (
        Scheduler,
        {"name": strategies, "weights": weights, "seed": counts},
        {"name": "weighted", "weights": [1, 2, 2**64 - 1]},
        {
            "pick": {"eligible": eligible, "now_ns": times},
            "on_start": {"index": places, "now_ns": times},
            "on_finish": {"index": places, "latency_ns": perhaps, "ok": truths, "now_ns": times},
            "set_weights": {"weights": weights, "now_ns": times},
            "__len__": {},
        },
    ),
    "token estimator": (
        TokenEstimator,
        {},
        {},
        {
            "estimate": {"text_bytes": counts, "images": counts, "max_tokens": perhaps},
            "record": {"text_bytes": counts, "images": counts, "prompt_tokens": counts, "completion_tokens": counts},
        },
    ),
    "token bucket": (
        TokenBucket,
        QUOTA,
        {"capacity": 5, "limit": 10, "window_ns": 100, "now_ns": 0},
        {**LIMITER, "level": NOW, "reconfigure": QUOTA},
    ),
    "sliding window": (
        SlidingWindow,
        WINDOW,
        {"limit": 5, "window_ns": 100, "now_ns": 0},
        {**LIMITER, "used": NOW, "reconfigure": WINDOW},
    ),
    "rate limit": (
        RateLimit,
        {**RATE, "dimension": dimensions, "window_ns": counts},
        {"dimension": "tokens", "limit": 5, "window_ns": 100},
        {"rpm": RATE, "tpm": RATE, "__hash__": {}},
    ),
}


def draw(data: st.DataObject, arguments: dict[str, Given]) -> dict[str, Any]:
    """Most of them right, some wrong, some left out."""
    some = st.sets(st.sampled_from(sorted(arguments) or ["none"]), max_size=2)
    wrong_ones, left_out = data.draw(st.just(set()) | some), data.draw(st.just(set()) | some)
    return {name: data.draw(wrong if name in wrong_ones else right) for name, right in arguments.items() if name not in left_out}


@pytest.mark.parametrize("kind", sorted(MACHINES))
@settings(max_examples=100)
@given(data=st.data())
def test_no_argument_however_wrong_breaks_a_machine(kind: str, data: st.DataObject) -> None:
    made, arguments, good, calls = MACHINES[kind]
    machine = made(**good)
    with suppress(ValueError, TypeError):
        machine = made(**draw(data, arguments))
    permits: list[Any] = [None]
    for _ in range(data.draw(st.integers(1, 12))):
        name = data.draw(st.sampled_from(sorted(calls)))
        chosen = draw(data, calls[name])
        for key, value in chosen.items():
            if value == "itself":
                chosen[key] = machine
            elif value == "a permit":
                chosen[key] = data.draw(st.sampled_from(permits[-3:]))
        with suppress(ValueError, TypeError):
            answer = getattr(machine, name)(**chosen)
            permits += [answer] if isinstance(answer, Pass | Probe) else []
    assert repr(machine)


@pytest.mark.parametrize(
    "call",
    [
        lambda endless: Scheduler("random", weights=endless),
        lambda endless: Scheduler("random", weights=[1]).pick(endless),
        BreakerGroup,
        lambda endless: AdmissionController().path(endless),
        lambda endless: AdmissionController().try_acquire(endless),
        lambda endless: AdmissionController().define("scope", rates=endless),
        lambda endless: parse_retry_after(endless, 0),
        lambda endless: parse_rate_limits(endless, 0),
        lambda endless: scan_envelope(b'{"model":"m"}').rewrite(b'{"model":"m"}', "n", defaults=endless),
    ],
)
def test_a_sequence_that_claims_to_be_endless_reserves_no_memory(call: Callable[[Any], object]) -> None:
    with pytest.raises((TypeError, ValueError)):
        call(range(2**62))
