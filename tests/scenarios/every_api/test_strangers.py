"""Every client's API over providers of chat that are not quite OpenAI: Mistral's mock refuses what Mistral does."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from support.api_clients import CLIENTS

from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from support.pairs import Pair

MODEL = "mistral-small-latest"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
# All that a client may say which Mistral has another name for, or has not; and a conversation that another provider was called in.
ASKED: dict[str, dict[str, Any]] = {
    "anthropic": {
        "metadata": {"user_id": "someone"},
        "service_tier": "standard_only",
        "tools": [{"name": "look", "input_schema": SCHEMA}],
        "messages": [
            {"role": "user", "content": "Hello"},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Hm.", "signature": "c2lnbmVk"},
                    {"type": "tool_use", "id": "toolu_01A", "name": "look", "input": {}},
                    {"type": "tool_use", "id": "toolu_01B", "name": "look", "input": {}},
                ],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": each, "content": each} for each in ("toolu_01B", "toolu_01A")],
            },
        ],
    },
    "responses": {
        "user": "someone",
        "safety_identifier": "s",
        "service_tier": "auto",
        "top_logprobs": 2,
        "tools": [{"type": "function", "name": "look", "parameters": SCHEMA}],
        "input": [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
            {"type": "function_call", "call_id": "call_0123456789", "name": "look", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_0123456789", "output": "done"},
        ],
    },
    "gemini": {
        "generationConfig": {"seed": 7, "topP": 0.5},
        "tools": [{"functionDeclarations": [{"name": "look", "parametersJsonSchema": SCHEMA}]}],
        "contents": [
            {"role": "user", "parts": [{"text": "Hello"}]},
            {"role": "model", "parts": [{"functionCall": {"name": "look", "args": {}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "look", "response": {"result": "done"}}}]},
        ],
    },
}
LOST = {
    "anthropic": {"metadata.user_id", "service_tier"},
    "responses": {"user", "safety_identifier", "service_tier", "top_logprobs"},
    "gemini": set[str](),
}


@contextlib.asynccontextmanager
async def served(pair: Pair) -> AsyncIterator[tuple[MockProvider, httpx2.AsyncClient]]:
    async with MockProvider() as mock:
        config = {
            "providers": {"p": {"preset": "mistral", "base_url": mock.base_url, "api_key": "k"}},
            "models": {"m": {"provider": "p", "model": MODEL, "capabilities": {"reasoning_history": True}}},
        }
        async with pair(config) as running, httpx2.AsyncClient(base_url=running.address, trust_env=False, timeout=10) as client:
            yield mock, client


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", ASKED)
async def test_mistral_is_asked_nothing_that_it_refuses(pair: Pair, name: str, stream: bool) -> None:  # noqa: FBT001
    client = CLIENTS[name]
    async with served(pair) as (mock, http):
        body = {**client.body("m", "Hello", stream, False), **ASKED[name]}  # noqa: FBT003
        answer = await http.post(client.path("m", stream), json=body)
        assert answer.status_code == 200, answer.text
        assert LOST[name] <= set(answer.headers.get("x-pyproxy-lossy", "").split(", "))
        sent = json.loads(mock.requests[-1].body)
    if name == "gemini":
        assert (sent["random_seed"], sent["top_p"], "seed" in sent) == (7, 0.5, False)
        assert "x-pyproxy-lossy" not in answer.headers
    calls = [call["id"] for message in sent["messages"] for call in message.get("tool_calls", ())]
    results = {message["tool_call_id"]: message["content"] for message in sent["messages"] if message["role"] == "tool"}
    assert set(calls) == results.keys()
    if name == "anthropic":
        assert [results[each] for each in calls] == ["toolu_01A", "toolu_01B"]


async def test_what_a_client_of_chat_wrote_for_mistral_passes_as_it_is(pair: Pair) -> None:
    body = b'{"model": "m", "messages": [{"role": "user", "content": "Hi"}], "random_seed": 1, "safe_prompt": true}'
    async with served(pair) as (mock, http):
        headers = {"content-type": "application/json"}
        answer = await http.post("/v1/chat/completions", content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        assert mock.requests[-1].body == body.replace(b'"m"', f'"{MODEL}"'.encode())
        refused = await http.post("/v1/chat/completions", content=body.replace(b"random_seed", b"seed"), headers=headers)
        assert (refused.status_code, refused.json()["message"]["detail"][0]["loc"]) == (422, ["body", "seed"])


async def test_a_lenient_mock_takes_what_mistral_refuses(pair: Pair) -> None:
    async with served(pair) as (mock, http):
        mock.default = Behaviour(lenient=True)
        assert (
            await http.post("/v1/chat/completions", json={"model": "m", "messages": [{"role": "user", "content": "x"}], "seed": 1})
        ).is_success
