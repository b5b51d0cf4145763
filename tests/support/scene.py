"""A mock provider, a sidecar over it and a client, for one test."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import httpx2

from pyproxy import Sidecar
from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pyproxy.domain import RequestRecord

TEXT = "one two three four five six seven eight"
PATIENT = {"first_byte": 9, "idle": 9, "total": 9}


class Scene:
    """A mock with two models, `first` and `second`, and a sidecar whose group `g` falls from one to the other."""

    def __init__(self, mock: MockProvider, sidecar: Sidecar, client: httpx2.AsyncClient, records: list[RequestRecord]) -> None:
        self.mock = mock
        self.sidecar = sidecar
        self.client = client
        self.records = records

    async def ask(self, target: str = "g", *, headers: dict[str, str] | None = None, **fields: Any) -> httpx2.Response:
        body = {"model": target, "messages": [{"role": "user", "content": "Hello"}], **fields}
        return await self.client.post("/v1/chat/completions", json=body, headers=headers)

    async def stream(self, target: str = "g") -> tuple[bytes, bool, str]:
        """The bytes received, whether the body ended cleanly, and the path taken."""
        body = {"model": target, "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
        received, clean = bytearray(), True
        async with self.client.stream("POST", "/v1/chat/completions", json=body) as response:
            try:
                async for chunk in response.aiter_raw():
                    received += chunk
            except httpx2.RemoteProtocolError:
                clean = False
        return bytes(received), clean, response.headers["x-pyproxy-attempts"]

    def in_flight(self) -> dict[str, int]:
        return {scope["key"]: scope["in_flight"] for scope in self.sidecar.limits() if scope["in_flight"]}

    async def idle(self) -> None:
        await until(lambda: not self.in_flight())

    async def recorded(self, count: int) -> None:
        await until(lambda: len(self.records) >= count)


async def until(holds: Callable[[], bool], within_s: float = 5) -> None:
    """Wait for what has no event to wait for."""
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def scene(**group: Any) -> AsyncIterator[Scene]:
    """Begin a scene; what is given goes to the group, but for parts that have a name of their own, and for who observes instead."""
    records: list[RequestRecord] = []
    async with MockProvider() as mock:
        mock.default = Behaviour(text=TEXT)
        planner = {"llm_group": "pair", "concurrency_limit": 1, **group.pop("planner", {})}
        first = {"provider": "p", "model": "first", **group.pop("first", {})}
        observers = group.pop("observers", (records.append,))
        config = {
            "providers": {"p": {"dialect": "openai", "base_url": mock.base_url, "api_key": "sk-of-the-sidecar"}},
            "models": {"first": first, "second": {"provider": "p", "model": "second"}},
            "task_groups": {
                "g": {
                    "e1": {"models": ["first"], "max_retries": 0, **group.pop("e1", {})},
                    "e2": {"models": ["second"], "max_retries": 0},
                    "timeouts": {"connect": 1, "first_byte": 0.2, "idle": 0.2, "total": 5},
                    "fallback_config": {"retry_delay": 0.01, "retry_after_wait": 0.0},
                    **group,
                },
                "pair": {"e1": {"models": ["first", "second"]}},
            },
            "nodes": {"planner": planner},
        }
        sidecar = Sidecar(config, observers=observers)
        await sidecar.start(port=0)
        async with sidecar, httpx2.AsyncClient(base_url=sidecar.address, trust_env=False, timeout=10) as client:
            yield Scene(mock, sidecar, client, records)
