"""Waiting for admission in asyncio, on virtual time."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.virtual_time import VirtualLoop, run_virtually

from pyproxy.admission import ConcurrencyController
from pyproxy.errors import AdmissionRefused
from pyproxy.rust_core import Grant, RateLimit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SECOND = 1_000_000_000


def play(scene: Callable[[ConcurrencyController, VirtualLoop], Awaitable[None]]) -> None:
    loop = VirtualLoop()

    async def main() -> None:
        controller = ConcurrencyController(clock=loop.now_ns)
        controller.define("group", concurrency=1)
        await scene(controller, loop)

    run_virtually(main(), loop)


async def settle_down() -> None:
    """Let every task run until it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_release_wakes_the_next_one_without_a_timer() -> None:
    async def scene(controller: ConcurrencyController, loop: VirtualLoop) -> None:
        order: list[str] = []

        async def call(name: str) -> None:
            async with controller.acquire(["group"]):
                order.append(name)
                await asyncio.sleep(1)

        await asyncio.gather(*(call(name) for name in "abc"))
        assert order == ["a", "b", "c"]
        assert loop.now_ns() == 3 * SECOND
        assert (controller.waiting(), controller.in_flight("group")) == (0, 0)

    play(scene)


def test_the_one_timer_lets_in_when_the_rate_allows_it_and_not_a_nanosecond_earlier() -> None:
    async def scene(controller: ConcurrencyController, loop: VirtualLoop) -> None:
        controller.define("model", rates=[RateLimit("requests", 3, SECOND)])
        times: list[int] = []

        async def call() -> None:
            async with controller.acquire(["model"]):
                times.append(loop.now_ns())

        await asyncio.gather(*(call() for _ in range(6)))
        due = [0, 0, 0, *(-(-n * SECOND // 3) for n in (1, 2, 3))]
        assert all(0 <= at - exact <= 2 for at, exact in zip(times, due, strict=True)), times

    play(scene)


def test_a_wait_that_is_cancelled_gives_up_its_place() -> None:
    async def scene(controller: ConcurrencyController, _loop: VirtualLoop) -> None:
        held = await controller.acquire(["group"])
        first = asyncio.ensure_future(controller.acquire(["group"]).__aenter__())
        second = asyncio.ensure_future(controller.acquire(["group"]).__aenter__())
        await settle_down()
        first.cancel()
        await settle_down()
        assert controller.waiting() == 1
        held.release()
        (await second).release()
        assert controller.in_flight("group") == 0
        assert first.cancelled()

    play(scene)


def test_one_cancelled_between_its_grant_and_its_waking_passes_it_on() -> None:
    async def scene(controller: ConcurrencyController, _loop: VirtualLoop) -> None:
        controller.define("group", concurrency=1, rates=[RateLimit("tokens", 10, SECOND)])
        held = await controller.acquire(["group"])
        first = asyncio.ensure_future(controller.acquire(["group"], tokens=10).__aenter__())
        second = asyncio.ensure_future(controller.acquire(["group"], tokens=10).__aenter__())
        await settle_down()
        held.release()  # the first has its grant now, but has not run
        first.cancel()
        permit = await asyncio.wait_for(second, 0.001)
        assert first.cancelled()
        permit.release()
        assert controller.in_flight("group") == 0

    play(scene)


def test_a_deadline_that_passes_in_the_queue_is_told_once_and_charges_nothing() -> None:
    async def scene(controller: ConcurrencyController, loop: VirtualLoop) -> None:
        held = await controller.acquire(["group"])
        with pytest.raises(AdmissionRefused) as refused:
            await controller.acquire(["group"], deadline_ns=2 * SECOND)
        assert refused.value.reason == "deadline"
        assert 0 <= loop.now_ns() - 2 * SECOND <= 10
        held.release()
        assert (controller.waiting(), controller.in_flight("group")) == (0, 0)

    play(scene)


def test_a_full_queue_is_told_at_once_with_its_scope() -> None:
    async def scene(controller: ConcurrencyController, loop: VirtualLoop) -> None:
        controller.define("group", concurrency=1, queue_size=0)
        held = await controller.acquire(["group"])
        with pytest.raises(AdmissionRefused, match="group: the queue is full") as refused:
            await controller.acquire(["group"])
        assert (refused.value.reason, refused.value.scope, loop.now_ns()) == ("queue_full", "group", 0)
        held.release()

    play(scene)


def test_whoever_another_call_lets_in_by_the_way_is_woken_at_once() -> None:
    """`try_acquire` finds that time has let somebody in; it has nobody to tell but the timer."""

    async def scene(controller: ConcurrencyController, loop: VirtualLoop) -> None:
        controller.define("model", rates=[RateLimit("requests", 1, SECOND)])
        await controller.acquire(["model"])
        waiter = asyncio.ensure_future(controller.acquire(["model"]).__aenter__())
        await settle_down()
        loop.jump(2 * SECOND)
        with suppress(AdmissionRefused):
            await controller.acquire(["model"], deadline_ns=loop.now_ns())
        await waiter
        assert loop.now_ns() == 2 * SECOND

    play(scene)


def test_a_coroutine_closed_while_it_waits_gives_up_its_place() -> None:
    async def scene(controller: ConcurrencyController, _loop: VirtualLoop) -> None:
        held = await controller.acquire(["group"])
        waiter = controller.acquire(["group"]).__aenter__()
        waiter.send(None)
        assert controller.waiting() == 1
        waiter.close()
        assert controller.waiting() == 0
        held.release()
        assert controller.in_flight("group") == 0

    play(scene)


def test_one_acquisition_is_entered_once() -> None:
    async def scene(controller: ConcurrencyController, _loop: VirtualLoop) -> None:
        acquisition = controller.acquire(["group"])
        async with acquisition:
            with pytest.raises(RuntimeError, match="call acquire"):
                await acquisition.__aenter__()
        assert controller.in_flight("group") == 0

    play(scene)


def test_closing_wakes_those_let_in_last_with_their_permits() -> None:
    async def scene(controller: ConcurrencyController, loop: VirtualLoop) -> None:
        controller.define("model", rates=[RateLimit("requests", 1, SECOND)])
        await controller.acquire(["model"])
        waiters = [asyncio.ensure_future(controller.acquire(["model"]).__aenter__()) for _ in range(2)]
        await settle_down()
        loop.jump(SECOND)
        controller.close()
        first, second = await asyncio.gather(*waiters, return_exceptions=True)
        assert not isinstance(first, BaseException)
        assert isinstance(second, AdmissionRefused)

    play(scene)


def test_closing_wakes_each_waiter_exactly_once() -> None:
    async def scene(controller: ConcurrencyController, _loop: VirtualLoop) -> None:
        held = await controller.acquire(["group"])
        waiters = [asyncio.ensure_future(controller.acquire(["group"]).__aenter__()) for _ in range(5)]
        await settle_down()
        controller.close()
        results = await asyncio.gather(*waiters, return_exceptions=True)
        assert all(isinstance(result, AdmissionRefused) and result.reason == "closed" for result in results)
        held.release()
        assert controller.in_flight("group") == 0

    play(scene)


def test_who_may_not_wait_does_not_pass_those_who_do() -> None:
    async def scene(controller: ConcurrencyController, _loop: VirtualLoop) -> None:
        controller.define("model", rates=[RateLimit("tokens", 10, SECOND)])
        assert isinstance(controller.try_acquire(["model"], tokens=8), Grant)
        waiter = asyncio.ensure_future(controller.acquire(["model"], tokens=10).__aenter__())
        await settle_down()
        assert not controller.try_acquire(["model"], tokens=1)
        (await waiter).release()

    play(scene)


def test_a_block_delays_those_who_wait_and_the_timer_follows_it() -> None:
    async def scene(controller: ConcurrencyController, loop: VirtualLoop) -> None:
        controller.define("model", rates=[RateLimit("requests", 1, SECOND)])
        controller.try_acquire(["model"])
        waiter = asyncio.ensure_future(controller.acquire(["model"]).__aenter__())
        await settle_down()
        controller.block_until("model", 7 * SECOND)
        (await waiter).release()
        assert 0 <= loop.now_ns() - 7 * SECOND <= 10

    play(scene)


def test_a_settlement_wakes_those_the_surplus_is_enough_for() -> None:
    async def scene(controller: ConcurrencyController, loop: VirtualLoop) -> None:
        controller.define("model", rates=[RateLimit("tokens", 10, 1000 * SECOND)])
        async with controller.acquire(["model"], tokens=10) as permit:
            waiter = asyncio.ensure_future(controller.acquire(["model"], tokens=4).__aenter__())
            await settle_down()
            permit.settle(6)
            (await waiter).release()
        assert loop.now_ns() == 0

    play(scene)


@settings(deadline=None)
@given(
    calls=st.lists(
        st.tuples(st.integers(0, 30), st.integers(1, 20), st.none() | st.integers(0, 60), st.none() | st.integers(1, 40), st.booleans()),
        min_size=1,
        max_size=25,
    )
)
def test_whatever_is_cancelled_or_late_every_permit_comes_back(
    calls: list[tuple[int, int, int | None, int | None, bool]],
) -> None:
    async def scene(controller: ConcurrencyController, loop: VirtualLoop) -> None:
        controller.define("group", concurrency=2, rates=[RateLimit("requests", 5, SECOND)], queue_size=10)
        running = 0

        async def call(start: int, length: int, cancel: int | None, patience: int | None, *, fails: bool) -> None:
            nonlocal running
            await asyncio.sleep(start / 100)
            deadline = None if patience is None else loop.now_ns() + patience * SECOND // 100
            task = asyncio.current_task()
            if cancel is not None and task is not None:
                loop.call_later(cancel / 100, task.cancel)
            with suppress(AdmissionRefused, asyncio.CancelledError, ZeroDivisionError):
                async with controller.acquire(["group"], deadline_ns=deadline, flow=str(length % 3)):
                    assert deadline is None or loop.now_ns() <= deadline + 1000
                    running += 1
                    try:
                        assert running <= 2
                        await asyncio.sleep(length / 100)
                        if fails:
                            raise ZeroDivisionError
                    finally:
                        running -= 1

        async with asyncio.TaskGroup() as group:
            for start, length, cancel, patience, fails in calls:
                group.create_task(call(start, length, cancel, patience, fails=fails))
        assert (running, controller.waiting(), controller.in_flight("group")) == (0, 0, 0)
        assert not controller._waiters

    play(scene)
