"""The sliding window, held against a list of all that was taken, and against exact logs."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from support.plain_limits import END_OF_TIME, ListedWindow, PlainLimiter, told

from pyproxy.rust_core import SlidingWindow

SECOND = 1_000_000_000
MINUTE = 60 * SECOND

few = st.integers(1, 12)
"""So few that they meet: the limit, what is taken of it, and the window."""
amounts = few | few | few | st.integers(0, 50) | st.integers(0, 2**40)
counts = few | few | st.integers(1, 50) | st.integers(1, 2**40)
times = st.integers(0, 500) | st.integers(0, 2**60)
parts = st.integers(1, 8) | st.integers(1, 10_000)
anything = st.integers(0, 100) | st.integers(0, END_OF_TIME) | st.just(END_OF_TIME)


class EqualsTheList(RuleBasedStateMachine):
    """Invariants 3, 5, 6, 8 and 9, and the ring as its module describes it: verdict, wait and what is counted."""

    @initialize(limit=counts, window=counts, buckets=parts, now=times)
    def start(self, limit: int, window: int, buckets: int, now: int) -> None:
        self.window = SlidingWindow(limit, window, buckets, now_ns=now)
        self.listed = ListedWindow(limit, window, buckets, now)
        self.model = PlainLimiter(self.listed)
        self.now = now
        self.charges = [now]

    @rule(step=st.integers(-100, 100), of=st.integers(1, 4) | st.none())
    def time_passes_or_steps_back(self, step: int, of: int | None) -> None:
        """By a little, or by as many quarters, thirds or halves of a window."""
        self.now = max(0, self.now + (step if of is None else step % 9 * self.listed.window // of))

    @rule(cost=amounts)
    def acquire(self, cost: int) -> None:
        expected = self.model.verdict(cost, self.now)
        assert told(self.window.peek(cost, now_ns=self.now)) == expected
        assert told(self.window.try_acquire(cost, now_ns=self.now)) == expected
        if expected[0] and cost:
            self.model.charge(cost, self.now)
            self.charges.append(self.listed.seen)

    @rule()
    def take_all_there_is(self) -> None:
        self.acquire(max(0, self.listed.limit - self.listed.used(self.now)))

    @rule(cost=amounts)
    def a_refusal_tells_the_first_instant_that_admits(self, cost: int) -> None:
        wait = self.window.peek(cost, now_ns=self.now).retry_after_ns
        if wait is not None:
            assert wait > 0
            assert not self.window.peek(cost, now_ns=self.now + wait - 1)
            assert self.window.peek(cost, now_ns=self.now + wait)

    @rule(tokens=amounts)
    def charge(self, tokens: int) -> None:
        self.window.charge(tokens, now_ns=self.now)
        self.model.charge(tokens, self.now)
        self.charges.append(self.listed.seen)

    @rule(tokens=amounts)
    def refund(self, tokens: int) -> None:
        self.window.refund(tokens, now_ns=self.now)
        self.listed.refund(tokens, self.now)

    @rule(tokens=amounts, data=st.data())
    def refund_what_was_charged_then(self, tokens: int, data: st.DataObject) -> None:
        then = data.draw(st.sampled_from(self.charges) | times)
        self.window.refund(tokens, now_ns=self.now, charged_at_ns=then)
        self.listed.refund(tokens, self.now, then)

    @rule(tokens=amounts)
    def what_is_taken_and_given_back_at_one_instant_was_never_taken(self, tokens: int) -> None:
        here = max(self.now, self.listed.seen)
        self.window.charge(tokens, now_ns=here)
        self.window.refund(tokens, now_ns=here, charged_at_ns=here)
        self.listed.settle(here)

    @rule(ahead=st.integers(-50, 200))
    def block(self, ahead: int) -> None:
        self.window.block_until(max(0, self.now + ahead))
        self.model.block_until(self.now + ahead)

    @rule(limit=counts, window=counts, buckets=parts | st.none())
    def reconfigure(self, limit: int, window: int, buckets: int | None) -> None:
        self.window.reconfigure(limit, window, buckets, now_ns=self.now)
        self.listed.reconfigure(limit, window, buckets or self.listed.buckets, self.now)

    @invariant()
    def as_much_is_counted(self) -> None:
        assert self.window.used(now_ns=self.now) == self.listed.used(self.now)


TestEqualsTheList = EqualsTheList.TestCase
TestEqualsTheList.settings = settings(deadline=None, stateful_step_count=40)


@given(
    numbers=st.tuples(st.integers(1, 30), st.integers(1, 120), st.integers(1, 10)),
    steps=st.lists(
        st.tuples(st.sampled_from(["acquire", "acquire", "acquire", "charge", "refund"]), st.integers(-5, 40), st.integers(0, 20)),
        min_size=10,
        max_size=60,
    ),
    timed=st.booleans(),
)
def test_no_window_is_passed_and_only_what_a_log_a_part_longer_refuses_is_refused(
    numbers: tuple[int, int, int], steps: list[tuple[str, int, int]], *, timed: bool
) -> None:
    """Invariants 10 and 11, with weights, debts, refunds, and a clock that steps back."""
    limit, length, buckets = numbers
    window = SlidingWindow(limit, length, buckets, now_ns=0)
    log: list[tuple[int, int]] = []
    now = here = 0
    always_timed = True
    for kind, gap, amount in steps:
        now = max(0, now + gap)
        if kind == "acquire":
            then = max(now, here)
            decision = window.try_acquire(amount, now_ns=now)
            if decision and amount:
                log.append((here := then, amount))
                assert sum(cost for at, cost in log if at >= here - length) <= limit
            elif decision.retry_after_ns is not None and always_timed:
                assert sum(cost for at, cost in log if then - at < Fraction(length * (buckets + 1), buckets)) + amount > limit
        elif kind == "charge":
            window.charge(amount, now_ns=now)
            log.append((here := max(now, here), amount))
        elif still := [entry for entry in log if entry[0] >= max(now, here) - length]:
            at, cost = still[amount % len(still)]
            log.remove((at, cost))
            window.refund(cost, now_ns=now, charged_at_ns=at if timed else None)
            here, always_timed = max(now, here), timed


@given(
    numbers=st.lists(st.tuples(st.integers(1, 30), st.integers(1, 10), st.integers(0, 20)), min_size=1, max_size=6),
    length=st.integers(20, 120),
    steps=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 20)), max_size=12),
)
def test_a_changed_limit_or_number_of_parts_or_a_shorter_window_admits_no_window_too_much(
    numbers: list[tuple[int, int, int]], length: int, steps: list[tuple[int, int]]
) -> None:
    """Invariant 10 through changes: what was taken before counts after."""
    window = SlidingWindow(1, length, now_ns=0)
    log: list[tuple[int, int]] = []
    now = 0
    for limit, buckets, shorter in numbers:
        length = max(1, length - shorter)
        window.reconfigure(limit, length, buckets, now_ns=now)
        for gap, cost in steps:
            now += gap
            if window.try_acquire(cost, now_ns=now):
                log.append((now, cost))
                assert not cost or sum(cost for at, cost in log if at >= now - length) <= limit


@given(
    numbers=st.tuples(anything, anything, st.integers(0, 10_001) | anything),
    steps=st.lists(st.tuples(st.integers(0, 6), anything, anything), max_size=20),
)
def test_any_numbers_are_counted_or_refused_but_never_overflow(numbers: tuple[int, int, int], steps: list[tuple[int, int, int]]) -> None:
    """Invariant 7."""
    if 0 in numbers or numbers[2] > 10_000:
        with pytest.raises(ValueError, match="must"):
            SlidingWindow(*numbers, now_ns=0)
        return
    window = SlidingWindow(*numbers, now_ns=0)
    for step, amount, now in steps:
        match step:
            case 0:
                window.try_acquire(amount, now_ns=now)
            case 1:
                window.charge(amount, now_ns=now)
            case 2:
                window.refund(amount, now_ns=now)
            case 3:
                window.refund(amount, now_ns=now, charged_at_ns=amount)
            case 4:
                window.reconfigure(max(1, amount), max(1, now), now_ns=now)
            case 5:
                window.block_until(amount)
            case _:
                window.tighten(amount, now, now_ns=amount)
        assert window.used(now_ns=now) >= 0
        decision = window.peek(amount, now_ns=now)
        assert decision.admitted or decision.permanent or decision.retry_after_ns


@given(
    numbers=st.tuples(st.integers(1, 30), st.integers(1, 100), st.integers(1, 10)),
    steps=st.lists(st.tuples(st.integers(-10, 40), st.integers(0, 20), st.integers(0, 300)), max_size=30),
)
def test_looking_changes_nothing(numbers: tuple[int, int, int], steps: list[tuple[int, int, int]]) -> None:
    """Invariant 4."""
    watched, alone = SlidingWindow(*numbers, now_ns=0), SlidingWindow(*numbers, now_ns=0)
    now = 0
    for gap, cost, when in steps:
        now = max(0, now + gap)
        watched.peek(cost, now_ns=when)
        watched.used(now_ns=when)
        assert (
            told(watched.peek(cost, now_ns=now)) == told(watched.try_acquire(cost, now_ns=now)) == told(alone.try_acquire(cost, now_ns=now))
        )
        assert watched.used(now_ns=now) == alone.used(now_ns=now)


def test_the_limit_may_come_all_at_once_and_is_free_a_window_and_its_part_later() -> None:
    window = SlidingWindow(100, MINUTE, now_ns=0)
    assert window.try_acquire(100, now_ns=0)
    assert window.try_acquire(1, now_ns=0).retry_after_ns == MINUTE + SECOND
    assert window.used(now_ns=MINUTE + SECOND - 1) == 100
    assert window.try_acquire(100, now_ns=MINUTE + SECOND)


def test_a_cost_above_the_limit_never_passes_and_nothing_always_does() -> None:
    """Invariant 5."""
    window = SlidingWindow(10, MINUTE, now_ns=0)
    assert told(window.try_acquire(11, now_ns=0)) == (False, None, True)
    window.charge(25, now_ns=0)
    window.block_until(MINUTE)
    assert told(window.try_acquire(11, now_ns=0)) == (False, None, True)
    assert window.try_acquire(0, now_ns=0)
    assert window.used(now_ns=0) == 25


def test_a_clock_that_steps_back_frees_nothing_and_counts_from_the_newest_time() -> None:
    """Invariant 6."""
    window = SlidingWindow(10, 100, 10, now_ns=1000)
    assert window.try_acquire(10, now_ns=1000)
    assert window.try_acquire(1, now_ns=400).retry_after_ns == 1110 - 400
    assert window.used(now_ns=400) == 10
    window.charge(5, now_ns=400)
    assert window.used(now_ns=1109) == 15


@pytest.mark.parametrize(("charged_at", "free_at"), [(50, 110), (0, 160), (None, 160)])
def test_a_refund_of_a_known_time_frees_that_part_and_one_of_an_unknown_time_the_oldest(charged_at: int | None, free_at: int) -> None:
    window = SlidingWindow(10, 100, 10, now_ns=0)
    assert window.try_acquire(5, now_ns=0)
    assert window.try_acquire(5, now_ns=50)
    window.refund(5, now_ns=60, charged_at_ns=charged_at)
    assert window.used(now_ns=60) == 5
    assert window.peek(6, now_ns=60).retry_after_ns == free_at - 60
    assert window.peek(10, now_ns=free_at)


def test_what_is_charged_twice_in_the_last_nanosecond_of_a_part_is_one_part() -> None:
    window = SlidingWindow(10, 100, 10, now_ns=0)
    assert window.try_acquire(2, now_ns=0)
    assert window.try_acquire(3, now_ns=49)
    assert window.try_acquire(3, now_ns=49)
    window.refund(6, now_ns=50, charged_at_ns=49)
    assert window.peek(9, now_ns=50).retry_after_ns == 110 - 50


def test_what_counts_no_more_is_not_given_back_again() -> None:
    window = SlidingWindow(10, 100, 10, now_ns=0)
    assert window.try_acquire(5, now_ns=0)
    assert window.try_acquire(5, now_ns=100)
    window.refund(5, now_ns=110, charged_at_ns=0)
    assert window.used(now_ns=110) == 5


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((0, 1, 1), "^limit must be at least 1, not 0$"),
        ((1, 0, 1), "^window_ns must be at least 1, not 0$"),
        ((1, 1, 0), "^buckets must be at least 1, not 0$"),
        ((1, 1, 10_001), "^buckets must be at most 10000, not 10001$"),
        ((1, -1, 1), r"^a whole number must lie between 0 and 2\*\*64 - 1"),
    ],
)
def test_numbers_that_make_no_window_are_named_and_change_nothing(numbers: tuple[int, int, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SlidingWindow(*numbers, now_ns=0)
    window = SlidingWindow(1, 1, now_ns=0)
    with pytest.raises(ValueError, match=message):
        window.reconfigure(*numbers, now_ns=0)
    assert repr(window) == "SlidingWindow(limit=1, window_ns=1, buckets=60)"


def test_it_reads_well() -> None:
    window = SlidingWindow(10, MINUTE, now_ns=0)
    assert repr(window) == f"SlidingWindow(limit=10, window_ns={MINUTE}, buckets=60)"
    window.reconfigure(5, SECOND, now_ns=0)
    assert repr(window) == f"SlidingWindow(limit=5, window_ns={SECOND}, buckets=60)"
    window.reconfigure(5, SECOND, 7, now_ns=0)
    assert repr(window) == f"SlidingWindow(limit=5, window_ns={SECOND}, buckets=7)"
