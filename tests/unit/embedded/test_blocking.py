"""Calls that block: with and without an event loop, from one thread and from many."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from support.apart import MockApart, configuration

from pyproxy import Sidecar, errors
from pyproxy.providers.mock import Behaviour

if TYPE_CHECKING:
    from pyproxy.domain import RequestRecord


def test_a_program_without_an_event_loop_gets_an_answer(sidecar: Sidecar, upstream: MockApart) -> None:
    answer = sidecar.generate_sync("fast_group", "Hello", temperature=0.25)
    assert (answer.text, answer.attempts) == ("This is one, answering: Hello", ("fast_group.echelon1/one:200",))
    assert upstream.provider.requests[0].json()["temperature"] == 0.25


async def test_a_blocking_call_inside_a_running_loop_does_not_hang(sidecar: Sidecar) -> None:
    assert asyncio.get_running_loop().is_running()
    assert sidecar.generate_sync("one", "Hello", timeout=10).text == "This is one, answering: Hello"
    assert "".join(map(str, sidecar.stream_sync("one", "Hello", timeout=10))) == "This is one, answering: Hello"


async def test_blocking_and_awaiting_mix_in_one_loop(upstream: MockApart) -> None:
    async with asyncio.timeout(10), Sidecar(configuration(upstream.provider), environ={}) as sidecar:
        awaited = asyncio.create_task(sidecar.generate("one", "awaited"))
        assert sidecar.generate_sync("two", "blocking").text == "This is two, answering: blocking"
        assert (await awaited).text == "This is one, answering: awaited"


def test_one_sidecar_serves_one_loop_after_the_other(sidecar: Sidecar) -> None:
    for _ in range(3):
        assert asyncio.run(sidecar.generate("one", "Hello")).text


def test_threads_ask_at_the_same_time(sidecar: Sidecar, upstream: MockApart) -> None:
    upstream.provider.default = Behaviour(latency=0.1)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda n: sidecar.generate_sync("one", f"{n}").text, range(8)))
    assert answers == [f"This is one, answering: {n}" for n in range(8)]
    assert upstream.provider.peak_in_flight > 1


async def test_a_blocking_call_on_the_loop_that_serves_is_refused(upstream: MockApart) -> None:
    sidecar = Sidecar(configuration(upstream.provider), environ={})
    await sidecar.start(port=0)
    async with sidecar:
        with pytest.raises(RuntimeError, match="own_thread=True"):
            sidecar.generate_sync("one", "Hello")
        assert (await asyncio.to_thread(sidecar.generate_sync, "one", "Hello")).text


async def test_a_server_in_a_thread_of_its_own_lets_its_starter_block(upstream: MockApart) -> None:
    sidecar = Sidecar(configuration(upstream.provider), environ={}, own_thread=True)
    await sidecar.start(port=0)
    async with sidecar:
        assert sidecar.generate_sync("one", "Hello").text
        with Sidecar(
            {**configuration(upstream.provider), "providers": {"mock": {"base_url": sidecar.base_url, "dialect": "openai"}}}
        ) as next_one:
            assert next_one.generate_sync("one", "through two").text == "This is one, answering: through two"


def test_errors_are_raised_as_they_are(sidecar: Sidecar, upstream: MockApart) -> None:
    upstream.provider.script("one", Behaviour(status=429, retry_after="30"))
    with pytest.raises(errors.Saturated) as caught:
        sidecar.generate_sync("lone_group", "Hello")
    assert caught.value.attempts == ("lone_group.echelon1/one:429",)
    with pytest.raises(errors.TargetNotFound):
        sidecar.generate_sync("nobody", "Hello")


def test_a_timeout_is_the_request_s_own_deadline(sidecar: Sidecar, upstream: MockApart) -> None:
    upstream.provider.default = Behaviour(stall_before_head=True)
    with pytest.raises(errors.DeadlineExceeded, match=r"within 0\.2 s"):
        sidecar.generate_sync("one", "Hello", timeout=0.2)
    upstream.wait_for(lambda: upstream.outcomes() == ["client_gone"])


@pytest.mark.parametrize(
    ("arguments", "param"),
    [({"timeout": 0}, "timeout"), ({"timeout": 1e9}, "timeout"), ({"priority": "urgent"}, "priority"), ({"stream": True}, "stream")],
)
def test_arguments_that_mean_nothing_are_refused(sidecar: Sidecar, arguments: dict[str, Any], param: str) -> None:
    for call in (sidecar.generate_sync, sidecar.stream_sync, sidecar.stream):
        with pytest.raises(errors.InvalidRequest) as caught:
            call("one", "Hello", **arguments)
        assert caught.value.param == param


def test_what_is_not_json_is_refused(sidecar: Sidecar) -> None:
    for value in (object(), float("nan")):
        with pytest.raises(errors.InvalidRequest, match="JSON"):
            sidecar.generate_sync("one", "Hello", odd=value)


def test_the_caller_s_own_fallbacks_replace_those_configured(sidecar: Sidecar, upstream: MockApart) -> None:
    upstream.provider.script("one", Behaviour(status=503))
    answer = sidecar.generate_sync("fast_group.echelon1", "Hello", fallback_groups=["two"])
    assert answer.attempts == ("fast_group.echelon1/one:503", "two:200")


def test_leaving_the_context_ends_what_runs_and_the_thread(upstream: MockApart) -> None:
    records: list[RequestRecord] = []
    with Sidecar(configuration(upstream.provider, server={"drain_timeout": 0.1}), environ={}, observers=(records.append,)) as sidecar:
        upstream.provider.default = Behaviour(stall_before_head=True)
        failed: list[type[BaseException]] = []

        def ask() -> None:
            try:
                sidecar.generate_sync("one", "Hello")
            except errors.ShuttingDown as error:
                failed.append(type(error))

        asking = threading.Thread(target=ask)
        asking.start()
        upstream.wait_for(lambda: upstream.provider.in_flight)
    asking.join(10)
    assert failed == [errors.ShuttingDown]
    assert "pyproxy" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(errors.ShuttingDown):
        sidecar.generate_sync("one", "Hello")
    assert [record.flag for record in records] == ["shutdown"]


def test_a_sidecar_that_nobody_used_starts_and_ends_no_thread(upstream: MockApart) -> None:
    Sidecar(configuration(upstream.provider), environ={})
    assert "pyproxy" not in {thread.name for thread in threading.enumerate()}
