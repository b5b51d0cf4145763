"""An outage is not multiplied, and a fallback that is well takes over all that comes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.virtual_sidecar import Plays, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually

from pyproxy.orchestration.retry_budget import MOST_PLACES, ExtraCall, RetryBudget

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
        assert len(sidecar.providers.calls) <= 1.2 * crowd + 3 * (2 + loop.now_ns() / 1e9)

    play(scene)


def test_in_a_total_outage_that_lasts_no_more_than_a_fifth_is_asked_again() -> None:
    async def scene(loop: VirtualLoop) -> None:
        sidecar = VirtualSidecar(loop, config(), {"a": [DOWN], "b": [DOWN], "c": [DOWN]})

        async def client() -> None:
            for _ in range(20):
                await sidecar.ask()

        await asyncio.gather(*(client() for _ in range(60)))
        assert len(sidecar.providers.calls) <= 1.2 * 1200 + 3 * (2 + loop.now_ns() / 1e9)

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


async def all_it_has(budget: RetryBudget, places: frozenset[str] = X) -> list[ExtraCall]:
    taken = [await budget.ask(places) for _ in range(3)]
    return [extra for extra in taken if extra is not None]


@pytest.mark.parametrize("well", [True, False])
def test_one_that_waits_for_news_is_turned_away_by_bad_news_and_let_through_by_good(well: bool) -> None:  # noqa: FBT001
    async def scene(loop: VirtualLoop) -> None:
        budget = RetryBudget(loop.now_ns)
        first = await budget.ask(Y)  # which takes nothing
        assert first is not None
        taken = await all_it_has(budget, Y)
        assert len(taken) == 3
        follower = asyncio.ensure_future(budget.ask(Y))
        await asyncio.sleep(0)
        assert not follower.done()
        budget.heard("y", well=well)
        taken[0].end(lost=not well)
        await asyncio.sleep(0)
        assert ((await follower) is not None) is well

    play(scene)


def test_where_everybody_failed_who_finds_nothing_left_is_turned_away_until_it_has_come_back() -> None:
    async def scene(loop: VirtualLoop) -> None:
        budget = RetryBudget(loop.now_ns)
        budget.heard("x", well=False)
        for _ in range(2):
            taken = await all_it_has(budget)
            assert (len(taken), await budget.ask(X)) == (3, None)
            for extra in taken:
                extra.end(lost=True)
            await asyncio.sleep(1)

    play(scene)


def test_a_failure_of_long_ago_says_nothing_any_more() -> None:
    async def scene(loop: VirtualLoop) -> None:
        budget = RetryBudget(loop.now_ns)
        budget.heard("x", well=False)
        await asyncio.sleep(59)
        assert len(await all_it_has(budget)) == 3
        assert await budget.ask(X) is None
        await asyncio.sleep(60)
        assert budget._place("x").is_sound(loop.now_ns())

    play(scene)


def test_what_is_known_of_instances_stays_bounded_and_nobody_who_waits_for_news_is_forgotten() -> None:
    async def scene(loop: VirtualLoop) -> None:
        budget = RetryBudget(loop.now_ns)
        taken = await all_it_has(budget)
        waiting = asyncio.create_task(budget.ask(X))
        await asyncio.sleep(0)
        for number in range(3 * MOST_PLACES):
            budget.heard(f"gone {number}", well=False)
        assert len(budget._places) <= MOST_PLACES
        budget.heard("x", well=True)
        taken[0].end(lost=False)
        assert await waiting is not None

    play(scene)


def test_a_call_that_was_not_made_takes_nothing() -> None:
    async def scene(loop: VirtualLoop) -> None:
        budget = RetryBudget(loop.now_ns)
        for extra in await all_it_has(budget):
            extra.end(lost=False)
        assert len(await all_it_has(budget)) == 3

    play(scene)


def test_room_that_was_earned_grows_with_each_round_and_is_closed_by_the_first_failure() -> None:
    async def scene(loop: VirtualLoop) -> None:
        budget = RetryBudget(loop.now_ns)
        rounds = []
        for _ in range(8):
            taken: list[ExtraCall] = []
            while budget._left >= 1 or budget._place("x").has_room(loop.now_ns()):
                extra = await budget.ask(X)
                assert extra is not None
                taken.append(extra)
            rounds.append(len(taken))
            for extra in taken:
                budget.heard("x", well=True)
                extra.end(lost=False)
        assert rounds == sorted(rounds)
        assert rounds[-1] >= 3 * rounds[0]
        budget.heard("x", well=False)
        taken = await all_it_has(budget)
        assert (len(taken), await budget.ask(X)) == (3, None)

    play(scene)


def test_room_that_a_failure_closed_has_to_be_earned_anew() -> None:
    async def scene(loop: VirtualLoop) -> None:
        budget = RetryBudget(loop.now_ns)
        for extra in await all_it_has(budget):
            budget.heard("x", well=True)
            extra.end(lost=False)
        assert budget._place("x").has_room(loop.now_ns())
        budget.heard("x", well=False)
        budget.heard("x", well=True)
        assert not budget._place("x").has_room(loop.now_ns())

    play(scene)


@pytest.mark.parametrize("takes", [0.05, 2.0])
def test_an_outage_that_comes_when_all_were_well_is_not_multiplied_either(takes: float) -> None:
    async def scene(loop: VirtualLoop) -> None:
        down = Plays(503, after=takes)
        sidecar = VirtualSidecar(loop, config(), {name: [*[WELL] * 10, down] for name in "abc"})
        for _ in range(10):
            await sidecar.ask()
        for _ in range(10):
            await sidecar.ask("c")
        sidecar.providers._scripts = {name: [down] for name in "abc"}
        sidecar.providers.calls.clear()
        began = loop.now_ns()

        async def come(after: float) -> None:
            await asyncio.sleep(after)
            await sidecar.ask()

        await asyncio.gather(*(come(number / 100) for number in range(500)))
        assert len(sidecar.providers.calls) <= 1.2 * 500 + 3 * (2 + (loop.now_ns() - began) / 1e9)

    play(scene)


def test_one_of_two_models_that_is_well_is_enough() -> None:
    async def scene(loop: VirtualLoop) -> None:
        sidecar = VirtualSidecar(loop, config(e2={"models": ["b"]}), {"a": [DOWN], "b": [WELL], "c": []})
        answers = await asyncio.gather(*(sidecar.ask() for _ in range(100)))
        assert {answer.status for answer in answers} == {200}

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
                        extra.end(lost=well is False)

        tasks = [asyncio.ensure_future(call(place, starts, takes, well)) for place, starts, takes, well, _ in calls]
        await asyncio.sleep(1)
        for task, (_, _, _, _, leaves) in zip(tasks, calls, strict=True):
            if leaves:
                task.cancel()
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 100)
        assert (budget.active, budget.extra) == (0, 0)
        assert all(not place.under_way and not place.news for place in budget._places.values())

    play(scene)
