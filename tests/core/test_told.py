"""What a provider tells of its limit only ever holds back, and only until its reset. Invariant 24, on both algorithms."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.plain_limits import FractionBucket, ListedWindow, PlainLimiter, told

from pyproxy.rust_core import AdmissionController, RateLimit, Refusal, SlidingWindow, TokenBucket

Limiter: TypeAlias = TokenBucket | SlidingWindow
Make: TypeAlias = Callable[[], Limiter]

LIMIT, WINDOW, RESET = 20, 100, 60
MOST_WORDS = 4
"""So many words of a provider's are told apart; of more, some become one that holds back as much as any of them."""

ALGORITHMS: dict[str, Make] = {
    "token_bucket": lambda: TokenBucket(LIMIT, LIMIT, WINDOW, now_ns=0),
    "strict_bucket": lambda: TokenBucket(LIMIT, 2 * LIMIT, WINDOW, now_ns=0, strict=True),
    "sliding_window": lambda: SlidingWindow(LIMIT, WINDOW, 10, now_ns=0),
}

of_both_algorithms = pytest.mark.parametrize("make", list(ALGORITHMS.values()), ids=list(ALGORITHMS))
costs = st.integers(0, 6) | st.integers(0, LIMIT + 1)
gaps = st.integers(0, 5) | st.integers(0, 30)
words = st.tuples(st.integers(0, LIMIT), st.integers(0, 3))
"""How much remains, and until which reset from now on."""
histories = st.lists(st.tuples(st.sampled_from(["take", "take", "tell", "return"]), gaps, costs, words), max_size=40)


def reset(now: int, which: int) -> int:
    """Tell one of the coming resets, which is now and then; that of number 0 is over."""
    return (now // RESET + which) * RESET


class EqualsThePlainOne(RuleBasedStateMachine):
    """Every word kept for ever, beside the few that the core keeps."""

    limiter: Limiter
    model: PlainLimiter

    @initialize()
    def start(self) -> None:
        self.make()
        self.now = 0
        self.taken: list[tuple[int, int]] = []

    def make(self) -> None:
        raise NotImplementedError

    def give_back(self, amount: int, charged_at: int) -> None:
        raise NotImplementedError

    @rule(step=st.integers(-10, 40))
    def time_passes_or_steps_back(self, step: int) -> None:
        self.now = max(0, self.now + step)

    @rule(cost=costs)
    def acquire(self, cost: int) -> None:
        if told(self.limiter.try_acquire(cost, now_ns=self.now))[0] and cost:
            self.model.charge(cost, self.now)
            self.taken.append((self.model.meter.seen, cost))

    @rule(amount=costs)
    def charge_whatever_is_left(self, amount: int) -> None:
        self.limiter.charge(amount, now_ns=self.now)
        self.model.charge(amount, self.now)
        self.taken.append((self.model.meter.seen, amount))

    @precondition(lambda self: self.taken)
    @rule(index=st.integers(0, 100))
    def refund(self, index: int) -> None:
        charged_at, amount = self.taken.pop(index % len(self.taken))
        self.give_back(amount, charged_at)

    @precondition(lambda self: sum(word.until > self.model.meter.seen for word in self.model.words) < MOST_WORDS)
    @rule(word=words, late=st.integers(-5, 20))
    def tighten(self, word: tuple[int, int], late: int) -> None:
        """Later than all that was taken: of one instant it could not be told what came first."""
        self.now = max(self.now, self.model.meter.seen) + 1
        remaining, until, observed_at = word[0], reset(self.now, word[1]), max(0, self.now - late)
        self.limiter.tighten(remaining, until, observed_at, now_ns=self.now)
        self.model.tighten(remaining, until, observed_at, self.now)

    @rule(ahead=st.integers(-10, 60))
    def block(self, ahead: int) -> None:
        self.limiter.block_until(max(0, self.now + ahead))
        self.model.block_until(self.now + ahead)

    @invariant()
    def every_cost_meets_the_same_verdict(self) -> None:
        for cost in range(LIMIT + 2):
            assert told(self.limiter.peek(cost, now_ns=self.now)) == self.model.verdict(cost, self.now)


class EqualsThePlainWindow(EqualsThePlainOne):
    def make(self) -> None:
        self.limiter = SlidingWindow(LIMIT, WINDOW, 10, now_ns=0)
        self.listed = ListedWindow(LIMIT, WINDOW, 10, 0)
        self.model = PlainLimiter(self.listed)

    def give_back(self, amount: int, charged_at: int) -> None:
        self.limiter.refund(amount, now_ns=self.now, charged_at_ns=charged_at)
        self.listed.refund(amount, self.now, charged_at)
        self.model.given_back(amount, charged_at)


class EqualsThePlainBucket(EqualsThePlainOne):
    def make(self) -> None:
        self.limiter = TokenBucket(LIMIT, LIMIT, WINDOW, now_ns=0)
        self.fractions = FractionBucket(LIMIT, LIMIT, WINDOW, 0)
        self.model = PlainLimiter(self.fractions)

    def give_back(self, amount: int, charged_at: int) -> None:  # noqa: ARG002 - of a time unknown
        self.limiter.refund(amount, now_ns=self.now)
        self.fractions.refund(amount, self.now)
        self.model.given_back(amount)


TestEqualsThePlainWindow = EqualsThePlainWindow.TestCase
TestEqualsThePlainWindow.settings = settings(deadline=None, max_examples=200, stateful_step_count=30)
TestEqualsThePlainBucket = EqualsThePlainBucket.TestCase
TestEqualsThePlainBucket.settings = settings(deadline=None, max_examples=200, stateful_step_count=30)


@of_both_algorithms
@given(history=histories, charges=st.booleans())
def test_no_word_lets_more_pass_or_sooner_and_after_the_last_reset_none_has_been(
    make: Make, history: list[tuple[str, int, int, tuple[int, int]]], *, charges: bool
) -> None:
    """However many there are at once, beside a limiter that was told nothing."""
    limiter, untold = make(), make()
    now = last_reset = 0
    for kind, gap, cost, (remaining, which) in history:
        now += gap
        if kind == "tell":
            limiter.tighten(remaining, reset(now, which), now_ns=now)
            last_reset = max(last_reset, reset(now, which))
        elif kind == "return":
            for each in (limiter, untold):
                each.refund(cost, now_ns=now)
        elif charges or limiter.peek(cost, now_ns=now):
            for each in (limiter, untold):
                each.charge(cost, now_ns=now)
        for other in range(LIMIT + 2):
            held_back, free = limiter.peek(other, now_ns=now), untold.peek(other, now_ns=now)
            assert held_back.permanent == free.permanent
            assert (held_back.retry_after_ns or 0) >= (free.retry_after_ns or 0)
            later = max(now, last_reset)
            assert told(limiter.peek(other, now_ns=later)) == told(untold.peek(other, now_ns=later))


@of_both_algorithms
@given(history=histories)
def test_no_more_than_was_told_passes_before_the_reset_whatever_was_told_besides(
    make: Make, history: list[tuple[str, int, int, tuple[int, int]]]
) -> None:
    """Of what passed since and was not given back, under each word, however many there are at once."""
    limiter = make()
    now = 0
    told_so_far: list[tuple[int, int, int]] = []
    passed: list[tuple[int, int]] = []
    for kind, gap, cost, (remaining, which) in history:
        now += gap + 1
        if kind == "tell":
            limiter.tighten(remaining, reset(now, which), now_ns=now)
            told_so_far.append((now, reset(now, which), remaining))
        elif kind == "return":
            if passed:
                charged_at, amount = passed.pop(cost % len(passed))
                limiter.refund(amount, now_ns=now, charged_at_ns=charged_at)
        elif limiter.try_acquire(cost, now_ns=now) and cost:
            passed.append((now, cost))
            for since, until, at_most in told_so_far:
                assert now >= until or sum(amount for at, amount in passed if at > since) <= at_most


@of_both_algorithms
@pytest.mark.parametrize("given_back", [False, True])
def test_of_so_many_words_that_some_become_one_none_is_passed(make: Make, *, given_back: bool) -> None:
    limiter = make()
    for remaining, until in ((6, 20), (7, 30), (8, 40), (9, 50)):
        limiter.tighten(remaining, until, now_ns=1)
    assert limiter.try_acquire(5, now_ns=2)
    limiter.tighten(5, 60, now_ns=3)
    if given_back:
        limiter.refund(5, now_ns=4, charged_at_ns=2)
    assert [limiter.peek(cost, now_ns=40).retry_after_ns for cost in (4, 6)] == [None, 20]
    assert limiter.peek(6, now_ns=60)


@of_both_algorithms
@given(history=histories)
def test_the_newest_word_told_again_at_any_time_changes_nothing(make: Make, history: list[tuple[str, int, int, tuple[int, int]]]) -> None:
    once, often = make(), make()
    now = 0
    newest: tuple[int, int, int] | None = None
    for kind, gap, cost, (remaining, which) in history:
        now += gap
        if kind == "tell":
            newest = (remaining, reset(now, which), now)
        for each in (once, often):
            if kind == "tell":
                each.tighten(remaining, reset(now, which), now_ns=now)
            elif kind == "return":
                each.refund(cost, now_ns=now)
            else:
                each.try_acquire(cost, now_ns=now)
        if newest is not None:
            often.tighten(*newest, now_ns=now)
        for other in range(LIMIT + 2):
            assert told(once.peek(other, now_ns=now)) == told(often.peek(other, now_ns=now))


@of_both_algorithms
def test_a_word_observed_before_the_newest_is_ignored_and_one_of_the_same_instant_is_not(make: Make) -> None:
    limiter = make()
    limiter.tighten(10, 90, observed_at_ns=5, now_ns=10)
    limiter.tighten(0, 95, observed_at_ns=4, now_ns=10)
    assert limiter.peek(10, now_ns=10)
    limiter.tighten(3, 95, observed_at_ns=5, now_ns=10)
    assert told(limiter.peek(4, now_ns=10)) == (False, 85, False)
    limiter.tighten(0, 8, observed_at_ns=7, now_ns=10)
    limiter.tighten(0, 95, observed_at_ns=6, now_ns=10)
    assert limiter.peek(3, now_ns=10)


@of_both_algorithms
def test_without_a_time_of_its_own_a_word_was_observed_now(make: Make) -> None:
    limiter = make()
    limiter.tighten(10, 90, now_ns=50)
    limiter.tighten(0, 90, observed_at_ns=49, now_ns=51)
    assert limiter.peek(10, now_ns=51)


@of_both_algorithms
def test_what_is_taken_counts_against_what_remains_and_what_is_given_back_does_not(make: Make) -> None:
    limiter = make()
    limiter.tighten(5, 1000, now_ns=0)
    assert limiter.try_acquire(3, now_ns=1)
    assert told(limiter.peek(3, now_ns=2)) == (False, 998, False)
    assert limiter.peek(2, now_ns=2)
    limiter.refund(3, now_ns=2)
    assert limiter.peek(5, now_ns=2)
    assert not limiter.peek(6, now_ns=2)
    assert limiter.try_acquire(6, now_ns=1000)


@of_both_algorithms
def test_a_word_with_more_left_and_an_earlier_reset_is_nothing_new_and_the_other_way_round_is(make: Make) -> None:
    limiter = make()
    for remaining, until in ((4, 600), (9, 300), (9, 900), (2, 300)):
        limiter.tighten(remaining, until, now_ns=0)
    assert [limiter.peek(cost, now_ns=0).retry_after_ns for cost in (2, 3, 4, 5, 9, 10)] == [None, 300, 300, 600, 600, 900]


@of_both_algorithms
def test_a_surplus_from_before_the_newest_word_does_not_loosen_it(make: Make) -> None:
    """The provider had counted that call when it told what remains, and knows nothing of our refund."""
    limiter = make()
    limiter.tighten(10, 900, now_ns=1)
    assert limiter.try_acquire(6, now_ns=2)
    limiter.tighten(4, 900, now_ns=3)
    limiter.refund(6, now_ns=4, charged_at_ns=2)
    assert limiter.peek(4, now_ns=4)
    assert not limiter.peek(5, now_ns=4)


@of_both_algorithms
def test_a_reset_that_is_over_and_a_remainder_above_the_capacity_hold_nothing_back(make: Make) -> None:
    limiter = make()
    limiter.tighten(0, 10, now_ns=10)
    limiter.tighten(2**64 - 1, 2**64 - 1, now_ns=10)
    assert limiter.try_acquire(LIMIT, now_ns=10)


@of_both_algorithms
def test_a_word_from_the_future_does_not_silence_those_that_come_after_it(make: Make) -> None:
    limiter = make()
    limiter.tighten(5, 90, observed_at_ns=10**18, now_ns=10)
    limiter.tighten(1, 90, observed_at_ns=11, now_ns=11)
    assert not limiter.peek(2, now_ns=12)


def test_what_a_provider_tells_of_a_scope_holds_for_its_queue_until_the_reset() -> None:
    controller = AdmissionController()
    controller.define("model", rates=[RateLimit.tpm(1000), RateLimit("tokens", 9000, 10**12)], now_ns=0)
    controller.tighten("model", "tokens", remaining=5, reset_at_ns=700, now_ns=100)
    refusal = controller.try_acquire(["model"], tokens=6, now_ns=100)
    assert isinstance(refusal, Refusal)
    assert (refusal.scope, refusal.reason, refusal.retry_after_ns) == ("model", "rate", 600)
    ticket = controller.enqueue(["model"], tokens=6, now_ns=100)
    assert controller.next_wakeup(now_ns=100) == 700
    assert controller.advance(now_ns=700) == [ticket]


def test_what_a_provider_tells_of_a_scope_or_a_rate_that_is_not_there_is_a_value_error() -> None:
    controller = AdmissionController()
    controller.define("model", rates=[RateLimit.rpm(10)], now_ns=0)
    with pytest.raises(ValueError, match='unknown scope "other"'):
        controller.tighten("other", "requests", 1, 10, now_ns=0)
    with pytest.raises(ValueError, match='scope "model" has no rate limit of tokens: define one first'):
        controller.tighten("model", "tokens", 1, 10, now_ns=0)
    with pytest.raises(ValueError, match="unknown dimension"):
        controller.tighten("model", "minutes", 1, 10, now_ns=0)  # type: ignore[arg-type]
