"""A pool for programs that call the provider themselves: whoever is next is held as long as the call lasts, and given back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from support.virtual_sidecar import Plays, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually

from pyproxy.errors import AdmissionRefused, PoolNotFound
from pyproxy.pools import Pools

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SECOND = 1_000_000_000


def play(scene: Callable[[VirtualSidecar, Pools], Awaitable[None]], **pool: Any) -> None:
    loop = VirtualLoop()

    async def main() -> None:
        made = config(concurrency_limit=2)
        made["polling_pools"] = {"pool": {"task_groups": ["g"], **pool}}
        sidecar = VirtualSidecar(loop, made, {name: [Plays()] for name in "abc"})
        await scene(sidecar, Pools(sidecar.assembly.snapshots, loop.now_ns))
        assert sidecar.held() == {}

    run_virtually(main(), loop)


def test_who_is_next_is_told_with_what_a_call_needs_and_holds_its_place() -> None:
    async def scene(sidecar: VirtualSidecar, pools: Pools) -> None:
        pool = pools.get("pool")
        async with pool.get_instance() as held, pool.get_instance() as other:
            assert (held.instance, held.model, held.provider, held.upstream_model) == ("a", "a", "p", "a")
            assert other.instance == "b"
            assert sidecar.held()["pool:pool"] == 2
            assert [instance.in_flight for instance in pool.status().instances] == [1, 1, 0]
            with pytest.raises(AdmissionRefused) as refused:
                await pool.get_instance(max_wait=0)
            assert (refused.value.reason, refused.value.scope) == ("concurrency", "g")
        assert [instance.requests for instance in pool.status().instances] == [1, 1, 0]

    play(scene)


def test_who_finds_no_room_waits_for_it() -> None:
    async def scene(sidecar: VirtualSidecar, pools: Pools) -> None:
        pool = pools.get("pool")
        held = [await pool.get_instance() for _ in range(2)]
        waiting = asyncio.ensure_future(pool.get_instance())
        await asyncio.sleep(1)
        assert not waiting.done()
        pool.release_instance(held[0])
        pool.release_instance(held[0])
        (await waiting).release()
        held[1].release()
        with pytest.raises(AdmissionRefused):
            async with pool.get_instance(), pool.get_instance(), pool.get_instance():
                pass
        assert sidecar.loop.now_ns() // SECOND == 3, "as long as its groups wait, and no longer"

    play(scene)


def test_one_who_is_cancelled_while_waiting_or_calling_leaves_nothing_behind() -> None:
    async def scene(_sidecar: VirtualSidecar, pools: Pools) -> None:
        pool = pools.get("pool")

        async def use() -> None:
            async with pool.get_instance():
                await asyncio.sleep(1000)

        tasks = [asyncio.ensure_future(use()) for _ in range(4)]
        await asyncio.sleep(1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert {instance.health for instance in pool.status().instances} == {"healthy"}
        assert [instance.failures for instance in pool.status().instances] == [{"dropped": 1}, {"dropped": 1}, {}]

    play(scene)


def test_a_call_that_went_badly_counts_against_its_instance() -> None:
    async def scene(_sidecar: VirtualSidecar, pools: Pools) -> None:
        pool = pools.get("pool")
        for _ in range(2):
            with pytest.raises(ValueError, match="no answer"):
                async with pool.get_instance() as held:
                    raise ValueError("no answer from " + held.instance)
        assert [instance.breaker for instance in pool.status().instances] == ["open", "open", "closed"]
        assert pool.status().available == 1
        (await pool.get_instance()).release(ok=False)
        with pytest.raises(AdmissionRefused, match="breaker_open"):
            await pool.get_instance()

    play(scene, failure_threshold=1)


def test_a_pool_that_is_not_there_is_told_of_with_those_that_are() -> None:
    async def scene(_sidecar: VirtualSidecar, pools: Pools) -> None:
        with pytest.raises(PoolNotFound, match=r"no polling pool 'g' here\. There is pool\."):
            pools.get("g")
        assert [status.name for status in pools.statuses()] == ["pool"]

    play(scene)
