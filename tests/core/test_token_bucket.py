"""The token bucket, held against a bucket of fractions that is slow and obviously right."""

from __future__ import annotations

import threading
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pyproxy.rust_core import Decision, TokenBucket

MINUTE = 60_000_000_000
DAY = 24 * 60 * MINUTE
END_OF_TIME = 2**64 - 1

amounts = st.integers(0, 50) | st.integers(0, 2**40)
counts = st.integers(1, 50) | st.integers(1, 2**40)
times = st.integers(0, 500) | st.integers(0, 2**60)
anything = st.integers(0, 100) | st.integers(0, END_OF_TIME)


class FractionBucket:
    """Tokens as a fraction; nothing clever."""

    def __init__(self, capacity: int, limit: int, window: int, now: int) -> None:
        self.capacity, self.limit, self.window, self.last = capacity, limit, window, now
        self.tokens = Fraction(capacity)
        self.blocked_until = 0

    def level(self, now: int) -> Fraction:
        elapsed = max(0, now - self.last)
        return min(Fraction(self.capacity), self.tokens + Fraction(elapsed * self.limit, self.window))

    def settle(self, now: int) -> None:
        self.tokens, self.last = self.level(now), max(self.last, now)

    def verdict(self, cost: int, now: int) -> tuple[bool, int | None, bool]:
        """Tell (admitted, retry after, permanent)."""
        if cost == 0:
            return True, None, False
        if cost > self.capacity:
            return False, None, True
        here = max(now, self.last)
        missing = max(Fraction(0), cost - self.level(now))
        ready = max(here + ceil(missing * self.window / self.limit), self.blocked_until)
        return (True, None, False) if ready <= here else (False, min(ready - now, END_OF_TIME), False)

    def add(self, tokens: int, now: int) -> None:
        self.settle(now)
        self.tokens = min(Fraction(self.capacity), self.tokens + tokens)

    def reconfigure(self, capacity: int, limit: int, window: int, now: int) -> None:
        self.settle(now)
        self.capacity, self.limit, self.window = capacity, limit, window
        self.tokens = min(Fraction(capacity), Fraction(floor(self.tokens * window), window))


def told(decision: Decision) -> tuple[bool, int | None, bool]:
    assert bool(decision) is decision.admitted
    return decision.admitted, decision.retry_after_ns, decision.permanent


class EqualsTheFractions(RuleBasedStateMachine):
    @initialize(capacity=counts, limit=counts, window=counts, now=times)
    def start(self, capacity: int, limit: int, window: int, now: int) -> None:
        self.bucket = TokenBucket(capacity, limit, window, now_ns=now)
        self.model = FractionBucket(capacity, limit, window, now)
        self.now = now

    @rule(step=st.integers(-100, 100) | st.integers(0, 2**50))
    def time_passes_or_steps_back(self, step: int) -> None:
        self.now = max(0, self.now + step)

    @rule(cost=amounts)
    def acquire(self, cost: int) -> None:
        expected = self.model.verdict(cost, self.now)
        assert told(self.bucket.peek(cost, now_ns=self.now)) == expected
        assert told(self.bucket.try_acquire(cost, now_ns=self.now)) == expected
        if expected[0] and cost:
            self.model.add(-cost, self.now)

    @rule(cost=amounts)
    def a_refusal_tells_the_first_instant_that_admits(self, cost: int) -> None:
        wait = self.bucket.peek(cost, now_ns=self.now).retry_after_ns
        if wait is not None and self.now + wait <= END_OF_TIME and wait < END_OF_TIME:
            assert not self.bucket.peek(cost, now_ns=self.now + wait - 1)
            assert self.bucket.peek(cost, now_ns=self.now + wait)

    @rule(tokens=amounts)
    def refund(self, tokens: int) -> None:
        self.bucket.refund(tokens, now_ns=self.now)
        self.model.add(tokens, self.now)

    @rule(tokens=amounts)
    def charge(self, tokens: int) -> None:
        self.bucket.charge(tokens, now_ns=self.now)
        self.model.add(-tokens, self.now)

    @rule(ahead=st.integers(0, 200))
    def block(self, ahead: int) -> None:
        self.bucket.block_until(self.now + ahead)
        self.model.blocked_until = max(self.model.blocked_until, self.now + ahead)

    @rule(capacity=counts, limit=counts, window=counts)
    def reconfigure(self, capacity: int, limit: int, window: int) -> None:
        self.bucket.reconfigure(capacity, limit, window, now_ns=self.now)
        self.model.reconfigure(capacity, limit, window, self.now)

    @invariant()
    def the_level_is_the_same_fraction(self) -> None:
        assert Fraction(*self.bucket.level(now_ns=self.now)) == self.model.level(self.now)


TestEqualsTheFractions = EqualsTheFractions.TestCase


@given(capacity=st.integers(1, 30), limit=st.integers(1, 30), window=st.integers(1, 200), attempts=st.lists(st.tuples(amounts, amounts)))
def test_an_interval_admits_at_most_a_burst_and_its_refill(capacity: int, limit: int, window: int, attempts: list[tuple[int, int]]) -> None:
    bucket = TokenBucket(capacity, limit, window, now_ns=0)
    now, admitted = 0, [(0, 0)]
    for cost, gap in attempts:
        now += gap
        if bucket.try_acquire(cost, now_ns=now):
            admitted.append((now, cost))
    for first, (begin, _) in enumerate(admitted):
        total = 0
        for end, cost in admitted[first:]:
            total += cost
            assert total * window <= capacity * window + limit * (end - begin)


@given(numbers=st.tuples(anything, anything, anything), steps=st.lists(st.tuples(st.integers(0, 4), anything, anything), max_size=20))
def test_any_numbers_are_counted_or_refused_but_never_overflow(numbers: tuple[int, int, int], steps: list[tuple[int, int, int]]) -> None:
    capacity, limit, window = numbers
    if 0 in numbers or capacity * window >= 2**127:
        with pytest.raises(ValueError, match="must"):
            TokenBucket(capacity, limit, window, now_ns=0)
        return
    bucket = TokenBucket(capacity, limit, window, now_ns=0)
    for step, amount, now in steps:
        (bucket.try_acquire, bucket.peek, bucket.refund, bucket.charge, lambda until, now_ns: bucket.block_until(max(until, now_ns)))[step](
            amount, now_ns=now
        )
        assert Fraction(*bucket.level(now_ns=now)) <= capacity


@given(times, times)
def test_a_clock_that_steps_back_never_raises_the_level(here: int, back: int) -> None:
    bucket = TokenBucket(10, 10, MINUTE, now_ns=here)
    bucket.charge(10, now_ns=here)
    level = bucket.level(now_ns=here)
    assert bucket.level(now_ns=min(here, back)) == level
    bucket.refund(0, now_ns=min(here, back))
    assert bucket.level(now_ns=here) == level


@pytest.mark.parametrize("numbers", [(0, 1, 1), (1, 0, 1), (1, 1, 0), (-1, 1, 1), (1, -1, 1), (1, 1, -1), (2**64, 1, 1)])
def test_a_quota_of_nothing_is_refused(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="must"):
        TokenBucket(*numbers, now_ns=0)
    bucket = TokenBucket(1, 1, 1, now_ns=0)
    with pytest.raises(ValueError, match="must"):
        bucket.reconfigure(*numbers, now_ns=0)


def test_a_burst_is_the_capacity_and_not_one_more() -> None:
    bucket = TokenBucket(5, 5, MINUTE, now_ns=0)
    assert [bool(bucket.try_acquire(now_ns=0)) for _ in range(6)] == [True] * 5 + [False]


def test_a_wait_is_rounded_up_so_that_the_retry_is_not_refused_again() -> None:
    bucket = TokenBucket(1, 3, 10, now_ns=0)
    assert bucket.try_acquire(now_ns=0)
    assert bucket.try_acquire(now_ns=0).retry_after_ns == 4
    assert not bucket.try_acquire(now_ns=3)
    assert bucket.try_acquire(now_ns=4)


def test_the_refill_is_continuous_and_not_in_whole_windows() -> None:
    bucket = TokenBucket(60, 60, MINUTE, now_ns=0)
    assert bucket.try_acquire(60, now_ns=0)
    assert Fraction(*bucket.level(now_ns=MINUTE // 60 * 7)) == 7


def test_the_windows_edge_admits_no_double_burst() -> None:
    bucket = TokenBucket(10, 10, MINUTE, now_ns=0)
    assert bucket.try_acquire(10, now_ns=MINUTE - 1)
    assert not bucket.try_acquire(10, now_ns=MINUTE)


def test_an_overrun_becomes_debt_that_is_paid_back_before_the_next_admission() -> None:
    bucket = TokenBucket(100, 100, 1000, now_ns=0)
    assert bucket.try_acquire(100, now_ns=0)
    bucket.charge(50, now_ns=0)
    assert Fraction(*bucket.level(now_ns=0)) == -50
    assert bucket.try_acquire(1, now_ns=0).retry_after_ns == 510


def test_a_cost_above_the_capacity_never_passes_and_is_not_told_to_retry() -> None:
    bucket = TokenBucket(10, 10, MINUTE, now_ns=0)
    decision = bucket.try_acquire(11, now_ns=0)
    assert told(decision) == (False, None, True)
    assert Fraction(*bucket.level(now_ns=0)) == 10


def test_a_block_keeps_the_refill_and_only_ever_extends() -> None:
    bucket = TokenBucket(10, 10, 100, now_ns=0)
    assert bucket.try_acquire(10, now_ns=0)
    bucket.block_until(500)
    bucket.block_until(300)
    assert bucket.peek(1, now_ns=50).retry_after_ns == 450
    assert not bucket.peek(1, now_ns=499)
    assert bucket.try_acquire(10, now_ns=500)


def test_without_a_time_the_clock_is_that_of_the_monotonic_clock_of_python() -> None:
    import time  # noqa: PLC0415

    bucket = TokenBucket(1, 1, DAY)
    assert bucket.try_acquire()
    level = Fraction(*bucket.level(now_ns=time.monotonic_ns()))
    assert 0 <= level < Fraction(1, 10)


def test_threads_together_take_no_more_than_there_is() -> None:
    bucket = TokenBucket(1000, 1, DAY, now_ns=0)
    admitted: list[int] = []

    def worker() -> None:
        admitted.append(sum(bool(bucket.try_acquire(now_ns=0)) for _ in range(500)))

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(admitted) == 1000


def test_it_reads_well() -> None:
    bucket = TokenBucket(10, 20, 30, now_ns=0)
    assert repr(bucket) == "TokenBucket(capacity=10, limit=20, window_ns=30)"
    assert repr(bucket.peek(11, now_ns=0)) == "Decision(admitted=False, retry_after_ns=None, permanent=True)"
