"""Schedulers: whose turn it is."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import Scheduler


def ring(size: int) -> Scheduler:
    return Scheduler("round_robin", weights=[1] * size)


@given(size=st.integers(1, 8), picks=st.integers(0, 60))
def test_on_a_fixed_set_the_picks_differ_by_at_most_one(size: int, picks: int) -> None:
    scheduler = ring(size)
    counts = Counter(scheduler.pick([True] * size, now_ns=0) for _ in range(picks))
    served = [counts[index] for index in range(size)]
    assert max(served) - min(served) <= 1


@given(st.integers(0, 6).flatmap(lambda size: st.lists(st.lists(st.booleans(), min_size=size, max_size=size), max_size=40)))
def test_none_is_picked_only_where_none_is_eligible_and_never_an_ineligible_one(rounds: list[list[bool]]) -> None:
    scheduler = ring(len(rounds[0]) if rounds else 0)
    model = list(range(len(scheduler)))
    for eligible in rounds:
        expected = next((index for index in model if eligible[index]), None)
        assert scheduler.pick(eligible, now_ns=0) == expected
        if expected is not None:
            model.remove(expected)
            model.append(expected)


@given(st.lists(st.booleans(), min_size=10, max_size=200))
def test_one_that_comes_and_goes_does_not_skew_the_turns_of_the_others(there: list[bool]) -> None:
    scheduler = ring(4)
    counts = Counter(scheduler.pick([True, here, True, True], now_ns=0) for here in there)
    others = [counts[index] for index in (0, 2, 3)]
    assert max(others) - min(others) <= 1


def test_one_that_was_passed_over_keeps_its_place() -> None:
    scheduler = ring(3)
    assert [scheduler.pick([False, True, True]) for _ in range(3)] == [1, 2, 1]
    assert [scheduler.pick([True, True, True]) for _ in range(3)] == [0, 2, 1]


def test_a_weight_of_nothing_is_drained() -> None:
    scheduler = Scheduler("round_robin", weights=[1, 0, 1])
    assert {scheduler.pick([True] * 3) for _ in range(6)} == {0, 2}
    assert scheduler.pick([False, True, False]) is None
    assert len(scheduler) == 3


def test_starts_and_finishes_are_noted_without_effect_on_a_ring() -> None:
    scheduler = ring(2)
    scheduler.on_start(0)
    scheduler.on_finish(0, latency_ns=5, ok=False)
    assert scheduler.pick([True, True]) == 0
    with pytest.raises(ValueError, match="no candidate 2 among 2"):
        scheduler.on_start(2)


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match='unknown scheduler "best": choose one of round_robin'):
        Scheduler("best", weights=[1])
    with pytest.raises(ValueError, match="must lie between"):
        Scheduler("round_robin", weights=[-1])
    with pytest.raises(ValueError, match="1 entries for 2 candidates"):
        ring(2).pick([True])
