"""Where a sidecar runs, and how work gets there and back."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pyproxy.embedded import Home
from pyproxy.errors import ShuttingDown


async def thread_name() -> str:
    return threading.current_thread().name


def test_the_first_work_gives_it_a_thread_that_ends_with_it() -> None:
    home = Home()
    assert "pyproxy" not in {thread.name for thread in threading.enumerate()}
    assert [home.wait(thread_name), home.wait(thread_name)] == ["pyproxy", "pyproxy"]
    home.close_and_wait()
    assert "pyproxy" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(ShuttingDown):
        home.wait(thread_name)


def test_many_threads_that_come_at_once_find_one_home() -> None:
    home = Home()
    start = threading.Barrier(16)

    async def loop() -> int:
        return id(asyncio.get_running_loop())

    def ask() -> int:
        start.wait(10)
        return home.wait(loop)

    with ThreadPoolExecutor(16) as threads:
        found = [future.result(10) for future in [threads.submit(ask) for _ in range(16)]]
    assert len(set(found)) == 1
    home.close_and_wait()


async def test_who_settles_it_first_has_it_on_the_loop_that_runs() -> None:
    home = Home()
    home.settle_here()
    assert await home.run(thread_name) == threading.current_thread().name
    assert await asyncio.to_thread(home.wait, thread_name) == threading.current_thread().name
    await home.close()
    assert not home.closed
    assert await home.run(thread_name)


async def test_work_that_waits_for_its_own_loop_is_refused_and_says_what_to_do() -> None:
    home = Home()
    home.settle_here()
    with pytest.raises(RuntimeError, match="own_thread=True"):
        home.wait(thread_name)


async def test_a_thread_of_its_own_is_not_settled_elsewhere() -> None:
    home = Home(own_thread=True)
    home.settle_here()
    assert home.wait(thread_name) == await home.run(thread_name) == "pyproxy"
    await home.close()


async def test_without_a_thread_of_its_own_the_first_loop_is_the_home() -> None:
    home = Home(own_thread=False)
    assert await home.run(thread_name) == threading.current_thread().name


async def test_cancelling_who_waits_cancels_the_work_and_waits_for_its_end() -> None:
    home = Home(own_thread=True)
    begun, ended = threading.Event(), threading.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.set()

    waiting = asyncio.create_task(home.run(work))
    await asyncio.to_thread(begun.wait, 10)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended.is_set()
    await home.close()


async def test_cancelling_before_the_work_has_begun_is_no_less() -> None:
    home = Home(own_thread=True)
    assert home.wait(thread_name)
    for _ in range(50):
        waiting = asyncio.create_task(home.run(lambda: asyncio.sleep(3600)))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    async def others() -> int:
        return len(asyncio.all_tasks()) - 2

    assert home.wait(others) == 0
    await home.close()


async def test_the_error_of_the_work_is_the_error_of_who_waits() -> None:
    home = Home(own_thread=True)

    async def work() -> None:
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        await home.run(work)
    with pytest.raises(KeyError, match="lost"):
        home.wait(work)
    await home.close()


async def test_work_that_a_close_cuts_is_told_so() -> None:
    home = Home(own_thread=True)
    begun = threading.Event()

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    waiting = asyncio.create_task(home.run(work))
    await asyncio.to_thread(begun.wait, 10)
    await home.close()
    with pytest.raises(ShuttingDown):
        await waiting


def test_what_is_posted_to_a_home_that_is_gone_is_dropped() -> None:
    home = Home()
    called: list[int] = []
    home.post(lambda: called.append(1))
    home.wait(thread_name)
    home.close_and_wait()
    home.post(lambda: called.append(2))
    assert called == [1]


def test_work_can_close_its_own_home() -> None:
    home = Home()

    async def work() -> None:
        await home.close()

    with contextlib.suppress(ShuttingDown):
        home.wait(work)
    home.close_and_wait()
