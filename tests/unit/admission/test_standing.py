"""Who may be asked at all: breakers and credentials, over the whole path on virtual time."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from support.virtual_sidecar import Plays, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually

from pyproxy.config import load_config

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import pytest

BREAKER = {"circuit_breaker": {"failure_threshold": 2, "recovery_time": 10}}
ALONE: dict[str, Any] = {"e1": {"models": ["a"], "max_retries": 0}, "e2": {"models": ["c"], "max_retries": 0}}


def play(scene: Callable[[VirtualLoop], Awaitable[None]]) -> None:
    loop = VirtualLoop()

    async def main() -> None:
        await scene(loop)

    run_virtually(main(), loop)


def called(sidecar: VirtualSidecar) -> str:
    names = "".join(instance for instance, _, _ in sidecar.providers.calls)
    sidecar.providers.calls.clear()
    return names


class TestBreakers:
    def test_an_instance_that_failed_too_often_is_left_alone_probed_and_taken_back(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("INFO", logger="pyproxy")

        async def scene(loop: VirtualLoop) -> None:
            plays = [Plays(500), Plays(500), Plays(500), Plays(200)]
            sidecar = VirtualSidecar(loop, config(**ALONE, fallback_config=BREAKER), {"a": plays, "b": [], "c": [Plays()]})
            for _ in range(4):
                await sidecar.ask()
            assert called(sidecar) == "acaccc"
            await asyncio.sleep(10)
            await sidecar.ask()  # the probe fails, and twice the time begins
            await sidecar.ask()
            assert called(sidecar) == "acc"
            await asyncio.sleep(20)
            for _ in range(3):
                await sidecar.ask()
            assert called(sidecar) == "aaa"

        play(scene)
        assert caplog.messages == [
            "a is left alone in g for 10 s: it failed too often",
            "a is left alone in g for 20 s: it failed too often",
            "a is back in g",
        ]

    def test_where_everybody_is_left_alone_the_answer_comes_at_once_and_says_when_to_ask_again(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            sidecar = VirtualSidecar(loop, config(**ALONE, fallback_config=BREAKER), {"a": [Plays(500)], "b": [], "c": [Plays(500)]})
            for _ in range(2):
                await sidecar.ask()
            called(sidecar)
            await asyncio.sleep(4)
            answer = await sidecar.ask()
            assert (answer.status, called(sidecar)) == (503, "")
            assert answer.failure is not None
            assert answer.failure.retry_after_ns == 6_000_000_000

        play(scene)

    def test_what_says_nothing_about_the_instance_does_not_count(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            sidecar = VirtualSidecar(loop, config(**ALONE, fallback_config=BREAKER), {"a": [Plays(400)], "b": [], "c": [Plays()]})
            for _ in range(5):
                await sidecar.ask()
            assert called(sidecar) == "aaaaa"

        play(scene)

    def test_streams_that_break_off_count(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            sidecar = VirtualSidecar(loop, config(**ALONE, fallback_config=BREAKER), {"a": [Plays(breaks=1)], "b": [], "c": [Plays()]})
            for _ in range(3):
                await sidecar.ask(stream=True)
            assert called(sidecar) == "aac"

        play(scene)

    def test_a_probe_that_finds_no_room_leaves_its_place_to_the_next(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            scripts = {"a": [Plays(500), Plays(500), Plays(200)], "b": [], "c": [Plays()]}
            group = {**ALONE, "fallback_config": BREAKER, "a": {"concurrency_limit": 1}, "max_queue_wait": 0}
            sidecar = VirtualSidecar(loop, config(**group), scripts)
            for _ in range(2):
                await sidecar.ask()
            await asyncio.sleep(10)
            async with sidecar.assembly._controller.acquire(["a"]):
                await sidecar.ask()
            assert called(sidecar) == "acacc"
            await sidecar.ask()
            assert called(sidecar) == "a"

        play(scene)

    def test_a_long_stream_is_probe_enough_with_its_first_content(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            scripts = {"a": [Plays(500), Plays(500), Plays(gap=30, words=4), Plays()], "b": [], "c": [Plays()]}
            group = {**ALONE, "fallback_config": BREAKER, "timeouts": {"idle": 60, "total": 300}}
            sidecar = VirtualSidecar(loop, config(**group), scripts)
            for _ in range(2):
                await sidecar.ask()
            await asyncio.sleep(10)
            stream = asyncio.ensure_future(sidecar.ask(stream=True))
            await asyncio.sleep(35)
            await sidecar.ask()
            assert called(sidecar) == "acacaa"
            await stream

        play(scene)


def quota(name: str) -> bytes:
    return json.dumps({"error": {"code": 429, "details": [{"violations": [{"quotaId": name}]}]}}).encode()


class TestCredentials:
    def test_a_refused_credential_is_not_used_for_a_while_and_longer_each_time(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            sidecar = VirtualSidecar(loop, config(**ALONE), {"a": [Plays(401)], "b": [], "c": [Plays()]})
            asked: list[int] = []
            for second in range(0, 200, 10):
                await sidecar.ask()
                if "a" in called(sidecar):
                    asked.append(second)
                await asyncio.sleep(10)
            assert asked == [0, 60, 180]

        play(scene)

    def test_refused_for_two_models_it_is_used_for_none(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            group = {"e1": {"models": ["a", "b"]}, "e2": {"models": ["c"]}}
            made = config(**group)
            made["models"]["d"] = {"provider": "p", "model": "d"}
            made["task_groups"]["h"] = {"e1": {"models": ["d"]}, "e2": {"models": ["c"]}}
            sidecar = VirtualSidecar(loop, made, {"a": [Plays(401)], "b": [Plays(402)], "c": [Plays()], "d": [Plays()]})
            await sidecar.ask("h")
            assert called(sidecar) == "d"
            await sidecar.ask()
            assert called(sidecar) == "abc"
            await sidecar.ask("h")
            assert called(sidecar) == "c"

        play(scene)

    def test_a_quota_that_each_model_has_for_itself_says_nothing_of_the_others(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            made = config()
            made["models"]["d"] = {"provider": "p", "model": "d"}
            made["task_groups"]["h"] = {"e1": {"models": ["d"]}, "e2": {"models": ["c"]}}
            spent = Plays(429, refusal=quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier"))
            plays = [spent, spent, Plays()]
            sidecar = VirtualSidecar(loop, made, {"a": plays, "b": plays, "c": [Plays()], "d": [Plays()]})
            for target in ("g", "g", "h"):
                await sidecar.ask(target)
            assert called(sidecar) == "abccd"
            await asyncio.sleep(60)
            await sidecar.ask()
            await asyncio.sleep(119)
            await sidecar.ask()
            assert called(sidecar) == "abcc"
            await asyncio.sleep(1)
            await sidecar.ask()
            assert called(sidecar) == "a"

        play(scene)

    def test_a_quota_of_all_models_is_one_of_the_credential(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            made = config()
            made["models"]["d"] = {"provider": "p", "model": "d"}
            made["task_groups"]["h"] = {"e1": {"models": ["d"]}, "e2": {"models": ["c"]}}
            spent = [Plays(429, refusal=quota("GenerateRequestsPerDayPerProject-FreeTier"))]
            sidecar = VirtualSidecar(loop, made, {"a": spent, "b": spent, "c": [Plays()], "d": [Plays()]})
            for target in ("g", "h"):
                await sidecar.ask(target)
            assert called(sidecar) == "abcc"

        play(scene)

    def test_another_credential_of_the_same_model_is_asked_and_stays(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            made = config(**ALONE)
            made["providers"]["p"] = {"base_url": "http://p.test", "api_keys": ["one", "two"]}
            sidecar = VirtualSidecar(loop, made, {"a": [Plays(401), Plays()], "b": [], "c": [Plays()]})
            for _ in range(3):
                await sidecar.ask()
            assert called(sidecar) == "a#1a#2a#2a#2"

        play(scene)

    def test_a_credential_that_is_replaced_begins_anew(self) -> None:
        async def scene(loop: VirtualLoop) -> None:
            sidecar = VirtualSidecar(loop, config(**ALONE), {"a": [Plays(401), Plays()], "b": [], "c": [Plays()]})
            await sidecar.ask()
            made = config(**ALONE)
            sidecar.assembly.swap(sidecar.assembly.prepare(load_config(made, {})))
            await sidecar.ask()
            assert called(sidecar) == "acc"
            made["providers"]["p"]["api_key"] = "another"
            sidecar.assembly.swap(sidecar.assembly.prepare(load_config(made, {})))
            await sidecar.ask()
            assert called(sidecar) == "a"

        play(scene)
