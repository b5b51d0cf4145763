"""Whoever fails, leaves or is let go, with checks and reloads in between: a pool gives everything back, and asks no more than it may."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from support.virtual_sidecar import Client, Plays, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually

from pyproxy.config import load_config
from pyproxy.errors import AdmissionRefused
from pyproxy.pools import HealthChecks, Pools

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECONDS = st.sampled_from([0.0, 0.5, 2.0, 30.0])
PLAYS = st.builds(
    Plays, status=st.sampled_from([200, 200, 429, 500, 401, 0, -1]), after=SECONDS, gap=SECONDS, breaks=st.sampled_from([None, None, 0, 2])
)
STEPS = st.one_of(
    st.tuples(st.just("ask"), st.booleans(), st.sampled_from([None, 0.1, 1.0, 10.0])),
    st.tuples(st.just("take"), SECONDS, st.sampled_from([None, 0.1, 1.0])),
    st.tuples(st.just("reload"), st.integers(1, 3), st.none()),
    st.tuples(st.just("pass"), SECONDS, st.none()),
)
POOLS = st.fixed_dictionaries(
    {
        "max_instance_attempts": st.integers(1, 3),
        "fallback_strategy": st.sampled_from(["instance_rotation", "simple_retry"]),
        "rotation_strategy": st.sampled_from(["round_robin", "least_connections", "response_time", "weighted_random"]),
        "failure_threshold": st.integers(1, 3),
        "health_check_prompt": st.sampled_from([None, "ping"]),
        "health_check_interval": st.sampled_from([1, 7]),
    }
)


@given(st.dictionaries(st.sampled_from("abc"), st.lists(PLAYS, min_size=1, max_size=4)), POOLS, st.lists(STEPS, max_size=12))
def test_nothing_is_left(scripts: Mapping[str, Sequence[Plays]], pool: dict[str, Any], steps: list[tuple[str, Any, Any]]) -> None:
    loop = VirtualLoop()
    made = config(concurrency_limit=3, max_queue_wait=3, timeouts={"connect": 1, "first_byte": 5, "idle": 5, "total": 40})
    made["polling_pools"] = {"pool": {"task_groups": ["g"], **{key: value for key, value in pool.items() if value is not None}}}

    async def take(pools: Pools, hold: float, patience: float | None) -> None:
        with contextlib.suppress(AdmissionRefused, TimeoutError):
            async with asyncio.timeout(patience), pools.get("pool").get_instance():
                await asyncio.sleep(hold)

    async def main() -> None:
        sidecar = VirtualSidecar(loop, made, {**{name: [Plays()] for name in "abc"}, **scripts})
        checks, pools = HealthChecks(sidecar.assembly.snapshots, loop.now_ns, seed=3), Pools(sidecar.assembly.snapshots, loop.now_ns)
        sidecar.providers.health = {name: plays[0] for name, plays in scripts.items()}
        checks.start()
        clients: list[asyncio.Task[Any]] = []
        for kind, first, second in steps:
            if kind == "ask":
                clients.append(asyncio.ensure_future(sidecar.ask("pool", stream=first, client=Client(patience=second))))
            elif kind == "take":
                clients.append(asyncio.ensure_future(take(pools, first, second)))
            elif kind == "reload":
                made["task_groups"]["g"]["concurrency_limit"] = first
                sidecar.assembly.swap(sidecar.assembly.prepare(load_config(made, {})))
                checks.follow()
            else:
                await asyncio.sleep(first)
        ended = await asyncio.gather(*clients)
        await checks.stop()
        assert sidecar.held() == {}
        assert sidecar.providers.under_way == 0
        assert len(asyncio.all_tasks()) == 1
        assert len(sidecar.assembly.snapshots.live) == 1
        assert all(len(client.ends) == 1 for client in ended if client is not None)
        asked = Counter((number, instance) for instance, _, number in sidecar.providers.calls if number)
        assert max(asked.values(), default=0) <= pool["max_instance_attempts"]
        assert {instance.in_flight for instance in pools.get("pool").status().instances} == {0}

    run_virtually(main(), loop)
