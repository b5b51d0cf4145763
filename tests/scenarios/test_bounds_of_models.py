"""What clients ask of models that take less of it: shorter answers, fewer words for how much to think. A rescue is no reason to fail."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from support.api_clients import CLIENTS
from support.pairs import PAIRS

from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from support.api_clients import ApiClient

MODELS = {
    "gpt-4o": ("openai", 16_384),
    "gpt-4o-mini": ("openai", 16_384),
    "gpt-4.1": ("openai", 32_768),
    "o4-mini": ("openai", 100_000),
    "gpt-5.1": ("openai", 128_000),
    "gpt-5-mini": ("openai", 128_000),
    "gpt-5.2": ("openai", 128_000),
    "gpt-5.6": ("openai", 128_000),
    "deepseek-chat": ("openai", 8_192),
    "gemini-2.0-flash": ("gemini", 8_192),
    "gemini-2.5-pro": ("gemini", 65_536),
    "gemini-2.5-flash": ("gemini", 65_536),
    "gemini-2.5-flash-lite": ("gemini", 65_536),
    "gemini-3-pro-preview": ("gemini", 65_536),
    "gemini-3-flash-preview": ("gemini", 65_536),
    "gemini-3.1-pro-preview": ("gemini", 65_536),
    "claude-3-5-haiku-latest": ("anthropic", 8_192),
    "claude-sonnet-4-5": ("anthropic", 64_000),
    "claude-opus-5": ("anthropic", 128_000),
}
DIALECTS = {client.name: client for name, client in CLIENTS.items() if name != "responses"}


@contextlib.asynccontextmanager
async def served() -> AsyncIterator[tuple[MockProvider, httpx2.AsyncClient]]:
    """A mock that is as strict as the APIs are, and a client of a sidecar with well-known models, and `rescued`, whose first one fails."""
    async with MockProvider() as mock:
        root = mock.base_url.removesuffix("/v1")
        providers = {name: {"dialect": name, "base_url": root + ("/v1" if name == "openai" else ""), "api_key": "k"} for name in DIALECTS}
        models = {model: {"provider": dialect, "model": model} for model, (dialect, _) in MODELS.items()}
        models["failing"] = {"provider": "anthropic", "model": "m?status=503"}
        groups = {rescue(model): {"e1": {"models": ["failing"]}, "e2": {"models": [model]}} for model in MODELS}
        config = {"providers": providers, "models": models, "task_groups": groups}
        async with (
            next(iter(PAIRS.values()))(config) as running,
            httpx2.AsyncClient(base_url=running.address, trust_env=False, timeout=10) as client,
        ):
            yield mock, client


def rescue(model: str) -> str:
    return f"rescued-by-{model.replace('.', '-')}"


async def ask(http: httpx2.AsyncClient, client: ApiClient, target: str, **more: Any) -> httpx2.Response:
    return await http.post(client.path(target, False), json={**client.body(target, "Hello", False, False), **more})  # noqa: FBT003


def bounded(client: str, most: int) -> dict[str, Any]:
    if client == "gemini":
        return {"generationConfig": {"maxOutputTokens": most}}
    return {{"openai": "max_completion_tokens", "responses": "max_output_tokens"}.get(client, "max_tokens"): most}


def bound(asked: dict[str, Any]) -> int:
    settings = {**asked, **asked.get("generationConfig", {})}
    sent: list[int] = [settings[name] for name in ("max_tokens", "max_completion_tokens", "maxOutputTokens") if name in settings]
    return sent[0]


TOLD = {
    "openai": "max_completion_tokens",
    "anthropic": "max_tokens",
    "responses": "max_output_tokens",
    "gemini": "generationConfig.maxOutputTokens",
}


@pytest.mark.parametrize("client", CLIENTS.values(), ids=list(CLIENTS))
async def test_no_model_of_another_api_is_asked_for_more_than_its_longest_answer(client: ApiClient) -> None:
    async with served() as (mock, http):
        for model, (dialect, longest) in MODELS.items():
            if dialect == client.name:
                continue
            answer = await ask(http, client, model, **bounded(client.name, 200_000))
            assert answer.status_code == 200, (model, answer.text)
            assert (bound(json.loads(mock.requests[-1].body)), answer.headers["x-pyproxy-lossy"]) == (longest, TOLD[client.name]), model
            answer = await ask(http, client, model, **bounded(client.name, 4_000))
            assert (bound(json.loads(mock.requests[-1].body)), "x-pyproxy-lossy" in answer.headers) == (4_000, False), model


@pytest.mark.parametrize("client", CLIENTS.values(), ids=list(CLIENTS))
async def test_a_rescue_does_not_fail_for_a_bound_that_was_meant_for_another_model(client: ApiClient) -> None:
    async with served() as (mock, http):
        for model, (_, longest) in MODELS.items():
            answer = await ask(http, client, rescue(model), **bounded(client.name, 200_000))
            assert answer.status_code == 200, (model, answer.text)
            assert (bound(json.loads(mock.requests[-1].body)), answer.headers["x-pyproxy-lossy"]) == (longest, TOLD[client.name]), model


async def test_a_client_that_asks_a_model_for_too_much_in_its_own_api_is_told_so_by_its_provider() -> None:
    async with served() as (mock, http):
        body = b'{"model": "gpt-4o", "max_tokens": 32000, "messages": [{"role": "user", "content": "Hello"}]}'
        answer = await http.post("/v1/chat/completions", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, mock.requests[-1].body) == (400, body)
        assert answer.json()["error"]["message"].startswith("max_tokens is too large: 32000. This model supports at most 16384")


async def test_a_rescue_in_the_client_s_own_api_changes_no_byte_but_the_bound() -> None:
    async with served() as (mock, http):
        body = b'{"model": "%s",  "max_tokens": 32000, "messages": [{"role": "user", "content": "max_tokens: 32000"}], "seed":1 }'
        await http.post("/v1/chat/completions", content=body % b"rescued-by-gpt-4o", headers={"content-type": "application/json"})
        assert mock.requests[-1].body == (body % b"gpt-4o").replace(b" 32000,", b" 16384,")


async def test_a_stream_is_rescued_within_the_bounds_of_its_rescuer() -> None:
    async with served() as (mock, http):
        mock.script("m?status=503", Behaviour(error_after=0))
        client = CLIENTS["openai"]
        body = {**client.body("rescued-by-gpt-4o", "Hello", True, False), "max_completion_tokens": 20_000}  # noqa: FBT003
        answer = await http.post(client.path("rescued-by-gpt-4o", True), json=body)  # noqa: FBT003
        assert (answer.status_code, answer.headers["x-pyproxy-lossy"]) == (200, "max_completion_tokens")
        assert json.loads(mock.requests[-1].body)["max_completion_tokens"] == 16_384


EFFORTS = ("low", "medium", "high", "xhigh", "max")
THOUGHTS: dict[str, list[dict[str, Any]]] = {
    "openai": [{"reasoning_effort": effort} for effort in ("none", "minimal", *EFFORTS)],
    "responses": [{"reasoning": {"effort": effort}} for effort in ("none", "minimal", *EFFORTS)],
    "anthropic": [
        *({"output_config": {"effort": effort}} for effort in EFFORTS),
        {"thinking": {"type": "disabled"}},
        {"thinking": {"type": "adaptive"}},
        *({"thinking": {"type": "enabled", "budget_tokens": budget}} for budget in (1_024, 5_000, 30_000)),
    ],
    "gemini": [
        *({"thinkingLevel": level} for level in ("MINIMAL", "LOW", "MEDIUM", "HIGH")),
        *({"thinkingBudget": budget} for budget in (-1, 0, 128, 1_024, 8_000, 32_768)),
    ],
}


@pytest.mark.parametrize("client", CLIENTS.values(), ids=list(CLIENTS))
async def test_however_hard_a_model_of_another_api_is_asked_to_think_it_takes_the_word_for_it(client: ApiClient) -> None:
    async with served() as (_, http):
        for model, (dialect, _) in MODELS.items():
            for thoughts in THOUGHTS[client.name] if dialect != client.name else []:
                asked = (
                    {"generationConfig": {"thinkingConfig": thoughts, "maxOutputTokens": 40_000}} if client.name == "gemini" else thoughts
                )
                answer = await ask(http, client, model, **({"max_tokens": 40_000} if client.name == "anthropic" else {}), **asked)
                assert answer.status_code == 200, (model, thoughts, answer.text)
