"""Responses that are gone on with, over providers of every API."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from support.api_clients import CLIENTS
from support.every_api import TEXT, ask, served, stream

from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from support.pairs import Pair


@pytest.mark.parametrize("streams", [False, True])
async def test_a_response_is_gone_on_with_by_its_id_where_no_provider_keeps_it(pair: Pair, provider: str, streams: bool) -> None:  # noqa: FBT001
    if provider == "openai":
        provider = "gemini"
    client = CLIENTS["responses"]
    async with served(pair) as (mock, http):
        if streams:
            told, _ = await stream(http, client, f"g-{provider}")
            first = told[-1]["response"]["id"]
        else:
            first = (await ask(http, client, f"g-{provider}")).json()["id"]
        answer = await ask(http, client, f"g-{provider}", previous_response_id=first)
        assert answer.status_code == 200, answer.text
        body = json.loads(mock.requests[-1].body)
        assert TEXT in json.dumps(body)
        assert len(body.get("messages") or body["contents"]) == 3
        unknown = await ask(http, client, f"g-{provider}", previous_response_id="resp_unknown")
        assert unknown.status_code == 400


REASONED: dict[str, dict[str, Any]] = {
    "anthropic": {"reasoning": {"effort": "low"}},
    "gemini": {"reasoning": {"effort": "low"}},
    "openai": {},
}


@contextlib.asynccontextmanager
async def beside_openai(pair: Pair) -> AsyncIterator[tuple[MockProvider, httpx2.AsyncClient]]:
    """A mock, and a client of a sidecar with models that think, one of a provider that has the responses API, and one that has chat."""
    async with MockProvider() as mock:
        root = mock.base_url.removesuffix("/v1")
        config = {
            "providers": {
                "anthropic": {"dialect": "anthropic", "base_url": root, "api_key": "k"},
                "gemini": {"dialect": "gemini", "base_url": root, "api_key": "k"},
                "openai": {"base_url": mock.base_url, "api_key": "k"},
                "own": {"base_url": mock.base_url, "api_key": "k", "responses": True},
            },
            "models": {
                "anthropic": {"provider": "anthropic", "model": "claude-sonnet-4-5"},
                "gemini": {"provider": "gemini", "model": "gemini-3-pro"},
                "openai": {"provider": "openai", "model": "gpt-4o"},
                "own": {"provider": "own", "model": "gpt-5"},
            },
        }
        async with pair(config) as running, httpx2.AsyncClient(base_url=running.address, trust_env=False, timeout=10) as client:
            yield mock, client


@pytest.mark.parametrize("replayed", [False, True])
@pytest.mark.parametrize("calls", [False, True])
async def test_a_response_of_a_model_that_thinks_is_gone_on_with_at_any_other(pair: Pair, replayed: bool, calls: bool) -> None:  # noqa: FBT001
    client = CLIENTS["responses"]
    async with beside_openai(pair) as (mock, http):
        if not calls:
            mock.default = Behaviour(text=TEXT, tool_calls=0)
        for first, reasoning in REASONED.items():
            if first == "openai":
                body: Any = {"id": "c", "choices": [{"message": {"content": TEXT, "reasoning_content": "hm"}, "finish_reason": "stop"}]}
                mock.script("gpt-4o", Behaviour(body=json.dumps(body).encode()))
            for then in ("own", "openai", "anthropic", "gemini"):
                told = (await ask(http, client, first, tool=True, **reasoning)).json()
                assert told["output"][0]["type"] == "reasoning" or first == "openai"
                called = [item["call_id"] for item in told["output"] if item["type"] == "function_call"]
                further: list[Any] = [{"type": "function_call_output", "call_id": each, "output": "mild"} for each in called]
                further.append({"role": "user", "content": "Go on"})
                before = [{"role": "user", "content": "Hello"}, *told["output"]]
                more = {"input": before + further} if replayed else {"input": further, "previous_response_id": told["id"]}
                answer = await ask(http, client, then, tool=True, **more)
                assert answer.status_code == 200, (first, then, answer.text)
                sent = mock.requests[-1].body
                assert "pyproxy." not in sent.decode()
                if first == then == "anthropic":
                    assert b'"signature":"' in sent
                elif first == then == "gemini" and calls:
                    assert b'"thoughtSignature":"' in sent
                    assert b"skip_thought" not in sent
                assert [item["type"] for item in json.loads(sent).get("input", ()) if item.get("type") == "reasoning"] == []
