"""Readers inside a program that leave at any moment, from many threads and loops: nothing stays behind."""

from __future__ import annotations

import asyncio
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from support.apart import configuration, mock_apart
from support.scene import until

from pyproxy import Sidecar, errors
from pyproxy.providers.mock import Behaviour

if TYPE_CHECKING:
    from pyproxy.domain import RequestRecord

BEHAVIOURS = [
    Behaviour(chunks=30),
    Behaviour(chunks=30, pace=0.001),
    Behaviour(chunks=30, stall_after=7),
    Behaviour(stall_before_head=True),
    Behaviour(chunks=30, cut_after=5),
    Behaviour(status=503),
    Behaviour(latency=0.02),
]
LEAVERS, EACH = 8, 25


async def leave_somewhere(sidecar: Sidecar, chance: random.Random) -> None:
    """Ask, and leave in one of the ways there are: in time, too early, or by being cancelled."""

    async def read(most: int) -> None:
        async for _ in sidecar.stream("fast_group", "Hello", timeout=0.5):
            most -= 1
            if most == 0:
                break

    async def close(most: int) -> None:
        async with sidecar.stream("fast_group", "Hello", timeout=0.5) as stream:
            for _ in range(most):
                await anext(stream, None)

    async def whole(_: int) -> None:
        await sidecar.generate("fast_group", "Hello", timeout=0.5)

    task = asyncio.create_task(chance.choice([read, close, whole])(chance.randrange(40)))
    if chance.random() < 0.5:
        await asyncio.sleep(chance.random() * 0.03)  # a moment to leave at, not to wait for
        task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    if not task.cancelled() and (error := task.exception()) is not None:
        assert isinstance(error, errors.UpstreamError)


@pytest.mark.parametrize("own_thread", [True, False], ids=["own thread", "a loop that serves"])
async def test_readers_that_leave_at_any_moment_leave_nothing_behind(own_thread: bool) -> None:  # noqa: FBT001
    records: list[RequestRecord] = []
    with mock_apart() as upstream:
        for model in ("one", "two"):
            upstream.provider.script(model, *random.Random(model).choices(BEHAVIOURS, k=LEAVERS * EACH * 3))
        async with Sidecar(configuration(upstream.provider), environ={}, own_thread=own_thread, observers=(records.append,)) as sidecar:
            await sidecar.start(port=0)

            def leave(seed: int) -> None:
                async def all_of_them() -> None:
                    chance = random.Random(seed)
                    for _ in range(EACH):
                        await leave_somewhere(sidecar, chance)

                asyncio.run(all_of_them())

            with ThreadPoolExecutor(LEAVERS) as threads:
                await asyncio.gather(*(asyncio.get_running_loop().run_in_executor(threads, leave, seed) for seed in range(LEAVERS)))
            await until(lambda: not any(scope["in_flight"] for scope in sidecar.limits()))
            await asyncio.to_thread(upstream.wait_for, lambda: not upstream.provider.in_flight)
        assert len(records) >= 100
        assert {record.flag for record in records} >= {"-", "client_gone"}
    assert "pyproxy" not in {thread.name for thread in threading.enumerate()}
