"""What a client of one API is told of a provider of another: in its own names, by its own turns, and for the right reason."""

from __future__ import annotations

import contextlib
import json
import re
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from support.api_clients import CLIENTS, events
from support.pairs import PAIRS

from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from support.api_clients import ApiClient
    from support.pairs import Pair

PROVIDERS = {"openai": "gpt-4o", "anthropic": "claude-sonnet-4-5", "gemini": "gemini-2.5-flash"}


@pytest.fixture(params=PAIRS.values(), ids=list(PAIRS))
def pair(request: pytest.FixtureRequest) -> Pair:
    chosen: Pair = request.param
    return chosen


@contextlib.asynccontextmanager
async def served(pair: Pair) -> AsyncIterator[tuple[MockProvider, httpx2.AsyncClient]]:
    """A mock, and a client of a sidecar with a well-known model of each dialect, each a target by the dialect's name, and `both`."""
    async with MockProvider() as mock:
        root = mock.base_url.removesuffix("/v1")
        config = {
            "providers": {
                name: {"dialect": name, "base_url": root + ("/v1" if name == "openai" else ""), "api_key": "k"} for name in PROVIDERS
            },
            "models": {name: {"provider": name, "model": model} for name, model in PROVIDERS.items()},
            "task_groups": {"both": {"e1": {"models": ["anthropic"]}, "e2": {"models": ["gemini"]}}},
        }
        async with pair(config) as running, httpx2.AsyncClient(base_url=running.address, trust_env=False, timeout=10) as client:
            yield mock, client


async def ask(http: httpx2.AsyncClient, client: ApiClient, target: str, stream: bool = False, **more: Any) -> httpx2.Response:  # noqa: FBT001, FBT002
    headers = more.pop("headers", {})
    return await http.post(client.path(target, stream), json={**client.body(target, "Hello", stream, False), **more}, headers=headers)  # noqa: FBT003


@pytest.mark.parametrize("provider", ["anthropic", "gemini"])
async def test_a_response_names_the_one_that_it_goes_on_with(pair: Pair, provider: str) -> None:
    client = CLIENTS["responses"]
    async with served(pair) as (_, http):
        first = (await ask(http, client, provider)).json()
        assert first["previous_response_id"] is None
        second = (await ask(http, client, provider, previous_response_id=first["id"])).json()
        assert second["previous_response_id"] == first["id"]
        told = events((await ask(http, client, provider, stream=True, previous_response_id=second["id"])).content)
        assert {event["response"]["previous_response_id"] for event in told if "response" in event} == {second["id"]}


async def test_what_is_lost_on_a_way_of_two_steps_has_the_names_of_its_client(pair: Pair) -> None:
    async with served(pair) as (_, http):
        config = {"seed": 1, "temperature": 1.5, "presencePenalty": 0.5}
        answer = await ask(http, CLIENTS["gemini"], "anthropic", generationConfig=config)
        assert answer.headers["x-pyproxy-lossy"] == "generationConfig.temperature, generationConfig.presencePenalty, generationConfig.seed"
        answer = await ask(http, CLIENTS["anthropic"], "gemini", service_tier="standard_only", stop_sequences=["a", "b"])
        assert "x-pyproxy-lossy" not in answer.headers
        answer = await ask(http, CLIENTS["responses"], "anthropic", text={"verbosity": "low"}, top_logprobs=2)
        assert answer.headers["x-pyproxy-lossy"] == "text.verbosity, top_logprobs"


async def test_what_cannot_be_asked_on_a_way_of_two_steps_is_told_by_the_names_of_its_client(pair: Pair) -> None:
    async with served(pair) as (_, http):
        answer = await ask(http, CLIENTS["gemini"], "anthropic", generationConfig={"candidateCount": 2})
        assert answer.status_code == 400
        assert answer.json()["error"]["message"] == (
            "This model gives one answer to a request: ask with generationConfig.candidateCount = 1."
        )
        picture = {"type": "image", "source": {"type": "url", "url": "ftp://host/a.png"}}
        answer = await ask(http, CLIENTS["anthropic"], "gemini", messages=[{"role": "user", "content": [picture]}])
        assert answer.status_code == 400
        assert "messages[].content[].source is neither a data URL nor" in answer.json()["error"]["message"]
        answer = await ask(http, CLIENTS["responses"], "anthropic", reasoning={"effort": "utmost"})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "reasoning.effort")


@pytest.mark.parametrize("target", ["anthropic", "both"])
async def test_what_cannot_be_asked_is_told_as_such_however_little_time_there_is(pair: Pair, target: str) -> None:
    async with served(pair) as (mock, http):
        picture = {"type": "image_url", "image_url": {"url": "ftp://host/a.png"}}
        messages = [{"role": "user", "content": [picture]}]
        answer = await ask(http, CLIENTS["openai"], target, messages=messages, headers={"x-pyproxy-timeout": "0.000001"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "untranslatable")
        assert not mock.requests


async def test_who_can_be_asked_after_one_who_cannot_has_no_more_time_than_is_left(pair: Pair) -> None:
    async with served(pair) as (mock, http):
        mock.default = Behaviour(latency=60)
        answer = await ask(http, CLIENTS["openai"], "both", n=2, headers={"x-pyproxy-timeout": "0.05"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (504, "deadline_exceeded")


# What each API takes for the name of a tool, and hardly another does.
ODD_NAMES = {"openai": "1" + "-tool" * 12, "responses": "1" + "-tool" * 12, "anthropic": "read_" * 25, "gemini": "files.read.v2"}


@pytest.mark.parametrize("client", CLIENTS.values(), ids=list(CLIENTS))
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_tool_has_its_client_s_name_whatever_a_provider_takes(pair: Pair, client: ApiClient, provider: str) -> None:
    name = ODD_NAMES[client.name]

    def body(stream: bool) -> dict[str, Any]:  # noqa: FBT001
        offered: dict[str, Any] = json.loads(json.dumps(client.body(provider, "Hello", stream, True)).replace("weather", name))  # noqa: FBT003
        return offered

    async with served(pair) as (mock, http):
        mock.default = Behaviour(tool_arguments='{"city": "Köln"}')
        answer = await http.post(client.path(provider, False), json=body(stream=False))  # noqa: FBT003
        assert client.calls(answer.json()) == [(name, {"city": "Köln"})], answer.text
        told = await http.post(client.path(provider, True), json=body(stream=True))  # noqa: FBT003
        assert client.called(events(told.content)) == [(name, {"city": "Köln"})]
        signature = "choices[].message.tool_calls[].extra_content" if (client.name, provider) == ("anthropic", "gemini") else None
        assert answer.headers.get("x-pyproxy-lossy") == signature


async def test_the_call_of_a_tool_with_such_a_name_comes_back_under_the_one_that_the_provider_knows(pair: Pair) -> None:
    name = ODD_NAMES["anthropic"]
    turns = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": name, "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "warm"}]},
    ]
    tools = [{"name": name, "input_schema": {"type": "object"}}]
    async with served(pair) as (mock, http):
        for provider in ("openai", "gemini"):
            answer = await ask(http, CLIENTS["anthropic"], provider, messages=turns, tools=tools, tool_choice={"type": "any"})
            assert answer.status_code == 200, answer.text
            sent = mock.requests[-1].body
            assert name.encode() not in sent
            [known] = {*re.findall(rb'"name":"(read_[a-z_0-9]*)"', sent)}
            assert sent.count(known) == (2 if provider == "openai" else 3)


SERVER_TOOLS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    # What is offered, what forces it, and the name of what is lost.
    "openai": ({"tools": [{"type": "web_search"}]}, {"tool_choice": "required"}, "tools[].web_search"),
    "responses": ({"tools": [{"type": "web_search"}]}, {"tool_choice": {"type": "web_search"}}, "tools[].web_search"),
    "anthropic": (
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {"tool_choice": {"type": "tool", "name": "web_search"}},
        "tools[].web_search_20250305",
    ),
    "gemini": ({"tools": [{"googleSearch": {}}]}, {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}, "tools[].googleSearch"),
}


@pytest.mark.parametrize("client", CLIENTS.values(), ids=list(CLIENTS))
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_tool_of_another_provider_s_own_is_lost_unless_it_has_to_be_called(pair: Pair, client: ApiClient, provider: str) -> None:
    if provider == client.name:
        pytest.skip("it has them")
    offered, forced, lost = SERVER_TOOLS[client.name]
    async with served(pair) as (mock, http):
        answer = await ask(http, client, provider, **offered)
        if (client.name, provider) != ("responses", "openai"):
            assert (answer.status_code, answer.headers["x-pyproxy-lossy"]) == (200, lost), answer.text
        asked = len(mock.requests)
        answer = await ask(http, client, provider, **offered, **forced)
        assert (answer.status_code, len(mock.requests)) == (400, asked), answer.text
        assert "cannot be given" in answer.text or "none that this model can be given" in answer.text


@pytest.mark.parametrize("streams", [False, True])
async def test_what_anthropic_signed_of_a_thought_comes_back_to_it_from_a_gemini_client_and_goes_to_nobody_else(
    pair: Pair,
    streams: bool,  # noqa: FBT001
) -> None:
    client = CLIENTS["gemini"]
    config = {"thinkingConfig": {"thinkingBudget": 4_000}, "maxOutputTokens": 20_000}
    question = {**client.body("", "Hello", streams, True), "generationConfig": config}  # noqa: FBT003
    async with served(pair) as (mock, http):
        mock.default = Behaviour(thinking="hm, tools", tool_arguments="{}")
        first = await http.post(client.path("anthropic", streams), json=question)
        told = events(first.content) if streams else [first.json()]
        parts = [part for event in told for part in event["candidates"][0]["content"]["parts"]]
        assert "".join(part["text"] for part in parts if part.get("thought")) == "hm, tools"
        assert "x-pyproxy-lossy" not in first.headers
        called = next(part["functionCall"] for part in parts if "functionCall" in part)
        result = {"functionResponse": {"name": called["name"], "id": called["id"], "response": {"result": "warm"}}}
        turns = [*question["contents"], {"role": "model", "parts": parts}, {"role": "user", "parts": [result]}]
        second = await http.post(client.path("anthropic", False), json={**question, "contents": turns})  # noqa: FBT003
        assert (second.status_code, second.headers.get("x-pyproxy-lossy")) == (200, None), second.text
        sent = json.loads(mock.requests[-1].body)
        assert sent["thinking"]["type"] == "enabled"
        assert (sent["messages"][1]["content"][0]["thinking"], bool(sent["messages"][1]["content"][0]["signature"])) == ("hm, tools", True)
        elsewhere = await http.post(client.path("gemini", False), json={**question, "contents": turns})  # noqa: FBT003
        assert elsewhere.status_code == 200, elsewhere.text
        kept = [part for turn in json.loads(mock.requests[-1].body)["contents"] for part in turn["parts"] if part.get("thought")]
        assert not any("thoughtSignature" in part for part in kept)
