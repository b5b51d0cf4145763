"""Every client's API over every provider's: answers, streams and tools."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx2
import pytest
from support.api_clients import CLIENTS, ApiClient
from support.every_api import TEXT, ask, served, stream

from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    from support.pairs import Pair


async def test_an_answer_comes_whole(pair: Pair, client: ApiClient, provider: str) -> None:
    async with served(pair) as (_, http):
        answer = await ask(http, client, f"g-{provider}")
        assert answer.status_code == 200, answer.text
        assert client.text(answer.json()) == TEXT
        assert answer.headers["x-pyproxy-attempts"] == f"g-{provider}.e1/a-{provider}:200"


async def test_a_stream_comes_whole_and_in_pieces(pair: Pair, client: ApiClient, provider: str) -> None:
    async with served(pair) as (_, http):
        told, clean = await stream(http, client, f"g-{provider}")
        assert clean
        assert client.is_whole(told)
        pieces = client.pieces(told)
        assert "".join(pieces) == TEXT
        assert len(pieces) > 4


async def test_tools_are_called_whole_and_in_a_stream(pair: Pair, client: ApiClient, provider: str) -> None:
    async with served(pair) as (mock, http):
        mock.default = Behaviour(tool_calls=2, tool_arguments='{"city": "Köln"}')
        answer = await ask(http, client, f"g-{provider}", tool=True)
        assert client.calls(answer.json()) == [("weather", {"city": "Köln"})] * 2
        told, clean = await stream(http, client, f"g-{provider}", tool=True)
        assert clean
        assert client.is_whole(told)
        assert client.called(told) == [("weather", {"city": "Köln"})] * 2


async def test_half_of_a_surrogate_pair_fails_no_request(pair: Pair, client: ApiClient, provider: str) -> None:
    async with served(pair) as (_, http):
        body = json.dumps(client.body(f"g-{provider}", "Hello \ud800", False, False))  # noqa: FBT003
        answer = await http.post(client.path(f"g-{provider}", False), content=body, headers={"content-type": "application/json"})  # noqa: FBT003
        assert answer.status_code in (200, 400), answer.text


@pytest.mark.parametrize("told", [True, False])
async def test_the_usage_of_a_translated_stream_is_asked_for_where_the_provider_tells_it(pair: Pair, told: bool) -> None:  # noqa: FBT001
    async with MockProvider() as mock:
        config = {
            "providers": {"p": {"base_url": mock.base_url, "api_key": "k", "stream_usage": told}},
            "models": {"m": {"provider": "p", "model": "m"}},
            "task_groups": {"g": {"e1": {"models": ["m"]}}},
        }
        async with pair(config) as running, httpx2.AsyncClient(base_url=running.address, trust_env=False, timeout=10) as http:
            events_told, clean = await stream(http, CLIENTS["anthropic"], "g")
        assert clean
        assert (events_told[-2]["usage"]["output_tokens"] > 0) is told
        assert ("stream_options" in json.loads(mock.requests[-1].body)) is told
