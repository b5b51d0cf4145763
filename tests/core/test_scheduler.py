"""Schedulers: what holds for every one of them, and the ring."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import Scheduler

END = 2**64 - 1
NAMES = [
    "round_robin",
    "random",
    "weighted",
    "weighted_round_robin",
    "weighted_random",
    "least_recently_used",
    "least_used",
    "least_connections",
    "response_time",
]

every_scheduler = pytest.mark.parametrize("name", NAMES)
numbers = st.integers(0, 3) | st.integers(0, END) | st.just(END)


def ring(size: int) -> Scheduler:
    return Scheduler("round_robin", weights=[1] * size)


@every_scheduler
@given(data=st.data())
def test_whatever_happens_none_is_picked_only_where_none_may_be_and_never_one_that_may_not(name: str, data: st.DataObject) -> None:
    weights = data.draw(st.lists(numbers, max_size=8))
    size = len(weights)
    scheduler = Scheduler(name, weights=weights, seed=data.draw(numbers))
    for _ in range(data.draw(st.integers(1, 30))):
        for _ in range(data.draw(st.integers(0, 3)) if size else 0):
            index, now = data.draw(st.integers(0, size - 1)), data.draw(numbers)
            if data.draw(st.booleans()):
                scheduler.on_start(index, now_ns=now)
            else:
                scheduler.on_finish(index, latency_ns=data.draw(numbers), ok=data.draw(st.booleans()), now_ns=now)
        if data.draw(st.booleans()):
            weights = data.draw(st.lists(numbers, min_size=size, max_size=size))
            scheduler.set_weights(weights, now_ns=data.draw(numbers))
        eligible = data.draw(st.lists(st.booleans(), min_size=size, max_size=size))
        open_ones = {index for index in range(size) if eligible[index] and weights[index]}
        picked = scheduler.pick(eligible, now_ns=data.draw(numbers))
        assert picked in open_ones if open_ones else picked is None


@every_scheduler
def test_a_weight_of_nothing_is_drained_until_it_is_raised(name: str) -> None:
    scheduler = Scheduler(name, weights=[1, 0, 1], seed=1)
    assert {scheduler.pick([True] * 3) for _ in range(60)} == {0, 2}
    assert scheduler.pick([False, True, False]) is None
    assert len(scheduler) == 3
    scheduler.set_weights([0, 1, 0])
    assert {scheduler.pick([True] * 3) for _ in range(6)} == {1}
    scheduler.set_weights([0, 0, 0])
    assert scheduler.pick([True] * 3) is None


@every_scheduler
def test_one_seed_is_one_sequence(name: str) -> None:
    def play() -> list[int | None]:
        scheduler = Scheduler(name, weights=[3, 1, 2, 2], seed=11)
        return [scheduler.pick([True, step % 3 > 0, True, True], now_ns=0) for step in range(50)]

    assert play() == play()


@pytest.mark.parametrize("name", NAMES[1:])
def test_without_a_seed_schedulers_do_not_all_begin_alike(name: str) -> None:
    assert len({Scheduler(name, weights=[1] * 8).pick([True] * 8) for _ in range(60)}) > 1


@every_scheduler
def test_it_knows_its_name_and_its_size(name: str) -> None:
    scheduler = Scheduler(name, weights=[1, 2, 3], seed=1)
    assert (scheduler.name, len(scheduler)) == (name, 3)
    assert repr(scheduler) == f"Scheduler('{name}', 3 candidates)"
    assert Scheduler(name, weights=[]).pick([]) is None


@every_scheduler
def test_wrong_arguments_are_named(name: str) -> None:
    scheduler = Scheduler(name, weights=[1, 2])
    with pytest.raises(ValueError, match="1 entries for 2 candidates"):
        scheduler.pick([True])
    with pytest.raises(ValueError, match="weights has 3 entries for 2 candidates"):
        scheduler.set_weights([1, 2, 3])
    with pytest.raises(ValueError, match="no candidate 2 among 2"):
        scheduler.on_start(2)
    with pytest.raises(ValueError, match="no candidate 18446744073709551615 among 2"):
        scheduler.on_finish(END)
    with pytest.raises(ValueError, match="must lie between"):
        scheduler.set_weights([-1, 1])
    with pytest.raises(ValueError, match="must lie between"):
        Scheduler(name, weights=[2**64])
    with pytest.raises(TypeError):
        scheduler.pick(["yes", "no"])  # type: ignore[list-item]
    with pytest.raises(TypeError):
        scheduler.set_weights([0.5, 1])  # type: ignore[list-item]


def test_a_name_that_is_none_is_answered_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=f'unknown scheduler "best": choose one of {", ".join(NAMES)}'):
        Scheduler("best", weights=[1])


@given(there=st.lists(st.booleans(), min_size=1, max_size=8).filter(any), before=st.lists(st.integers(0, 255), max_size=20))
def test_on_a_fixed_set_the_turns_differ_by_at_most_one(there: list[bool], before: list[int]) -> None:
    scheduler, size = ring(len(there)), len(there)
    for bits in before:
        scheduler.pick([bool(bits >> index & 1) for index in range(size)])
    counts: Counter[int | None] = Counter()
    for _ in range(3 * size):
        counts[scheduler.pick(there)] += 1
        served = [counts[index] for index in range(size) if there[index]]
        assert max(served) - min(served) <= 1


@given(st.integers(0, 6).flatmap(lambda size: st.lists(st.lists(st.booleans(), min_size=size, max_size=size), max_size=40)))
def test_the_first_of_the_ring_goes_to_its_back(rounds: list[list[bool]]) -> None:
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


def test_starts_and_finishes_do_not_turn_a_ring() -> None:
    scheduler = ring(2)
    scheduler.on_start(0)
    scheduler.on_finish(0, latency_ns=5, ok=False)
    assert scheduler.pick([True, True]) == 0
