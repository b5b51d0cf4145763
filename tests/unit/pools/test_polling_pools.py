"""Polling pools over the whole path, on virtual time: who is asked, how often, and what holds for it."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from support.virtual_sidecar import Plays, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually

from pyproxy.config import load_config
from pyproxy.errors import SingleTurnOnly

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

FINE = {name: [Plays()] for name in "abc"}
ASSISTANT = {
    "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "And?"}]
}
TOOL = {"messages": [{"role": "tool", "content": "y", "tool_call_id": "1"}]}


def play(scene: Callable[[VirtualLoop], Awaitable[None]]) -> None:
    loop = VirtualLoop()

    async def main() -> None:
        await scene(loop)

    run_virtually(main(), loop)


def pooled(groups: tuple[str, ...] = ("g",), group: dict[str, Any] | None = None, **pool: Any) -> dict[str, Any]:
    """The models a, b and c, in two echelons, as the pool `pool`."""
    made = config(**(group or {}))
    made["polling_pools"] = {"pool": {"task_groups": list(groups), **pool}}
    made["wrappers"] = {"wrapper": {"type": "pool", "target": "pool", "fallback_groups": ["g.e2"]}}
    made["nodes"]["asker"] = {"llm_group": "pool"}
    made["aliases"] = {"gpt-*": "pool"}
    return made


def called(sidecar: VirtualSidecar) -> str:
    names = "".join(instance for instance, _, _ in sidecar.providers.calls)
    sidecar.providers.calls.clear()
    return names


class TestRotation:
    def test_every_instance_of_every_echelon_takes_turns_each_once(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            made = pooled(("g", "g.e1", "h"))
            made["task_groups"]["h"] = {"e": {"models": ["c", "a"]}}
            sidecar = VirtualSidecar(loop, made, FINE)
            for _ in range(6):
                answer = await sidecar.ask("pool")
                assert answer.status == 200
            assert called(sidecar) == "abcabc"
            assert [str(record.attempts[0]) for record in sidecar.records[:2]] == ["pool/a:200", "pool/b:200"]

        play(scene)

    def test_a_credential_more_is_an_instance_more(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            made = pooled(("g.e1",))
            del made["providers"]["p"]["api_key"]
            made["providers"]["p"]["api_keys"] = ["one", "two"]
            sidecar = VirtualSidecar(loop, made, FINE)
            for _ in range(4):
                await sidecar.ask("pool")
            assert called(sidecar) == "a#1a#2b#1b#2"

        play(scene)

    @pytest.mark.parametrize("target", ["pool", "wrapper", "asker", "gpt-5"])
    def test_a_pool_is_asked_for_by_every_name_that_leads_to_it(self, target: str) -> None:
        async def scene(loop: VirtualLoop) -> None:
            sidecar = VirtualSidecar(loop, pooled(), FINE)
            answer = await sidecar.ask(target)
            assert (answer.status, called(sidecar)) == (200, "a")
            assert answer.headers[b"x-pyproxy-target"] == target.encode()

        play(scene)

    @pytest.mark.parametrize(
        ("weights", "share"), [({"a": 3}, {"a": 30, "b": 10, "c": 10}), ({"g.e1": 2, "b": 1, "c": 0}, {"a": 20, "b": 10})]
    )
    def test_shares_go_by_model_and_else_by_echelon(self, weights: dict[str, int], share: dict[str, int]) -> None:
        async def scene(loop: VirtualLoop) -> None:
            sidecar = VirtualSidecar(loop, pooled(rotation_strategy="weighted", weights=weights), FINE)
            for _ in range(sum(share.values())):
                await sidecar.ask("pool")
            assert Counter(called(sidecar)) == share

        play(scene)

    def test_the_least_busy_is_asked_where_that_is_the_strategy(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            scripts = {"a": [Plays(after=100)], "b": [Plays()], "c": [Plays(after=100)]}
            sidecar = VirtualSidecar(loop, pooled(rotation_strategy="least_connections"), scripts)
            slow: list[asyncio.Task[Any]] = []
            while len({instance for instance, _, _ in sidecar.providers.calls} & {"a", "c"}) < 2:
                slow.append(asyncio.ensure_future(sidecar.ask("pool")))
                await asyncio.sleep(1)
            called(sidecar)
            for _ in range(5):
                await sidecar.ask("pool")
            assert called(sidecar) == "bbbbb"
            await asyncio.gather(*slow)

        play(scene)


class TestFailures:
    def test_another_instance_is_asked_and_each_at_most_so_often(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            sidecar = VirtualSidecar(loop, pooled(max_instance_attempts=2), {name: [Plays(500)] for name in "abc"})
            answer = await sidecar.ask("pool")
            assert (answer.status, called(sidecar)) == (500, "abcabc")

        play(scene)

    def test_by_simple_retry_the_same_instance_is_asked_again_and_nobody_else(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            pool = pooled(fallback_strategy="simple_retry", max_instance_attempts=3, failure_threshold=9)
            sidecar = VirtualSidecar(loop, pool, {**FINE, "a": [Plays(0), Plays(0), Plays()]})
            answer = await sidecar.ask("pool")
            assert (answer.status, called(sidecar)) == (200, "aaa")

        play(scene)

    def test_a_wrapper_of_a_pool_goes_on_to_its_fallback_groups(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            made = pooled(("g.e1",), max_instance_attempts=1)
            sidecar = VirtualSidecar(loop, made, {**FINE, "a": [Plays(500)], "b": [Plays(500)]})
            answer = await sidecar.ask("wrapper")
            assert (answer.status, called(sidecar)) == (200, "abc")
            answer = await sidecar.ask("pool", fallback_groups=("g.e2",))
            assert (answer.status, called(sidecar)[-1]) == (200, "c")

        play(scene)

    def test_an_instance_that_fails_too_often_is_taken_out_probed_and_taken_back(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            made = pooled(("g.e1",), failure_threshold=2, recovery_time=10, slow_start=0, max_instance_attempts=1)
            sidecar = VirtualSidecar(loop, made, {**FINE, "a": [Plays(500), Plays(500), Plays()]})
            for _ in range(6):
                assert (await sidecar.ask("pool")).status == 200
            assert Counter(called(sidecar)) == {"a": 2, "b": 6}
            await asyncio.sleep(10)
            for _ in range(4):
                await sidecar.ask("pool")
            assert Counter(called(sidecar)) == {"a": 2, "b": 2}

        play(scene)

    def test_one_that_is_back_starts_slowly_as_long_as_others_can_take_the_rest(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            made = pooled(("g.e1",), failure_threshold=1, recovery_time=10, slow_start=100, max_instance_attempts=1)
            sidecar = VirtualSidecar(loop, made, {**FINE, "a": [Plays(500), Plays()]})
            await sidecar.ask("pool")
            await asyncio.sleep(10)
            called(sidecar)
            for _ in range(100):
                assert (await sidecar.ask("pool")).status == 200
                await asyncio.sleep(0.1)
            early = Counter(called(sidecar))["a"]
            await asyncio.sleep(100)
            for _ in range(100):
                await sidecar.ask("pool")
            assert 1 < early < 25
            assert Counter(called(sidecar)) == {"a": 50, "b": 50}

        play(scene)

    def test_nobody_is_refused_because_the_only_instance_starts_slowly(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            made = pooled(("g.e2",), failure_threshold=1, recovery_time=10, slow_start=100, max_instance_attempts=1)
            sidecar = VirtualSidecar(loop, made, {**FINE, "c": [Plays(500), Plays()]})
            await sidecar.ask("pool")
            assert (await sidecar.ask("pool")).status == 503
            await asyncio.sleep(10)
            assert [(await sidecar.ask("pool")).status for _ in range(20)] == [200] * 20

        play(scene)


class TestLimits:
    def test_the_bucket_of_the_pool_holds_for_the_pool_alone(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            bucket = {"algorithm": "token_bucket", "token_bucket": {"bucket_size": 2, "refill_rate": 0.1}}
            sidecar = VirtualSidecar(loop, pooled(rate_limiting=bucket), FINE)
            answers = [await sidecar.ask("pool") for _ in range(3)]
            assert [answer.status for answer in answers] == [200, 200, 429]
            assert answers[-1].failure is not None
            assert answers[-1].failure.retry_after_ns == 10_000_000_000
            assert (await sidecar.ask("g")).status == 200
            await asyncio.sleep(10)
            assert [(await sidecar.ask("pool")).status for _ in range(2)] == [200, 429]

        play(scene)

    @pytest.mark.parametrize("more", [{"enabled": False}, {"token_bucket": None}])
    def test_a_limit_that_is_off_or_says_nothing_limits_nothing(self, more: dict[str, Any]) -> None:
        limiting = {"algorithm": "token_bucket", "token_bucket": {"bucket_size": 1, "refill_rate": 0.001}, **more}
        if limiting["token_bucket"] is None:
            del limiting["token_bucket"]

        async def scene(loop: VirtualLoop) -> None:
            sidecar = VirtualSidecar(loop, pooled(rate_limiting=limiting), FINE)
            assert [(await sidecar.ask("pool")).status for _ in range(5)] == [200] * 5

        play(scene)

    def test_an_echelon_that_is_full_does_not_speak_for_the_others(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            made = pooled(group={"e1": {"models": ["a", "b"], "concurrency_limit": 1}})
            sidecar = VirtualSidecar(loop, made, {**FINE, "a": [Plays(after=50)]})
            slow = asyncio.ensure_future(sidecar.ask("pool"))
            await asyncio.sleep(1)
            called(sidecar)
            for _ in range(3):
                assert (await sidecar.ask("pool")).status == 200
            assert (called(sidecar), loop.now_ns()) == ("ccc", 1_000_000_000)
            await slow
            assert sidecar.held() == {}

        play(scene)

    def test_who_finds_all_full_waits_for_the_first_to_be_free(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            made = pooled(group={"concurrency_limit": 2, "max_queue_wait": 5})
            sidecar = VirtualSidecar(loop, made, {name: [Plays(after=3)] for name in "abc"})
            answers = await asyncio.gather(*(sidecar.ask("pool") for _ in range(4)))
            assert ([answer.status for answer in answers], loop.now_ns()) == ([200] * 4, 6_000_000_000)

        play(scene)

    def test_who_finds_one_taken_out_and_the_other_full_waits_for_the_other(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            made = pooled(("g.e1",), group={"b": {"concurrency_limit": 1}}, failure_threshold=1, max_instance_attempts=1)
            sidecar = VirtualSidecar(loop, made, {**FINE, "a": [Plays(500)], "b": [Plays(after=1)]})
            await sidecar.ask("pool")
            answers = await asyncio.gather(*(sidecar.ask("pool") for _ in range(2)))
            assert [answer.status for answer in answers] == [200, 200]

        play(scene)


class TestConversations:
    @pytest.mark.parametrize("target", ["pool", "wrapper", "asker", "gpt-5"])
    @pytest.mark.parametrize(
        "fields",
        [{"more": ASSISTANT}, {"more": TOOL}, {"headers": ((b"x-pyproxy-session", b"s1"),)}],
        ids=["turns", "tool", "session"],
    )
    def test_a_conversation_gets_a_409_that_names_the_group_to_ask(self, target: str, fields: dict[str, Any]) -> None:
        async def scene(loop: VirtualLoop) -> None:
            sidecar = VirtualSidecar(loop, pooled(("g.e1", "g")), FINE)
            answer = await sidecar.ask(target, **fields)
            assert (answer.status, called(sidecar)) == (409, "")
            assert isinstance(answer.failure, SingleTurnOnly)
            assert answer.failure.instead == "g.e1"
            assert "Ask 'g.e1' instead" in answer.failure.message
            assert (await sidecar.ask("g.e1", **fields)).status == 200

        play(scene)

    @pytest.mark.parametrize(("target", "asked"), [("pool", "c"), ("wrapper", "c"), ("asker", "c"), ("gpt-5", "c")])
    def test_or_is_answered_by_the_group_that_the_pool_names(self, target: str, asked: str) -> None:
        async def scene(loop: VirtualLoop) -> None:
            sidecar = VirtualSidecar(loop, pooled(("g.e1",), multi_turn_redirect="g.e2"), FINE)
            answer = await sidecar.ask(target, more=ASSISTANT)
            assert (answer.status, called(sidecar)) == (200, asked)
            assert answer.headers[b"x-pyproxy-target"] == target.encode()
            await sidecar.ask(target)
            assert called(sidecar) == "a"

        play(scene)

    def test_a_caller_s_own_fallbacks_lead_no_conversation_to_a_pool_either(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            sidecar = VirtualSidecar(loop, pooled(), {**FINE, "c": [Plays(500)]})
            assert (await sidecar.ask("g.e2", fallback_groups=("pool",), more=ASSISTANT)).status == 409
            assert (await sidecar.ask("g.e2", fallback_groups=("pool",))).status == 200

        play(scene)


class TestReload:
    def test_turns_breakers_and_rates_go_on(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            bucket = {"algorithm": "token_bucket", "token_bucket": {"bucket_size": 5, "refill_rate": 0.001}}  # what failed is not counted
            made = pooled(failure_threshold=1, max_instance_attempts=1, rate_limiting=bucket)
            sidecar = VirtualSidecar(loop, made, {**FINE, "b": [Plays(500)]})
            for _ in range(2):
                await sidecar.ask("pool")
            assert called(sidecar) == "abc"
            made["polling_pools"]["pool"]["description"] = "another"
            made["models"]["a"]["rpm_limit"] = 1000
            sidecar.assembly.swap(sidecar.assembly.prepare(load_config(made, {})))
            for _ in range(3):
                await sidecar.ask("pool")
            assert called(sidecar) == "aca"
            assert (await sidecar.ask("pool")).status == 429
            assert sidecar.assembly.snapshots.current.desk.standing.instances.statistics("b")["requests"] == 1

        play(scene)

    def test_an_instance_that_leaves_the_configuration_is_forgotten(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            made = pooled()
            sidecar = VirtualSidecar(loop, made, {**FINE, "a": [Plays(after=5)]})
            leaving = asyncio.ensure_future(sidecar.ask("pool"))
            await asyncio.sleep(1)
            made["task_groups"]["g"]["e1"]["models"] = ["b"]
            del made["models"]["a"]
            sidecar.assembly.swap(sidecar.assembly.prepare(load_config(made, {})))
            assert (await leaving).status == 200
            instances = sidecar.assembly.snapshots.current.desk.standing.instances
            assert instances.statistics("a")["requests"] == 0
            await sidecar.ask("pool")
            assert instances.statistics("b")["requests"] == 1

        play(scene)
