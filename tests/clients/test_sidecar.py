"""The sidecar inside a program: the same path without a server, its errors raised as they are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from pyproxy import Completion, Sidecar, errors
from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pyproxy.domain import RequestRecord


@pytest.fixture
async def upstream() -> AsyncIterator[MockProvider]:
    async with MockProvider() as provider:
        yield provider


def configuration(upstream: MockProvider) -> dict[str, Any]:
    return {
        "providers": {"mock": {"dialect": "openai", "base_url": upstream.base_url, "api_key": "provider-key"}},
        "models": {"one": {"provider": "mock", "model": "one"}, "two": {"provider": "mock", "model": "two"}},
        "task_groups": {
            "fast_group": {
                "echelon1": {"models": ["one"], "concurrency_limit": 1},
                "echelon2": {"models": ["two"]},
                "fallback_config": {"retry_delay": 0.01, "retry_after_wait": 0},
            },
            "lone_group": {"echelon1": {"models": ["one"]}, "fallback_config": {"max_attempts": 1, "attempt_budget": 1}},
        },
        "nodes": {"planner": {"llm_group": "fast_group", "concurrency_limit": 1}},
    }


@pytest.fixture
async def sidecar(upstream: MockProvider) -> AsyncIterator[Sidecar]:
    async with Sidecar(configuration(upstream), environ={}) as running:
        yield running
        assert [scope["key"] for scope in running.limits() if scope["in_flight"]] == []


async def test_an_answer_comes_without_a_server(sidecar: Sidecar, upstream: MockProvider) -> None:
    answer = await sidecar.generate("fast_group", [{"role": "user", "content": "Hello"}], temperature=0.5)
    assert isinstance(answer, Completion)
    assert (answer.text, str(answer)) == ("This is one, answering: Hello", answer.text)
    assert (answer.target, answer.model, answer.provider) == ("fast_group", "one", "mock")
    assert answer.attempts == ("fast_group.echelon1/one:200",)
    assert answer.usage["total_tokens"] > 0
    assert answer.raw["object"] == "chat.completion"
    assert sidecar.address == ""
    (request,) = upstream.requests
    assert request.json() == {"model": "one", "messages": [{"role": "user", "content": "Hello"}], "temperature": 0.5}
    assert request.header("authorization") == "Bearer provider-key"


async def test_a_text_alone_is_the_user_s_only_turn(sidecar: Sidecar) -> None:
    assert (await sidecar.generate("one", "Grüße")).text == "This is one, answering: Grüße"


async def test_a_failure_falls_back_on_the_same_path(sidecar: Sidecar, upstream: MockProvider) -> None:
    upstream.script("one", Behaviour(status=429, retry_after="60"))
    answer = await sidecar.generate("fast_group", "Hello")
    assert answer.attempts == ("fast_group.echelon1/one:429", "fast_group.echelon2/two:200")


async def test_tool_calls_have_no_text(sidecar: Sidecar) -> None:
    answer = await sidecar.generate("one", "Hello", tools=[{"type": "function", "function": {"name": "f"}}])
    assert answer.text == ""
    assert answer.raw["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "f"


async def test_an_unknown_target_is_raised_as_such(sidecar: Sidecar, upstream: MockProvider) -> None:
    with pytest.raises(errors.TargetNotFound, match="Did you mean 'fast_group'"):
        await sidecar.generate("fast_gruop", "Hello")
    assert list(upstream.requests) == []


async def test_a_stream_cannot_be_asked_for(sidecar: Sidecar) -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        await sidecar.generate("one", "Hello", stream=True)
    assert caught.value.param == "stream"


async def test_a_rate_limit_is_raised_with_its_delay(sidecar: Sidecar, upstream: MockProvider) -> None:
    upstream.script("one", Behaviour(status=429, retry_after="30"))
    with pytest.raises(errors.Saturated) as caught:
        await sidecar.generate("lone_group", "Hello")
    assert caught.value.retry_after_ns is not None
    assert 0 < caught.value.retry_after_ns <= 30e9
    assert caught.value.attempts == ("lone_group.echelon1/one:429",)
    assert caught.value.retryable


async def test_a_provider_s_refusal_is_raised_with_its_status_and_words(sidecar: Sidecar, upstream: MockProvider) -> None:
    upstream.script("one", Behaviour(status=400, error_code="context_length_exceeded"))
    with pytest.raises(errors.UpstreamError, match="maximum context length is 8192 tokens") as caught:
        await sidecar.generate("fast_group", "Hello")
    assert (caught.value.http_status, caught.value.target) == (400, "fast_group")
    assert len(upstream.requests) == 1


async def test_nobody_left_is_raised_with_every_attempt(sidecar: Sidecar, upstream: MockProvider) -> None:
    for model in ("one", "two"):
        upstream.script(model, Behaviour(reset_before_head=True))
    with pytest.raises(errors.NoModelAvailable) as caught:
        await sidecar.generate("fast_group", "Hello")
    assert len(caught.value.attempts) == len(upstream.requests)
    assert {attempt.rpartition(":")[2] for attempt in caught.value.attempts} == {"reset"}


async def test_a_caller_that_gives_up_ends_the_call_upstream(sidecar: Sidecar, upstream: MockProvider) -> None:
    upstream.script("one", Behaviour(stall_before_head=True))
    call = asyncio.create_task(sidecar.generate("one", "Hello"))
    await upstream.wait_for(lambda: upstream.requests)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await upstream.wait_for(lambda: upstream.requests[0].outcome == "client_gone")


async def test_a_node_s_limit_holds_for_its_calls(sidecar: Sidecar, upstream: MockProvider) -> None:
    upstream.script("one", Behaviour(stall_before_head=True))
    call = asyncio.create_task(sidecar.generate("planner", "Hello", node="planner"))
    await upstream.wait_for(lambda: upstream.requests)
    with pytest.raises(errors.Saturated, match="planner"):
        await sidecar.generate("planner", "Hello", node="planner")
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)


async def test_a_program_s_server_and_its_own_calls_share_one_path(upstream: MockProvider) -> None:
    records: list[RequestRecord] = []
    async with Sidecar(configuration(upstream), environ={}, observers=(records.append,)) as sidecar:
        await sidecar.start(port=0)
        async with httpx2.AsyncClient(base_url=sidecar.address, trust_env=False) as http:
            response = await http.post("/v1/chat/completions", json={"model": "one", "messages": [{"role": "user", "content": "Hello"}]})
        await sidecar.generate("two", "Hello")
        assert response.status_code == 200
        assert sidecar.base_url == f"{sidecar.address}/v1"
        address = sidecar.address
    assert [(record.target, record.status) for record in records] == [("one", 200), ("two", 200)]
    async with httpx2.AsyncClient(base_url=address, trust_env=False) as http:
        with pytest.raises(httpx2.ConnectError):
            await http.get("/livez")


async def test_a_configuration_that_cannot_be_used_is_raised_with_every_fault() -> None:
    with pytest.raises(errors.ConfigError) as caught:
        Sidecar({"providers": {}, "task_groups": {"g": {"echelon1": {"models": ["a:b"]}}}, "colour": 1})
    assert len(caught.value.faults) >= 2


def test_neither_sidecar_nor_configuration_shows_the_key(upstream: MockProvider) -> None:
    sidecar = Sidecar(configuration(upstream), environ={})
    assert "provider-key" not in repr(sidecar) + repr(vars(sidecar)) + repr(sidecar.config) + str(sidecar.config.model_dump())
