"""Waiting at several doors at once: the first that opens is gone through, and nothing is left at the others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.virtual_time import VirtualLoop, run_virtually

from pyproxy.admission import ConcurrencyController
from pyproxy.errors import AdmissionRefused
from pyproxy.rust_core import RateLimit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pyproxy.admission import Permit

SECOND = 1_000_000_000
BOTH = (["left"], ["right"])


def play(scene: Callable[[ConcurrencyController, VirtualLoop], Awaitable[None]]) -> None:
    loop = VirtualLoop()

    async def main() -> None:
        controller = ConcurrencyController(clock=loop.now_ns)
        controller.define("left", concurrency=1)
        controller.define("right", concurrency=1)
        await scene(controller, loop)
        assert controller.waiting() == 0
        assert not controller._waiters

    run_virtually(main(), loop)


async def through(controller: ConcurrencyController, deadline_ns: int | None = None) -> tuple[int, Permit]:
    return await controller.acquire_any(BOTH, tokens=(0, 0), deadline_ns=deadline_ns)


async def settle_down() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_the_first_of_the_doors_that_are_open_is_taken() -> None:
    async def scene(controller: ConcurrencyController, _loop: VirtualLoop) -> None:
        (first, one), (second, other) = await through(controller), await through(controller)
        assert (first, second) == (0, 1)
        one.release()
        other.release()

    play(scene)


@pytest.mark.parametrize("opens", [0, 1])
def test_whichever_door_opens_first_is_gone_through_and_the_place_at_the_other_is_given_up(opens: int) -> None:
    async def scene(controller: ConcurrencyController, _loop: VirtualLoop) -> None:
        held = [permit for _, permit in (await through(controller), await through(controller))]
        waiting = asyncio.ensure_future(through(controller))
        await settle_down()
        assert controller.waiting() == 2
        held[opens].release()
        assert controller.waiting() == 0
        index, permit = await waiting
        assert index == opens
        held[1 - opens].release()
        permit.release()
        assert (controller.in_flight("left"), controller.in_flight("right")) == (0, 0)

    play(scene)


def test_of_two_doors_that_open_at_once_the_second_is_left_to_the_next_in_the_same_step() -> None:
    async def scene(controller: ConcurrencyController, _loop: VirtualLoop) -> None:
        held = [permit for _, permit in (await through(controller), await through(controller))]
        waiting = [asyncio.ensure_future(through(controller)) for _ in range(2)]
        await settle_down()
        for permit in held:
            permit.release()
        places = [await asyncio.wait_for(each, 0.001) for each in waiting]
        assert sorted(index for index, _ in places) == [0, 1]
        for _, permit in places:
            permit.release()

    play(scene)


def test_one_that_is_cancelled_stands_nowhere_any_more() -> None:
    async def scene(controller: ConcurrencyController, _loop: VirtualLoop) -> None:
        held = [permit for _, permit in (await through(controller), await through(controller))]
        waiting = asyncio.ensure_future(through(controller))
        await settle_down()
        waiting.cancel()
        await settle_down()
        assert controller.waiting() == 0
        for permit in held:
            permit.release()
        assert controller.in_flight("left") == 0

    play(scene)


def test_the_deadline_is_told_once_for_all_doors() -> None:
    async def scene(controller: ConcurrencyController, loop: VirtualLoop) -> None:
        held = [permit for _, permit in (await through(controller), await through(controller))]
        with pytest.raises(AdmissionRefused) as refused:
            await through(controller, deadline_ns=2 * SECOND)
        assert (refused.value.reason, loop.now_ns() // SECOND) == ("deadline", 2)
        for permit in held:
            permit.release()

    play(scene)


def test_of_doors_that_all_refuse_the_one_that_opens_first_is_told() -> None:
    async def scene(controller: ConcurrencyController, _loop: VirtualLoop) -> None:
        for key, seconds in (("left", 9), ("right", 5)):
            controller.define(key, rates=[RateLimit("requests", 1, seconds * SECOND)])
            await controller.acquire([key])
        with pytest.raises(AdmissionRefused) as refused:
            await through(controller, deadline_ns=SECOND)
        assert (refused.value.scope, refused.value.retry_after_ns) == ("right", 5 * SECOND)

    play(scene)


def test_one_door_that_closes_for_good_leaves_the_others() -> None:
    async def scene(controller: ConcurrencyController, _loop: VirtualLoop) -> None:
        controller.define("left", rates=[RateLimit("tokens", 10, SECOND)])
        controller.try_acquire(["left"], tokens=10)
        held = await controller.acquire(["right"])
        waiting = asyncio.ensure_future(controller.acquire_any(BOTH, tokens=(10, 10)))
        await settle_down()
        controller.define("left", rates=[RateLimit("tokens", 5, SECOND)])  # which 10 tokens never pass
        await settle_down()
        assert not waiting.done()
        held.release()
        index, permit = await waiting
        assert index == 1
        permit.release()

    play(scene)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("lrb"), st.integers(0, 3), st.integers(0, 4), st.booleans()), min_size=1, max_size=12))
def test_no_permit_is_lost_whoever_waits_where_and_leaves_when(callers: list[tuple[str, int, int, bool]]) -> None:
    doors = {"l": BOTH[:1], "r": BOTH[1:], "b": BOTH}

    async def scene(controller: ConcurrencyController, _loop: VirtualLoop) -> None:
        async def call(where: str, starts: int, takes: int) -> None:
            await asyncio.sleep(starts)
            paths = doors[where]
            _, permit = await controller.acquire_any(paths, tokens=[0] * len(paths), deadline_ns=20 * SECOND)
            assert controller.in_flight("left") <= 1
            assert controller.in_flight("right") <= 1
            try:
                await asyncio.sleep(takes)
            finally:
                permit.release()

        tasks = [asyncio.ensure_future(call(where, starts, takes)) for where, starts, takes, _ in callers]
        await asyncio.sleep(1.5)
        for task, (_, _, _, leaves) in zip(tasks, callers, strict=True):
            if leaves:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (controller.in_flight("left"), controller.in_flight("right")) == (0, 0)

    play(scene)
