"""What answers cost where a cache is used, over sockets: a mock of Anthropic tells what it reads and writes, and for how long."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from pyproxy import Sidecar
from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOKEN = {"authorization": "Bearer a-token-for-tests"}
# Each kind of token has digits of its own in the sum.
PRICE = {"input": 1e6, "cached_input": 1e4, "cache_write": 1e2, "cache_write_1h": 1, "output": 0.01}
PLAIN, FOR_MINUTES, FOR_AN_HOUR, SAID = 3, 4, 2, 5


def cost(*, plain: int, read: int = 0, minutes: int = 0, hour: int = 0, said: int = SAID) -> Any:
    return pytest.approx(plain + read / 1e2 + minutes / 1e4 + hour / 1e6 + said / 1e8, abs=1e-9)


def marked(text: str, ttl: str) -> dict[str, Any]:
    return {"type": "text", "text": text, "cache_control": {"type": "ephemeral", "ttl": ttl}}


MESSAGE = {
    "model": "g",
    "max_tokens": 50,
    "system": [marked("be brief", "1h")],
    "messages": [{"role": "user", "content": [marked("this is for minutes", "5m"), {"type": "text", "text": "and not this"}]}],
}


class Till:
    """A sidecar over a model of Anthropic's that has a price."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http

    async def ask(self, path: str, body: dict[str, Any], *, stream: bool) -> None:
        answer = await self.http.post(path, json={**body, "stream": stream}, headers={"x-pyproxy-node": "n"})
        assert answer.status_code == 200, answer.text

    async def counted(self, name: str) -> float:
        """A metric of the group and the model; nothing where there is none."""
        text = (await self.http.get("/metrics")).text
        head = f'pyproxy_{name}_total{{target="g",model="claude"}} '
        return next((float(line.removeprefix(head)) for line in text.splitlines() if line.startswith(head)), 0.0)

    async def view(self, name: str) -> Any:
        return (await self.http.get(f"/admin/v1/{name}", headers=TOKEN)).json()


@contextlib.asynccontextmanager
async def till() -> AsyncIterator[Till]:
    async with MockProvider() as mock:
        mock.default = Behaviour(text="one two three four five")
        root = mock.base_url.removesuffix("/v1")
        config = {
            "server": {"admin_token": "a-token-for-tests"},
            "providers": {"anthropic": {"dialect": "anthropic", "base_url": root, "api_key": "k"}},
            "models": {"claude": {"provider": "anthropic", "model": "claude-sonnet-4-5", "price": PRICE}},
            "task_groups": {"g": {"e1": {"models": ["claude"]}}},
            "nodes": {"n": {"llm_group": "g"}},
        }
        async with Sidecar(config) as sidecar:
            await sidecar.start(port=0)
            async with httpx2.AsyncClient(base_url=sidecar.address, trust_env=False, timeout=10) as http:
                yield Till(http)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
async def test_what_is_written_to_a_cache_costs_by_its_life_and_what_is_read_later_costs_as_that(stream: bool) -> None:  # noqa: FBT001
    async with till() as on:
        await on.ask("/v1/messages", MESSAGE, stream=stream)
        first = cost(plain=PLAIN, minutes=FOR_MINUTES, hour=FOR_AN_HOUR)
        assert await on.counted("cost") == first
        (model,), (node,) = (await on.view("models"))["models"], (await on.view("nodes"))["nodes"]
        assert (model["answered"]["cost"], node["asked"]["cost"], node["asked"]["cost_per_request"]) == (first, first, first)
        written = {"cache_write": FOR_MINUTES, "cache_write_1h": FOR_AN_HOUR}
        tokens = {"input": PLAIN + FOR_MINUTES + FOR_AN_HOUR, "output": SAID, "cached_input": 0, **written}
        assert model["answered"]["tokens"] == node["asked"]["tokens"] == tokens
        await on.ask("/v1/messages", MESSAGE, stream=stream)
        again = cost(plain=2 * PLAIN, read=FOR_MINUTES + FOR_AN_HOUR, minutes=FOR_MINUTES, hour=FOR_AN_HOUR, said=2 * SAID)
        assert await on.counted("cost") == again
        assert (await on.view("status"))["traffic"]["cost"] == again
        counted = {name: await on.counted(f"{name}_tokens") for name in ("cached_input", "cache_write", "cache_write_1h")}
        assert counted == {"cached_input": FOR_MINUTES + FOR_AN_HOUR, **written}


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
async def test_clients_of_another_api_are_counted_as_the_provider_counts(stream: bool) -> None:  # noqa: FBT001
    async with till() as on:
        body = {"model": "g", "messages": [{"role": "user", "content": [marked("this is for an hour", "1h")]}]}
        await on.ask("/v1/chat/completions", body, stream=stream)
        assert await on.counted("cost") == cost(plain=0, hour=5)
