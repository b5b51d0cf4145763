"""A sidecar with a model at each kind of provider, and clients of every API."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import httpx2
from support.api_clients import ApiClient, events

from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from support.pairs import Pair

PROVIDERS = ("openai", "anthropic", "gemini")
TEXT = "one two three four five six seven eight"


@contextlib.asynccontextmanager
async def served(
    pair: Pair, *, nodes: Mapping[str, Any] | None = None, **group: Any
) -> AsyncIterator[tuple[MockProvider, httpx2.AsyncClient]]:
    """A mock, and a client of a sidecar with a model at each kind of provider; `g` falls from `a-openai` to `a-anthropic` to `a-gemini`."""
    async with MockProvider() as mock:
        mock.default = Behaviour(text=TEXT)
        root = mock.base_url.removesuffix("/v1")
        config = {
            "providers": {
                name: {"dialect": name, "base_url": root + ("/v1" if name == "openai" else ""), "api_key": "k"} for name in PROVIDERS
            },
            "models": {f"a-{name}": {"provider": name, "model": f"m-{name}"} for name in PROVIDERS},
            "task_groups": {
                "g": {
                    **{f"e-{name}": {"models": [f"a-{name}"], "max_retries": 0} for name in PROVIDERS},
                    "timeouts": {"connect": 1, "first_byte": 0.5, "idle": 0.3, "total": 5},
                    "fallback_config": {"retry_delay": 0.01, "retry_after_wait": 0.0},
                    **group,
                },
                "mixed": {"e1": {"models": [f"a-{name}" for name in PROVIDERS]}},
                **{f"g-{name}": {"e1": {"models": [f"a-{name}"], "max_retries": 0}, "timeouts": {"idle": 0.3}} for name in PROVIDERS},
            },
            "nodes": nodes or {},
        }
        async with pair(config) as running, httpx2.AsyncClient(base_url=running.address, trust_env=False, timeout=10) as client:
            yield mock, client
            async with asyncio.timeout(5):
                while running.in_flight():  # noqa: ASYNC110 - there is no event for it
                    await asyncio.sleep(0)


async def ask(http: httpx2.AsyncClient, client: ApiClient, target: str, *, tool: bool = False, **more: Any) -> httpx2.Response:
    return await http.post(client.path(target, False), json={**client.body(target, "Hello", False, tool), **more})  # noqa: FBT003


async def stream(http: httpx2.AsyncClient, client: ApiClient, target: str, *, tool: bool = False) -> tuple[list[dict[str, Any]], bool]:
    """The events that came, and whether the body ended cleanly."""
    received, clean = bytearray(), True
    body = client.body(target, "Hello", True, tool)  # noqa: FBT003
    async with http.stream("POST", client.path(target, True), json=body) as response:  # noqa: FBT003
        assert response.headers["content-type"].startswith("text/event-stream"), await response.aread()
        try:
            async for chunk in response.aiter_raw():
                received += chunk
        except httpx2.RemoteProtocolError:
            clean = False
    return events(bytes(received)), clean
