"""Smooth weighted turns: exact shares on any fixed set, no credit, no bursts, a phase that outlives changes."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import Scheduler

END = 2**64 - 1
seeds = st.integers(0, END)
small = st.lists(st.integers(0, 7), min_size=1, max_size=6)


def picks(scheduler: Scheduler, eligible: list[bool], number: int) -> list[int]:
    picked = [scheduler.pick(eligible, now_ns=0) for _ in range(number)]
    return [index for index in picked if index is not None]


def assert_exact(sequence: list[int], weights: list[int]) -> None:
    """Every window of one cycle holds each candidate exactly as often as its weight says."""
    cycle = sum(weights)
    for start in range(len(sequence) - cycle + 1):
        counts = Counter(sequence[start : start + cycle])
        assert [counts[index] for index in range(len(weights))] == weights


def some(data: st.DataObject, size: int) -> list[bool]:
    return data.draw(st.lists(st.booleans(), min_size=size, max_size=size))


@given(weights=small, seed=seeds, data=st.data())
def test_on_a_fixed_set_each_gets_its_weight_whatever_came_before(weights: list[int], seed: int, data: st.DataObject) -> None:
    scheduler = Scheduler("weighted", weights=weights, seed=seed)
    for _ in range(data.draw(st.integers(0, 4))):
        picks(scheduler, some(data, len(weights)), data.draw(st.integers(0, 9)))
        if data.draw(st.booleans()):
            weights = data.draw(st.lists(st.integers(0, 7), min_size=len(weights), max_size=len(weights)))
            scheduler.set_weights(weights)
    there = some(data, len(weights))
    open_weights = [weight if here else 0 for weight, here in zip(weights, there, strict=True)]
    sequence = picks(scheduler, there, 3 * sum(open_weights))
    assert len(sequence) == 3 * sum(open_weights)
    assert_exact(sequence, open_weights)


@given(weights=small, seed=seeds, data=st.data())
def test_who_comes_and_goes_does_not_change_the_order_of_the_others(weights: list[int], seed: int, data: st.DataObject) -> None:
    stay = some(data, len(weights))
    moving, still = (Scheduler("weighted", weights=weights, seed=seed) for _ in range(2))
    seen = []
    for _ in range(data.draw(st.integers(0, 40))):
        flutter = some(data, len(weights))
        picked = moving.pick([a or b for a, b in zip(stay, flutter, strict=True)], now_ns=0)
        seen += [picked] if picked is not None and stay[picked] else []
    assert seen == picks(still, stay, len(seen))


def test_who_was_away_for_long_comes_back_to_its_share_and_not_to_a_burst() -> None:
    for seed in range(20):
        scheduler = Scheduler("weighted", weights=[10, 10, 5], seed=seed)
        picks(scheduler, [True, False, True], 997)
        after = picks(scheduler, [True] * 3, 50)
        assert_exact(after, [10, 10, 5])
        assert all(after[start : start + 3] != [1, 1, 1] for start in range(48))


@given(weights=st.lists(st.integers(1, 30), min_size=1, max_size=8), seed=seeds)
def test_the_picks_are_spread_evenly(weights: list[int], seed: int) -> None:
    cycle = sum(weights)
    sequence = picks(Scheduler("weighted", weights=weights, seed=seed), [True] * len(weights), 2 * cycle)
    for index, weight in enumerate(weights):
        share = weight / cycle
        ahead = [0.0]
        for picked in sequence:
            ahead.append(ahead[-1] + (picked == index) - share)
        # An arc of the circle holds each one's marks but for one; so a window is off by what that makes of all.
        assert max(ahead) - min(ahead) <= 1 - share + share * (len(weights) - 1) + 1e-9


def test_one_heavy_candidate_alternates_with_many_light_ones() -> None:
    sequence = picks(Scheduler("weighted", weights=[100] + [1] * 100, seed=5), [True] * 101, 400)
    light = "".join("." if index == 0 else "x" for index in sequence)
    assert "xxxx" not in light
    assert "...." not in light


def test_equal_weights_take_turns_even_at_the_largest_weight() -> None:
    for weight in (1, 5, END):
        sequence = picks(Scheduler("weighted", weights=[weight] * 3, seed=2), [True] * 3, 60)
        assert all(len(set(sequence[start : start + 3])) == 3 for start in range(58))


def test_the_largest_weights_keep_their_proportion() -> None:
    sequence = picks(Scheduler("weighted", weights=[END, END // 2, END // 4, 1], seed=8), [True] * 4, 7_000)
    counts = Counter(sequence)
    assert [abs(counts[index] - share) <= 2 for index, share in enumerate((4000, 2000, 1000, 0))] == [True] * 4


def test_the_phase_to_start_with_is_any_with_the_same_chance() -> None:
    starts = Counter(tuple(picks(Scheduler("weighted", weights=[3, 1], seed=seed), [True, True], 4)) for seed in range(4_000))
    assert set(starts) == {(0, 0, 0, 1), (0, 0, 1, 0), (0, 1, 0, 0), (1, 0, 0, 0)}
    assert sum((count - 1_000) ** 2 / 1_000 for count in starts.values()) < 16.3  # 3 degrees of freedom: once in 1,000


@given(weights=small, seed=seeds, before=st.integers(0, 30), factor=st.integers(1, 1_000))
def test_the_phase_is_kept_when_weights_change_and_the_proportions_do_not(weights: list[int], seed: int, before: int, factor: int) -> None:
    everyone = [True] * len(weights)
    changed, unchanged = (Scheduler("weighted", weights=weights, seed=seed) for _ in range(2))
    assert picks(changed, everyone, before) == picks(unchanged, everyone, before)
    changed.set_weights([weight * factor for weight in weights])
    assert picks(changed, everyone, sum(weights)) == picks(unchanged, everyone, sum(weights))


@given(weights=small, seed=seeds, before=st.integers(0, 30))
def test_drained_and_raised_again_at_once_is_as_if_nothing_had_been(weights: list[int], seed: int, before: int) -> None:
    everyone = [True] * len(weights)
    drained, left = (Scheduler("weighted", weights=weights, seed=seed) for _ in range(2))
    picks(drained, everyone, before)
    picks(left, everyone, before)
    drained.set_weights([0] * len(weights))
    drained.set_weights(weights)
    assert picks(drained, everyone, 2 * sum(weights)) == picks(left, everyone, 2 * sum(weights))


@given(seed=seeds, weights=st.lists(st.integers(1, 3), min_size=300, max_size=300))
def test_weights_that_change_at_every_pick_starve_nobody_and_flood_nobody(seed: int, weights: list[int]) -> None:
    scheduler = Scheduler("weighted", weights=[10, 1], seed=seed)
    picked, due = [], 0.0
    for weight in weights:
        scheduler.set_weights([10, weight])
        picked += picks(scheduler, [True, True], 1)
        due += weight / (10 + weight)
    assert abs(picked.count(1) - due) <= 3


def test_the_two_names_are_one_strategy() -> None:
    one, other = (Scheduler(name, weights=[5, 2, 1], seed=4) for name in ("weighted", "weighted_round_robin"))
    assert picks(one, [True] * 3, 16) == picks(other, [True] * 3, 16)


@pytest.mark.parametrize("number", [2, 5, 64])
def test_a_refused_pick_hands_its_turn_to_nobody_in_particular(number: int) -> None:
    """A caller that finds the picked one full asks again without it: all others still get equally many of those."""
    scheduler, everyone = Scheduler("weighted", weights=[4] * number, seed=1), [True] * number
    counts: Counter[int | None] = Counter()
    for _ in range(40 * number):
        picked = scheduler.pick(everyone, now_ns=0)
        if picked == 0:
            picked = scheduler.pick([False, *everyone[1:]], now_ns=0)
        counts[picked] += 1
    assert counts[0] == 0
    served = [counts[index] for index in range(1, number)]
    assert all(abs(a - b) <= 1 for a, b in pairwise(served))
