"""What a SIGHUP has done, and many of them."""

from __future__ import annotations

import asyncio
import os
import signal

from support.scene import until

from pyproxy.cli.signals import on_hangup


async def hang_up(times: int = 1) -> None:
    """Send the signal, and return when it has been heard."""
    heard = asyncio.Event()
    loop = asyncio.get_running_loop()
    for _ in range(times):
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0)
    loop.add_signal_handler(signal.SIGUSR1, heard.set)
    os.kill(os.getpid(), signal.SIGUSR1)  # the loop hears signals in their order
    await heard.wait()
    loop.remove_signal_handler(signal.SIGUSR1)


async def test_each_signal_has_it_done_and_those_that_come_meanwhile_once_more_together() -> None:
    done, go_on = 0, asyncio.Event()

    async def work() -> None:
        nonlocal done
        done += 1
        await go_on.wait()

    async with asyncio.timeout(10):
        with on_hangup(work):
            await hang_up()
            await until(lambda: done == 1)
            await hang_up(times=50)
            go_on.set()
            await until(lambda: [task for task in asyncio.all_tasks() if task.get_name() == "hangup"] == [])
            assert done == 2
            await hang_up()
            await until(lambda: done == 3)


async def test_one_that_failed_does_not_keep_the_next_from_being_answered() -> None:
    done = 0

    async def work() -> None:
        nonlocal done
        done += 1
        raise BrokenPipeError

    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    async with asyncio.timeout(10):
        with on_hangup(work):
            for times in (1, 2):
                await hang_up()
                await until(lambda times=times: done == times)  # type: ignore[misc]


async def test_what_is_left_at_the_end_is_cancelled() -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with asyncio.timeout(10):
        with on_hangup(work):
            await hang_up()
            await begun.wait()
        await cancelled.wait()
