"""Requests that are served elsewhere bring their share, too, and count as under way."""

from __future__ import annotations

from types import SimpleNamespace

from pyproxy.orchestration.retry_budget import LEAST, RetryBudget

PLACES = frozenset(("one",))


async def asked(budget: RetryBudget, times: int) -> int:
    """How many of so many extra calls to an instance that fails may be made."""
    return sum([await budget.ask(PLACES) is not None for _ in range(times)])


async def test_a_fifth_of_an_extra_call_comes_with_each_of_them() -> None:
    elsewhere = SimpleNamespace(active=100, arrived=0)
    budget = RetryBudget(now_ns=lambda: 0)
    budget.follow(elsewhere)
    budget.heard("one", well=False)
    assert await asked(budget, 10) == LEAST
    elsewhere.arrived = 50
    assert await asked(budget, 20) == 10
    assert await asked(budget, 1) == 0


async def test_no_more_is_saved_up_than_a_fifth_of_those_under_way() -> None:
    elsewhere = SimpleNamespace(active=20, arrived=1_000)
    budget = RetryBudget(now_ns=lambda: 0)
    budget.follow(elsewhere)
    budget.heard("one", well=False)
    assert await asked(budget, 10) == 4


async def test_one_that_was_counted_there_brings_nothing_more() -> None:
    budget = RetryBudget(now_ns=lambda: 0)
    budget.heard("one", well=False)
    assert await asked(budget, 10) == LEAST
    with budget.request(counted=True):
        assert await asked(budget, 1) == 0
    for _ in range(5):
        with budget.request():
            pass
    assert await asked(budget, 2) == 1
