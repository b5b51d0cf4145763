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
        # The floor: three calls in a second, and one to each instance of which nothing is known.
        assert len(sidecar.providers.calls) <= 1.2 * crowd + 3 + 3

    play(scene)


def test_in_a_total_outage_that_lasts_no_more_than_a_fifth_is_asked_again() -> None:
    async def scene(loop: VirtualLoop) -> None:
        sidecar = VirtualSidecar(loop, config(), {"a": [DOWN], "b": [DOWN], "c": [DOWN]})

        async def client() -> None:
            for _ in range(20):
                await sidecar.ask()

        await asyncio.gather(*(client() for _ in range(60)))
        seconds = loop.now_ns() / 1e9
        # Requests that are under way at the turn of a second count in both.
        assert len(sidecar.providers.calls) <= 1200 + 0.2 * (1200 + 60 * (seconds + 1)) + 3
        assert len(sidecar.providers.calls) <= 1.25 * 1200

    play(scene)


def test_one_request_after_the_other_may_use_its_whole_budget() -> None:
    async def scene(loop: VirtualLoop) -> None:
        sidecar = VirtualSidecar(loop, config(), {"a": [DOWN], "b": [DOWN], "c": [WELL]})
        for _ in range(20):
            assert (await sidecar.ask()).status == 200

    play(scene)


@pytest.mark.parametrize("crowd", [5, 50, 300])
def test_when_one_model_is_down_the_other_of_its_echelon_takes_over_all_that_comes(crowd: int) -> None:
    async def scene(loop: VirtualLoop) -> None:
        scripts = {"a": [Plays(500, after=0.05)], "b": [WELL], "c": [DOWN]}
        sidecar = VirtualSidecar(loop, config(), scripts)
        for _ in range(5):
            answers = await asyncio.gather(*(sidecar.ask() for _ in range(crowd)))
            assert {answer.status for answer in answers} == {200}
        assert all(name != "c" for name, _, _ in sidecar.providers.calls)

    play(scene)


def test_whoever_waits_for_news_until_its_time_is_over_is_told_so() -> None:
    async def scene(loop: VirtualLoop) -> None:
        settings = config(e1={"models": ["a"], "max_retries": 0}, timeouts={"first_byte": 60, "total": 3})
        sidecar = VirtualSidecar(loop, settings, {"a": [DOWN], "b": [], "c": [Plays(-1)]})
        answers = await asyncio.gather(*(sidecar.ask() for _ in range(4)))
        assert [answer.status for answer in answers] == [504] * 4
        assert loop.now_ns() == 3_000_000_000

    play(scene)


@pytest.mark.parametrize("crowd", [5, 50, 300])
def test_when_one_echelon_is_down_the_next_takes_over_all_that_comes_at_once(crowd: int) -> None:
    async def scene(loop: VirtualLoop) -> None:
        sidecar = VirtualSidecar(loop, config(e1={"models": ["a"], "max_retries": 0}), {"a": [DOWN], "b": [], "c": [WELL]})
        answers = await asyncio.gather(*(sidecar.ask() for _ in range(crowd)))
        assert {answer.status for answer in answers} == {200}

    play(scene)


X, Y = frozenset("x"), frozenset("y")


@pytest.mark.parametrize("well", [True, False])
def test_one_that_waits_for_news_is_turned_away_by_bad_news_and_let_through_by_good(well: bool) -> None:  # noqa: FBT001
    async def scene(loop: VirtualLoop) -> None:
        budget = RetryBudget(loop.now_ns)
        budget.heard("x", well=False)
        assert [await budget.ask(X) is not None for _ in range(4)] == [True, True, True, False]
        scout, follower = await budget.ask(Y), asyncio.ensure_future(budget.ask(Y))
        await asyncio.sleep(0)
        assert scout is not None
        assert not follower.done()
        budget.heard("y", well=well)
        scout.end()
        assert ((await follower) is not None) is well

    play(scene)


def test_a_call_that_was_not_made_says_nothing_and_the_next_one_scouts() -> None:
    async def scene(loop: VirtualLoop) -> None:
        budget = RetryBudget(loop.now_ns)
        scout, follower = await budget.ask(Y), asyncio.ensure_future(budget.ask(Y))
        await asyncio.sleep(0)
        assert scout is not None
        scout.end()
        assert await follower is not None

    play(scene)


def test_one_of_two_models_that_is_well_is_enough() -> None:
    async def scene(loop: VirtualLoop) -> None:
        sidecar = VirtualSidecar(loop, config(e2={"models": ["b"]}), {"a": [DOWN], "b": [WELL], "c": []})
        answers = await asyncio.gather(*(sidecar.ask() for _ in range(100)))
        assert {answer.status for answer in answers} == {200}

    play(scene)


def test_what_was_spent_is_there_again_a_second_later() -> None:
    async def scene(loop: VirtualLoop) -> None:
        budget = RetryBudget(loop.now_ns)
        budget.heard("x", well=False)
        for _ in range(2):
            assert [await budget.ask(X) is not None for _ in range(4)] == [True, True, True, False]
            await asyncio.sleep(1)

    play(scene)


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(st.sampled_from(("x", "y", "xy")), st.floats(0, 3), st.floats(0, 2), st.sampled_from((True, False, None)), st.booleans()),
        max_size=15,
    )
)
def test_what_is_taken_is_given_back_whoever_leaves(calls: list[tuple[str, float, float, bool | None, bool]]) -> None:
    async def scene(loop: VirtualLoop) -> None:
        budget = RetryBudget(loop.now_ns)

        async def call(place: str, starts: float, takes: float, well: bool | None) -> None:  # noqa: FBT001
            await asyncio.sleep(starts)
            with budget.request():
                extra: ExtraCall | None = await budget.ask(frozenset(place))
                try:
                    await asyncio.sleep(takes)
                finally:
                    if well is not None:
                        budget.heard(place[0], well=well)
                    if extra is not None:
                        extra.end()

        tasks = [asyncio.ensure_future(call(place, starts, takes, well)) for place, starts, takes, well, _ in calls]
        await asyncio.sleep(1)
        for task, (_, _, _, _, leaves) in zip(tasks, calls, strict=True):
            if leaves:
                task.cancel()
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 100)
        assert (budget.active, budget.extra) == (0, 0)
        assert all(not place.under_way and not place.news for place in budget._places.values())

    play(scene)
