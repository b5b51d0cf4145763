"""The strict token bucket: a burst and a window's refill together are the limit, and never more."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from support.plain_limits import FractionBucket, PlainLimiter, told

from pyproxy.rust_core import RateLimit, TokenBucket

MINUTE = 60_000_000_000

amounts = st.integers(0, 50) | st.integers(0, 2**40)
counts = st.integers(1, 50) | st.integers(1, 2**40)
times = st.integers(0, 500) | st.integers(0, 2**60)
quotas = st.tuples(counts, counts, counts).map(lambda numbers: (numbers[0], numbers[0] + numbers[1], numbers[2]))
"""A capacity, a limit above it, a window."""


class EqualsTheFractions(RuleBasedStateMachine):
    """Invariants 2, 3, 5, 6 and 9, of a bucket that is strict most of the time."""

    @initialize(quota=quotas, now=times)
    def start(self, quota: tuple[int, int, int], now: int) -> None:
        self.bucket = TokenBucket(*quota, now_ns=now, strict=True)
        self.fractions = FractionBucket(*quota, now, strict=True)
        self.model = PlainLimiter(self.fractions)
        self.now, self.strict = now, True

    @rule(step=st.integers(-100, 100) | st.integers(0, 2**50))
    def time_passes_or_steps_back(self, step: int) -> None:
        self.now = max(0, self.now + step)

    @rule(cost=amounts)
    def acquire(self, cost: int) -> None:
        expected = self.model.verdict(cost, self.now)
        assert told(self.bucket.peek(cost, now_ns=self.now)) == expected
        assert told(self.bucket.try_acquire(cost, now_ns=self.now)) == expected
        if expected[0] and cost:
            self.model.charge(cost, self.now)

    @rule(cost=amounts)
    def a_refusal_tells_the_first_instant_that_admits(self, cost: int) -> None:
        wait = self.bucket.peek(cost, now_ns=self.now).retry_after_ns
        if wait is not None and self.now + wait < 2**64:
            assert not self.bucket.peek(cost, now_ns=self.now + wait - 1)
            assert self.bucket.peek(cost, now_ns=self.now + wait)

    @rule(tokens=amounts)
    def charge(self, tokens: int) -> None:
        self.bucket.charge(tokens, now_ns=self.now)
        self.model.charge(tokens, self.now)

    @rule(tokens=amounts)
    def refund(self, tokens: int) -> None:
        self.bucket.refund(tokens, now_ns=self.now)
        self.fractions.refund(tokens, self.now)

    @rule(quota=quotas, strict=st.sampled_from([None, None, True, False]))
    def reconfigure(self, quota: tuple[int, int, int], strict: bool | None) -> None:  # noqa: FBT001
        self.bucket.reconfigure(*quota, now_ns=self.now, strict=strict)
        self.strict = self.strict if strict is None else strict
        self.fractions.reconfigure(*quota, self.now, strict=self.strict)

    @invariant()
    def the_level_is_the_same_fraction(self) -> None:
        assert Fraction(*self.bucket.level(now_ns=self.now)) == self.fractions.level(self.now)


TestEqualsTheFractions = EqualsTheFractions.TestCase
TestEqualsTheFractions.settings = settings(deadline=None, stateful_step_count=30)


@given(
    quota=st.tuples(st.integers(1, 20), st.integers(1, 20), st.integers(1, 100)),
    steps=st.lists(st.tuples(st.integers(-5, 30), st.integers(1, 20), st.booleans()), max_size=60),
)
def test_no_window_ever_admits_more_than_the_limit(quota: tuple[int, int, int], steps: list[tuple[int, int, bool]]) -> None:
    """Invariant 10, both ends of the window included. Some wait exactly as long as they are told."""
    capacity, more, window = quota
    limit = capacity + more
    bucket = TokenBucket(capacity, limit, window, now_ns=0, strict=True)
    now = here = 0
    log: list[tuple[int, int]] = []
    for gap, cost, patient in steps:
        now = max(0, now + gap)
        if patient:
            now += bucket.peek(cost, now_ns=now).retry_after_ns or 0
        if bucket.try_acquire(cost, now_ns=now):
            here = max(here, now)
            log.append((here, cost))
            assert sum(cost for at, cost in log if at >= here - window) <= limit


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 1000))
def test_who_takes_all_it_can_gets_the_whole_limit_out_of_the_first_window(capacity: int, refill: int, each_ns: int) -> None:
    """The bound is met and not merely kept: nothing is given away."""
    limit, window = capacity + refill, refill * each_ns
    bucket = TokenBucket(capacity, limit, window, now_ns=0, strict=True)
    assert sum(bool(bucket.try_acquire(now_ns=now)) for now in range(0, window + 1, each_ns) for _ in range(limit)) == limit


def test_a_bucket_that_is_not_strict_lets_a_window_see_its_burst_and_its_limit() -> None:
    """Invariant 1 is all it keeps, which is what strict is for."""
    loose, strict = (TokenBucket(50, 100, MINUTE, now_ns=0, strict=strict) for strict in (False, True))
    for bucket, in_all in ((loose, 150), (strict, 100)):
        assert bucket.try_acquire(50, now_ns=0)
        assert sum(bool(bucket.try_acquire(now_ns=now)) for now in range(0, MINUTE + 1, MINUTE // 100) for _ in range(2)) == in_all - 50


@pytest.mark.parametrize(("limit", "capacity"), [(2, 1), (3, 1), (100, 50), (101, 50)])
def test_without_a_capacity_it_holds_half_of_the_limit(limit: int, capacity: int) -> None:
    assert RateLimit("tokens", limit, MINUTE, strict=True).capacity == capacity


@pytest.mark.parametrize(
    ("capacity", "limit", "message"),
    [
        (10, 10, "^strict must leave something of the limit to refill: write a capacity below 10, not 10, such as 5$"),
        (11, 10, "^strict must leave something of the limit to refill: write a capacity below 10, not 11, such as 5$"),
        (2, 2, "^strict must leave something of the limit to refill: write a capacity below 2, not 2, such as 1$"),
        (
            1,
            1,
            '^a strict token bucket must refill something besides its burst, which a limit of 1 cannot: use algorithm="sliding_window"$',
        ),
        (0, 10, "^capacity must be at least 1, not 0$"),
        (1, 0, "^limit must be at least 1, not 0$"),
    ],
)
def test_a_burst_that_leaves_nothing_to_refill_is_answered_with_what_to_write(capacity: int, limit: int, message: str) -> None:
    bucket = TokenBucket(1, 5, MINUTE, now_ns=0, strict=True)
    for make in (
        lambda: TokenBucket(capacity, limit, MINUTE, now_ns=0, strict=True),
        lambda: bucket.reconfigure(capacity, limit, MINUTE, now_ns=0),
        lambda: RateLimit("requests", limit, MINUTE, "token_bucket", capacity, strict=True),
    ):
        with pytest.raises(ValueError, match=message):
            make()
    assert repr(bucket) == f"TokenBucket(capacity=1, limit=5, window_ns={MINUTE}, strict=True)"


def test_an_advised_capacity_is_taken() -> None:
    assert RateLimit("requests", 10, MINUTE, capacity=5, strict=True).strict
    assert RateLimit("requests", 2, MINUTE, capacity=1, strict=True).strict


def test_it_stays_strict_until_told_otherwise_and_says_so() -> None:
    bucket = TokenBucket(10, 20, 30, now_ns=0, strict=True)
    bucket.reconfigure(5, 20, 30, now_ns=0)
    assert repr(bucket) == "TokenBucket(capacity=5, limit=20, window_ns=30, strict=True)"
    bucket.reconfigure(20, 20, 30, now_ns=0, strict=False)
    assert repr(bucket) == "TokenBucket(capacity=20, limit=20, window_ns=30)"
    bucket.reconfigure(20, 20, 40, now_ns=0)
    assert repr(bucket) == "TokenBucket(capacity=20, limit=20, window_ns=40)"
