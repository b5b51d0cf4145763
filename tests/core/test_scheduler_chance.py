"""Schedulers that go by chance: each candidate exactly as likely as it should be."""

from __future__ import annotations

from collections import Counter

import pytest

from pyproxy.rust_core import Scheduler

END = 2**64 - 1
DRAWS = 20_000


def chi_square(scheduler: Scheduler, eligible: list[bool], shares: dict[int, float]) -> float:
    counts = Counter(scheduler.pick(eligible, now_ns=0) for _ in range(DRAWS))
    assert set(counts) == set(shares)
    return sum((counts[index] - DRAWS * share) ** 2 / (DRAWS * share) for index, share in shares.items())


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", ["random", "least_recently_used", "least_used", "least_connections", "response_time"])
def test_where_there_is_nothing_to_choose_by_all_are_as_likely(name: str, seed: int) -> None:
    scheduler = Scheduler(name, weights=[5, 5, 0, 5, 5, 5, 5], seed=seed)
    shares = dict.fromkeys([0, 1, 3, 4, 6], 1 / 5)
    assert chi_square(scheduler, [True, True, True, True, True, False, True], shares) < 18.5  # 4 degrees of freedom: once in 1,000


@pytest.mark.parametrize("name", ["least_connections", "response_time"])
def test_so_they_are_where_two_are_drawn_of_many(name: str) -> None:
    scheduler = Scheduler(name, weights=[1] * 100, seed=4)
    eligible = [index % 10 != 3 for index in range(100)]
    shares = {index: 1 / 90 for index in range(100) if eligible[index]}
    assert chi_square(scheduler, eligible, shares) < 135.98  # 89 degrees of freedom: once in 1,000


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_weighted_chance_is_the_weight_over_all_that_are_eligible(seed: int) -> None:
    scheduler = Scheduler("weighted_random", weights=[1, 5, 2, 0, 7], seed=seed)
    assert chi_square(scheduler, [True, False, True, True, True], {0: 0.1, 2: 0.2, 4: 0.7}) < 13.9  # 2 degrees: once in 1,000


def test_the_largest_weights_neither_wrap_nor_tilt() -> None:
    scheduler = Scheduler("weighted_random", weights=[END, END // 2, END // 2, 1], seed=1)
    assert chi_square(scheduler, [True] * 4, {0: 0.5, 1: 0.25, 2: 0.25}) < 13.9


def test_weights_do_not_touch_a_plain_chance() -> None:
    scheduler = Scheduler("random", weights=[1, END], seed=1)
    assert chi_square(scheduler, [True, True], {0: 0.5, 1: 0.5}) < 10.9  # 1 degree: once in 1,000
