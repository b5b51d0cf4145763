"""What is put right later is as if it had been right from the start: invariant 23, against models that begin anew each time."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyproxy.rust_core import AdmissionController, Grant, RateLimit, SlidingWindow, TokenBucket

CAPACITY, LIMIT, WINDOW = 20, 10, 100

gaps = st.sampled_from([0, 1, 3, 7, 10, 25, 60, 150])
amounts = st.integers(0, 12)
charges = st.lists(st.tuples(gaps, amounts), min_size=1, max_size=12)
# Which charge is put right, how long after the last event, and to what.
correction = st.tuples(st.integers(0, 30), gaps, st.integers(0, 20))


def level(history: list[tuple[int, int]], now: int) -> Fraction:
    """The level of a full bucket after these charges, each at its time."""
    held, last = Fraction(CAPACITY), 0
    for at, amount in [*history, (now, 0)]:
        held, last = min(Fraction(CAPACITY), held + Fraction((at - last) * LIMIT, WINDOW)) - amount, at
    return held


class Played:
    """A bucket, and the history it ought to have."""

    def __init__(self) -> None:
        self.bucket = TokenBucket(CAPACITY, LIMIT, WINDOW, now_ns=0)
        self.history: list[tuple[int, int]] = []
        self.now = 0

    def charge(self, gap: int, amount: int) -> None:
        self.now += gap
        self.bucket.charge(amount, now_ns=self.now)
        self.history.append((self.now, amount))

    def correct(self, which: int, gap: int, actual: int) -> None:
        self.now += gap
        which %= len(self.history)
        at, amount = self.history[which]
        if actual < amount:
            self.bucket.refund(amount - actual, now_ns=self.now, charged_at_ns=at)
        else:
            self.bucket.charge(actual - amount, now_ns=self.now, charged_at_ns=at)
        self.history[which] = (at, actual)

    def held(self) -> Fraction:
        return Fraction(*self.bucket.level(now_ns=self.now))


@settings(max_examples=400)
@given(before=charges, correct=correction, after=charges)
def test_one_charge_put_right_is_as_if_it_had_been_right(
    before: list[tuple[int, int]], correct: tuple[int, int, int], after: list[tuple[int, int]]
) -> None:
    played = Played()
    for gap, amount in before:
        played.charge(gap, amount)
    played.correct(*correct)
    for gap, amount in after:
        assert played.held() == level(played.history, played.now)
        played.charge(gap, amount)


@pytest.mark.parametrize("sign", [-1, 1], ids=["surpluses", "overruns"])
@given(steps=st.lists(st.tuples(st.booleans(), gaps, amounts, st.integers(0, 30)), max_size=40))
def test_many_surpluses_or_many_overruns_are_each_as_if_they_had_been_right(sign: int, steps: list[tuple[bool, int, int, int]]) -> None:
    played = Played()
    for right, gap, amount, which in steps:
        if right and played.history:
            known = played.history[which % len(played.history)][1]
            played.correct(which, gap, max(0, known + sign * amount))
        else:
            played.charge(gap, amount)
        assert played.held() == level(played.history, played.now)


@given(steps=st.lists(st.tuples(st.booleans(), gaps, amounts, st.integers(0, 30)), max_size=60))
def test_whatever_is_put_right_after_what_never_more_is_there_than_there_should_be(
    steps: list[tuple[bool, int, int, int]],
) -> None:
    played = Played()
    for right, gap, amount, which in steps:
        if right and played.history:
            played.correct(which, gap, amount)
        else:
            played.charge(gap, amount)
        assert played.held() <= level(played.history, played.now)


@given(before=charges, correct=correction, after=gaps)
def test_in_a_sliding_window_too(before: list[tuple[int, int]], correct: tuple[int, int, int], after: int) -> None:
    late, right = (SlidingWindow(100, WINDOW, 7, now_ns=0) for _ in range(2))
    which, wait, actual = correct
    which %= len(before)
    now = charged_at = 0
    for index, (gap, amount) in enumerate(before):
        now += gap
        late.charge(amount, now_ns=now)
        right.charge(actual if index == which else amount, now_ns=now)
        charged_at = now if index == which else charged_at
    now += wait
    amount = before[which][1]
    if actual < amount:
        late.refund(amount - actual, now_ns=now, charged_at_ns=charged_at)
    else:
        late.charge(actual - amount, now_ns=now, charged_at_ns=charged_at)
    for at in range(now + after, now + after + 3 * WINDOW, 5):
        assert late.used(now_ns=at) == right.used(now_ns=at)


@pytest.mark.parametrize("algorithm", ["token_bucket", "sliding_window"])
@given(others=charges, gap=gaps, reserved=st.integers(0, 12), actual=st.integers(0, 40), clock_back=gaps)
def test_a_settled_grant_leaves_what_a_grant_of_the_real_cost_would_have(
    algorithm: str, *, others: list[tuple[int, int]], gap: int, reserved: int, actual: int, clock_back: int
) -> None:
    def controller() -> AdmissionController:
        made = AdmissionController()
        made.define("model", rates=[RateLimit("tokens", 1_000, WINDOW, algorithm)], now_ns=0)
        return made

    estimated, known = controller(), controller()
    grants = [one.try_acquire(["model"], tokens=cost, now_ns=200) for one, cost in ((estimated, reserved), (known, actual))]
    now = 200 - clock_back
    for wait, tokens in others:
        now += wait
        for one in (estimated, known):
            one.try_acquire(["model"], tokens=tokens, now_ns=now)
    now += gap
    assert isinstance(grants[0], Grant)
    estimated.settle(grants[0], tokens=actual, now_ns=now)
    assert [scope["rates"] for scope in estimated.snapshot(now_ns=now)] == [scope["rates"] for scope in known.snapshot(now_ns=now)]


def test_a_long_past_is_remembered_roughly_and_never_gives_too_much() -> None:
    bucket = TokenBucket(1_000_000, 1, 1_000_000, now_ns=0)
    history, now = [], 0
    for _ in range(3_000):
        now += 1
        bucket.charge(100, now_ns=now)
        history.append((now, 100))
    for at, amount in history:
        bucket.refund(amount, now_ns=now, charged_at_ns=at)
    held, per_token = bucket.level(now_ns=now)
    assert 900_000 <= held / per_token <= 1_000_000
