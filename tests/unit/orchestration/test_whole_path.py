"""Any plan, any outcomes, anybody leaving at any time: budgets, deadlines, permits, tokens and the one end hold."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.virtual_sidecar import SECOND, Client, Plays, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually

seconds = st.sampled_from((0.0, 0.0, 0.3, 2.0, 7.0))
plays = st.builds(
    Plays,
    status=st.sampled_from((200, 200, 200, 0, -1, 400, 401, 404, 429, 500, 503)),
    after=seconds,
    words=st.integers(1, 4),
    gap=seconds,
    breaks=st.none() | st.integers(0, 3),
    retry_after=st.none() | st.integers(0, 5),
    says=st.sampled_from(((), ("on", "e"), ("o", "ne"), ("two",))),
    cut=st.none() | st.integers(0, 900),
    done=st.booleans(),
)
limits = st.fixed_dictionaries(
    {}, optional={"concurrency_limit": st.integers(1, 2), "rpm_limit": st.integers(1, 4), "queue_size": st.integers(0, 2)}
)
groups = st.fixed_dictionaries(
    {
        "timeouts": st.just({"connect": 1, "first_byte": 5, "idle": 5, "total": 20}),
        "fallback_config": st.fixed_dictionaries(
            {
                "strategy": st.sampled_from(("echelon_down", "model_rotate", "provider_failover")),
                "max_attempts": st.integers(1, 3),
                "attempt_budget": st.integers(1, 5),
            },
            optional={"circuit_breaker": st.just({"failure_threshold": 2, "recovery_time": 3})},
        ),
        "max_queue_wait": st.sampled_from((0, 1, 4)),
    },
    optional={
        "a": limits,
        "c": limits,
        "e1": limits,
        "concurrency_limit": st.integers(1, 3),
        "stream_guarantee": st.sampled_from(("complete", "resume")),
    },
)
callers = st.tuples(
    seconds,
    st.booleans(),
    st.none() | st.sampled_from((0.0, 0.1, 0.3, 1.0, 2.0, 2.3, 6.0)),
    st.sampled_from((None, "vip", "x")),
    st.integers(0, 2),
)


@settings(max_examples=150, deadline=None)
@given(
    groups,
    st.fixed_dictionaries({name: st.lists(plays, min_size=1, max_size=4) for name in "abc"}),
    st.lists(callers, min_size=1, max_size=8),
)
def test_whatever_happens_everything_is_given_back_and_each_has_one_end(
    group: dict[str, Any], scripts: dict[str, list[Plays]], crowd: list[tuple[float, bool, float | None, str | None, int]]
) -> None:
    loop = VirtualLoop()

    async def main() -> None:
        sidecar = VirtualSidecar(loop, config(**group), scripts)
        clients = [Client(patience=patience) for _, _, patience, _, _ in crowd]

        async def come(client: Client, starts: float, stream: bool, node: str | None, priority: int) -> None:  # noqa: FBT001
            await asyncio.sleep(starts)
            begun = loop.now_ns()
            await sidecar.ask(stream=stream, client=client, node=node, priority=priority)
            assert loop.now_ns() - begun <= 21.1 * SECOND, "the deadline, and what a broken stream may take to be told"

        await asyncio.gather(
            *(
                come(client, starts, stream, node, priority)
                for client, (starts, stream, _, node, priority) in zip(clients, crowd, strict=True)
            )
        )
        for client in clients:
            assert len(client.ends) == 1, client.ends
        assert sidecar.held() == {}
        assert sidecar.providers.under_way == 0
        budget = sidecar.orchestrator._retry_budget
        assert (budget.active, budget.extra) == (0, 0)
        assert not sidecar.assembly._controller._waiters

        calls = Counter(request for _, _, request in sidecar.providers.calls)
        assert max(calls.values(), default=0) <= group["fallback_config"]["attempt_budget"]
        assert len(sidecar.records) == len(crowd)
        assert sum(len(record.attempts) for record in sidecar.records) == len(sidecar.providers.calls)

    run_virtually(main(), loop)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 60), st.booleans(), st.fixed_dictionaries({name: st.lists(plays, min_size=1, max_size=3) for name in "abc"}))
def test_a_request_can_be_cancelled_at_any_step_of_the_loop(step: int, stream: bool, scripts: dict[str, list[Plays]]) -> None:  # noqa: FBT001
    loop = VirtualLoop()

    async def main() -> None:
        sidecar = VirtualSidecar(loop, config(concurrency_limit=1), scripts)
        tasks = [asyncio.ensure_future(sidecar.ask(stream=stream)) for _ in range(2)]
        for _ in range(step):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert sidecar.held() == {}
        assert sidecar.providers.under_way == 0
        assert len(asyncio.all_tasks()) == 1

    run_virtually(main(), loop)


def test_tokens_and_requests_of_failed_calls_are_never_charged() -> None:
    """The limit of one request a minute at `a` is whole again after its failure."""
    loop = VirtualLoop()

    async def main() -> None:
        sidecar = VirtualSidecar(
            loop,
            config(a={"rpm_limit": 1}, e1={"models": ["a"], "max_retries": 0}, max_queue_wait=0),
            {"a": [Plays(503), Plays(200)], "b": [Plays()], "c": [Plays()]},
        )
        models = [(await sidecar.ask()).headers[b"x-pyproxy-model"] for _ in range(3)]
        assert models == [b"c", b"a", b"c"]

    run_virtually(main(), loop)
