"""Conversations of messages clients that go on at another provider, with what the one before left in them."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import httpx2

from pyproxy import Sidecar
from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HI = {"role": "user", "content": "hi"}
ASKED = {"thinking": {"type": "adaptive"}, "max_tokens": 99}


@contextlib.asynccontextmanager
async def served() -> AsyncIterator[tuple[MockProvider, httpx2.AsyncClient]]:
    async with MockProvider() as mock:
        root = mock.base_url.removesuffix("/v1")
        config: dict[str, Any] = {
            "providers": {
                name: {"dialect": dialect, "base_url": root, "api_key": name}
                for name, dialect in (("p", "anthropic"), ("q", "anthropic"), ("r", "gemini"))
            }
            | {"d": {"base_url": mock.base_url, "api_key": "d"}},
            "models": {name: {"provider": name, "model": f"{name}-model"} for name in "pqr"}
            | {"d": {"provider": "d", "model": "d-model", "capabilities": {"reasoning_history": True}}},
            "task_groups": {
                "g": {"e1": {"models": ["p"], "max_retries": 0}, "e2": {"models": ["q"]}},
                "mixed": {"e1": {"models": ["p"], "max_retries": 0}, "e2": {"models": ["r"]}},
            },
            "nodes": {"n": {"llm_group": "g", "system_prompt": "be brief"}},
            "aliases": {"claude-*": "g"},
        }
        sidecar = Sidecar(config)
        await sidecar.start(port=0)
        async with sidecar, httpx2.AsyncClient(base_url=sidecar.address, trust_env=False, timeout=10) as client:
            yield mock, client


async def test_a_conversation_that_moves_keeps_its_nodes_system_prompt_where_its_api_has_it() -> None:
    async with served() as (mock, client):
        headers = {"x-pyproxy-session": "s", "x-pyproxy-node": "n"}
        first = await client.post("/v1/messages", json={"model": "n", "messages": [HI], **ASKED}, headers=headers)
        mock.script("p-model", Behaviour(status=500))
        turns = [HI, {"role": "assistant", "content": first.json()["content"]}, HI]
        moved = await client.post("/v1/messages", json={"model": "n", "messages": turns, **ASKED}, headers=headers)
        assert moved.status_code == 200
        sent = json.loads(mock.requests[-1].body)
    assert (sent["model"], sent["system"], [turn["role"] for turn in sent["messages"]]) == (
        "q-model",
        "be brief",
        ["user", "assistant", "user"],
    )


async def test_a_conversation_that_another_kind_of_provider_answered_goes_on_at_the_first() -> None:
    async with served() as (mock, client):
        mock.script("p-model", Behaviour(status=500), Behaviour())
        first = (await client.post("/v1/messages", json={"model": "mixed", "messages": [HI], **ASKED})).json()
        assert first["content"][0] == {"type": "thinking", "thinking": "Let me think about it.", "signature": ""}
        turns = [HI, {"role": "assistant", "content": first["content"]}, HI]
        back = await client.post("/v1/messages", json={"model": "mixed", "messages": turns, **ASKED})
        assert back.status_code == 200
        sent = json.loads(mock.requests[-1].body)
    assert sent["messages"][1]["content"] == first["content"][1:]


async def test_what_gemini_signed_with_a_call_goes_back_to_it_and_not_to_another() -> None:
    tools = [{"name": "look", "input_schema": {"type": "object"}}]
    async with served() as (mock, client):
        asked = {"tools": tools, **ASKED}
        first = (await client.post("/v1/messages", json={"model": "r", "messages": [HI], **asked})).json()
        assert [block["type"] for block in first["content"]] == ["thinking", "redacted_thinking", "tool_use"]
        result = {"type": "tool_result", "tool_use_id": first["content"][-1]["id"], "content": "done"}
        turns = [HI, {"role": "assistant", "content": first["content"]}, {"role": "user", "content": [result]}]
        for model in ("r", "p"):
            assert (await client.post("/v1/messages", json={"model": model, "messages": turns, **asked})).status_code == 200
        to_gemini, to_claude = (json.loads(request.body) for request in mock.requests[-2:])
    assert "thoughtSignature" in to_gemini["contents"][1]["parts"][-1]
    assert to_claude["messages"][1]["content"] == first["content"][2:]


async def test_a_provider_of_chat_is_told_what_was_thought_and_nothing_that_another_has_signed() -> None:
    tool = {"name": "look", "parameters": {"type": "object"}}
    async with served() as (mock, client):
        mock.script("d-model", Behaviour(lenient=True))
        for model in "pr":
            asked = {"tools": [{"name": "look", "input_schema": tool["parameters"]}], "thinking": {"type": "adaptive"}, "max_tokens": 99}
            first = (await client.post("/v1/messages", json={"model": model, "messages": [HI], **asked})).json()
            result = {"type": "tool_result", "tool_use_id": first["content"][-1]["id"], "content": "done"}
            turns = [HI, {"role": "assistant", "content": first["content"]}, {"role": "user", "content": [result]}]
            moved = await client.post("/v1/messages", json={"model": "d", "messages": turns, **asked})
            assert moved.status_code == 200, moved.text
            assert "messages[].content[].signature" in moved.headers["x-pyproxy-lossy"]
            _nothing_signed(mock)
            items = {"tools": [{"type": "function", **tool}], "input": [HI], "reasoning": {"effort": "low"}}
            answer = (await client.post("/v1/responses", json={"model": model, **items})).json()
            output = {"type": "function_call_output", "call_id": answer["output"][-1]["call_id"], "output": "done"}
            moved = await client.post("/v1/responses", json={"model": "d", **items, "input": [HI, *answer["output"], output]})
            assert moved.status_code == 200, moved.text
            assert "input[].encrypted_content" in moved.headers["x-pyproxy-lossy"]
            _nothing_signed(mock)


def _nothing_signed(mock: MockProvider) -> None:
    sent = json.loads(mock.requests[-1].body)
    (turn,) = (message for message in sent["messages"] if message["role"] == "assistant")
    assert (sent["model"], bool(turn["reasoning_content"])) == ("d-model", True)
    assert "thinking_blocks" not in turn
    assert turn["tool_calls"][0].keys() == {"id", "type", "function"}


async def test_a_model_that_a_pattern_knows_is_shown() -> None:
    async with served() as (_, client):
        assert (await client.get("/v1/models/claude-any")).json()["id"] == "claude-any"
        assert (await client.get("/v1/models/other-any")).status_code == 404
