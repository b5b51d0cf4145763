"""An outage is not multiplied, and a fallback that is well takes over all that comes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.virtual_sidecar import Plays, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually

from pyproxy.orchestration.retry_budget import ExtraCall, RetryBudget

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

DOWN = Plays(503, after=0.05)
WELL = Plays(200, after=0.05)


def play(scene: Callable[[VirtualLoop], Awaitable[None]]) -> None:
    loop = VirtualLoop()

    async def main() -> None:
        await scene(loop)

    run_virtually(main(), loop)


@pytest.mark.parametrize("crowd", [1, 10, 100, 400])
@pytest.mark.parametrize("scripts", [{"a": [DOWN], "b": [DOWN], "c": [DOWN]}, {name: [Plays(0)] for name in "abc"}], ids=["503", "refused"])
def test_a_total_outage_is_answered_with_few_more_calls_than_requests(crowd: int, scripts: dict[str, list[Plays]]) -> None:
    async def scene(loop: VirtualLoop) -> None:
        sidecar = VirtualSidecar(loop, config(), scripts)
        answers = await asyncio.gather(*(sidecar.ask() for _ in range(crowd)))
        assert all((answer.status or 0) >= 500 for answer in answers)
        # The floor: three requests may always use the five calls that follow their first.
        assert len(sidecar.providers.calls) <= 1.2 * crowd + 3 * 5

    play(scene)


def test_in_a_total_outage_that_lasts_no_more_than_a_fifth_is_asked_again() -> None:
    async def scene(loop: VirtualLoop) -> None:
        sidecar = VirtualSidecar(loop, config(), {"a": [DOWN], "b": [DOWN], "c": [DOWN]})

        async def client() -> None:
            for _ in range(20):
                await sidecar.ask()

        await asyncio.gather(*(client() for _ in range(60)))
        assert len(sidecar.providers.calls) <= 1.2 * 1200 + 60

    play(scene)


def test_one_request_after_the_other_may_use_its_whole_budget() -> None:
    async def scene(loop: VirtualLoop) -> None:
        sidecar = VirtualSidecar(loop, config(), {"a": [DOWN], "b": [DOWN], "c": [WELL]})
        for _ in range(20):
            assert (await sidecar.ask()).status == 200

    play(scene)


@pytest.mark.parametrize("crowd", [5, 50, 300])
def test_when_one_echelon_is_down_the_next_takes_over_all_that_comes_at_once(crowd: int) -> None:
    async def scene(loop: VirtualLoop) -> None:
        sidecar = VirtualSidecar(loop, config(e1={"models": ["a"], "max_retries": 0}), {"a": [DOWN], "b": [], "c": [WELL]})
        answers = await asyncio.gather(*(sidecar.ask() for _ in range(crowd)))
        assert {answer.status for answer in answers} == {200}

    play(scene)


def test_one_that_waits_for_news_is_turned_away_by_bad_news_and_let_through_by_good() -> None:
    async def scene(_loop: VirtualLoop) -> None:
        for well, outcome in ((True, True), (False, False)):
            budget = RetryBudget()
            held = [await budget.ask("x") for _ in range(3)]
            scout, follower = await budget.ask("y"), asyncio.ensure_future(budget.ask("y"))
            await asyncio.sleep(0)
            assert scout is not None
            assert not follower.done()
            scout.end(well=well)
            assert ((await follower) is not None) is outcome
            assert all(held)

    play(scene)


def test_a_call_that_was_not_made_says_nothing_and_the_next_one_scouts() -> None:
    async def scene(_loop: VirtualLoop) -> None:
        budget = RetryBudget()
        for _ in range(3):
            await budget.ask("x")
        scout, follower = await budget.ask("y"), asyncio.ensure_future(budget.ask("y"))
        await asyncio.sleep(0)
        assert scout is not None
        scout.end(well=None)
        assert await follower is not None

    play(scene)


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(st.sampled_from("xyz"), st.floats(0, 3), st.floats(0, 2), st.sampled_from((True, False, None)), st.booleans()),
        max_size=15,
    )
)
def test_what_is_taken_is_given_back_whoever_leaves(calls: list[tuple[str, float, float, bool | None, bool]]) -> None:
    async def scene(_loop: VirtualLoop) -> None:
        budget = RetryBudget()

        async def call(place: str, starts: float, takes: float, well: bool | None) -> None:  # noqa: FBT001
            await asyncio.sleep(starts)
            with budget.request():
                extra: ExtraCall | None = await budget.ask(place)
                try:
                    await asyncio.sleep(takes)
                finally:
                    if extra is not None:
                        extra.end(well=well)

        tasks = [asyncio.ensure_future(call(place, starts, takes, well)) for place, starts, takes, well, _ in calls]
        await asyncio.sleep(1)
        for task, (_, _, _, _, leaves) in zip(tasks, calls, strict=True):
            if leaves:
                task.cancel()
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 100)
        assert (budget.active, budget.extra) == (0, 0)
        assert all(not place.under_way and not place.news for place in budget._places.values())

    play(scene)
