"""Every client's API over every provider's: what cannot be carried, and what is asked in a way that is taken."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx2
from support.api_clients import CLIENTS, ApiClient
from support.every_api import ask, served

from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    from support.pairs import Pair


async def test_what_cannot_be_carried_is_said(pair: Pair) -> None:
    async with served(pair) as (_, http):
        answer = await ask(http, CLIENTS["openai"], "g-anthropic", logit_bias={"5": 1}, seed=7)
        assert answer.status_code == 200
        assert {"logit_bias", "seed"} <= set(answer.headers["x-pyproxy-lossy"].split(", "))
        assert "x-pyproxy-lossy" not in (await ask(http, CLIENTS["openai"], "g-openai", seed=7)).headers


async def test_what_has_no_meaning_elsewhere_is_refused_or_asked_where_it_has_one(pair: Pair) -> None:
    async with served(pair) as (mock, http):
        refused = await ask(http, CLIENTS["openai"], "g-anthropic", n=2)
        assert refused.status_code == 400
        assert refused.json()["error"]["code"] == "untranslatable"
        assert mock.arrived == 0
        mock.script("m-openai", Behaviour(status=503))
        answer = await ask(http, CLIENTS["openai"], "g", n=2)
        assert answer.headers["x-pyproxy-attempts"] == (
            "g.e-openai/a-openai:503, g.e-anthropic/a-anthropic:untranslatable, g.e-gemini/a-gemini:200"
        )


async def test_what_another_api_would_refuse_is_asked_of_it_in_its_own_way(pair: Pair) -> None:
    async with MockProvider() as mock:
        root = mock.base_url.removesuffix("/v1")
        config = {
            "providers": {"o": {"base_url": mock.base_url, "api_key": "k"}, "g": {"dialect": "gemini", "base_url": root, "api_key": "k"}},
            "models": {"gpt": {"provider": "o", "model": "gpt-4o"}, "flash": {"provider": "g", "model": "gemini-2.5-flash"}},
        }
        async with pair(config) as running, httpx2.AsyncClient(base_url=running.address, trust_env=False) as http:
            beside_tools = await ask(http, CLIENTS["openai"], "flash", tool=True, response_format={"type": "json_object"})
            assert (beside_tools.status_code, beside_tools.headers["x-pyproxy-lossy"]) == (200, "response_format")
            without_the_word = await ask(http, CLIENTS["gemini"], "gpt", generationConfig={"responseMimeType": "application/json"})
            assert (without_the_word.status_code, "x-pyproxy-lossy" in without_the_word.headers) == (200, False)


async def test_what_an_echelon_puts_into_requests_fails_none_to_a_reasoning_model(pair: Pair, client: ApiClient) -> None:
    models = {f"{name}-{provider}": (provider, name) for name in ("gpt-5", "gpt-5.1", "o3") for provider in ("chat", "responses")}
    models["claude"] = ("messages", "claude-opus-4-7")
    defaults = {"temperature": 0.3, "top_p": 0.5, "max_tokens": 77, "stop": ["X"], "frequency_penalty": 0.1, "presence_penalty": 0.1}
    async with MockProvider() as mock:
        config = {
            "providers": {
                "chat": {"base_url": mock.base_url, "api_key": "k"},
                "responses": {"base_url": mock.base_url, "api_key": "k", "responses": True},
                "messages": {"dialect": "anthropic", "base_url": mock.base_url, "api_key": "k"},
            },
            "models": {label: {"provider": provider, "model": name} for label, (provider, name) in models.items()},
            "task_groups": {f"g{number}": {"e1": {"models": [label], **defaults}} for number, label in enumerate(models)},
        }
        async with pair(config) as running, httpx2.AsyncClient(base_url=running.address, trust_env=False, timeout=10) as http:
            for number, label in enumerate(models):
                answer = await ask(http, client, f"g{number}")
                assert (answer.status_code, answer.headers.get("x-pyproxy-lossy")) == (200, None), (label, answer.text)
                sent = json.loads(mock.requests[-1].body)
                bounds = {name: value for name, value in sent.items() if name.startswith("max_")}
                assert list(bounds.values()) == [99 if client.name == "anthropic" else 77], label
            older = await http.post("/v1/completions", json={"model": "g0", "prompt": "Hello"})
            assert older.status_code == 200, older.text
            assert json.loads(mock.requests[-1].body) == {"model": "gpt-5", "prompt": "Hello", "max_tokens": 77}
