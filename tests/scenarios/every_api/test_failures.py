"""Every client's API over every provider's: errors, streams that break off, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.every_api import PROVIDERS, TEXT, ask, served, stream

from pyproxy.providers.mock import Behaviour

if TYPE_CHECKING:
    from support.api_clients import ApiClient
    from support.pairs import Pair


async def test_a_refusal_is_told_in_the_words_of_the_provider_and_the_shape_of_the_client(
    pair: Pair, client: ApiClient, provider: str
) -> None:
    async with served(pair) as (mock, http):
        mock.default = Behaviour(status=400, error=(None, None, "You may not say «no»."))
        answer = await ask(http, client, f"g-{provider}")
        assert answer.status_code == 400
        assert client.error(answer.json(), 400) == "You may not say «no»."
        assert answer.headers["x-should-retry"] == "false"
        assert mock.arrived == 1


async def test_a_refusal_without_json_is_told_in_its_words_to_clients_of_another_api(pair: Pair, client: ApiClient, provider: str) -> None:
    body = b"<html><head><title>payload too large</title></head></html>"
    async with served(pair) as (mock, http):
        mock.default = Behaviour(status=413, body=body)
        answer = await ask(http, client, f"g-{provider}")
        assert answer.status_code == 413
        if client.name == provider:
            assert answer.content == body
            return
        assert client.error(answer.json(), 413) == "payload too large"
        if client.name == "anthropic":
            assert answer.json()["error"]["type"] == "request_too_large"


async def test_a_rate_limit_is_told_with_the_time_to_wait(pair: Pair, client: ApiClient, provider: str) -> None:
    async with served(pair) as (mock, http):
        mock.default = Behaviour(status=429, retry_after="7")
        answer = await ask(http, client, f"g-{provider}")
        assert answer.status_code == 429
        assert 6 <= int(answer.headers["retry-after"]) <= 7
        assert answer.headers["x-should-retry"] == "false"
        assert client.error(answer.json(), 429)


@pytest.mark.parametrize("fault", ["cut_after", "reset_after", "stall_after", "error_after", "finish_early_after", "malformed_after"])
async def test_a_stream_that_breaks_off_is_never_whole(pair: Pair, client: ApiClient, provider: str, fault: str) -> None:
    async with served(pair) as (mock, http):
        mock.default = Behaviour(text=TEXT, **{fault: 3})  # type: ignore[arg-type]
        told, clean = await stream(http, client, f"g-{provider}")
        assert not clean
        assert client.broken(told[-1])
        assert not client.is_whole(told)
        if client.name == "responses":
            numbers = [event["sequence_number"] for event in told if event["type"] != "ping"]
            assert numbers == list(range(len(numbers))), "the error goes on with the stream's numbering"
        assert TEXT.startswith("".join(client.pieces(told)))


async def test_one_that_fails_before_its_content_is_rescued_by_a_provider_of_another_api(pair: Pair, client: ApiClient) -> None:
    async with served(pair) as (mock, http):
        mock.script("m-openai", Behaviour(status=503))
        mock.script("m-anthropic", Behaviour(cut_after=0))
        told, clean = await stream(http, client, "g")
        assert clean
        assert client.is_whole(told)
        assert "".join(client.pieces(told)) == TEXT
        assert [request.model for request in mock.requests] == ["m-openai", "m-anthropic", "m-gemini"]


async def test_who_speaks_the_clients_api_goes_first_among_equals(pair: Pair, client: ApiClient) -> None:
    speaks = "openai" if client.name == "responses" else client.name
    async with served(pair) as (mock, http):
        for _ in range(4):
            assert (await ask(http, client, "mixed")).status_code == 200
        asked = {request.model for request in mock.requests}
        assert asked == ({f"m-{name}" for name in PROVIDERS} if client.name == "responses" else {f"m-{speaks}"})


async def test_a_web_socket_is_turned_down_so_that_codex_goes_on_over_http(pair: Pair) -> None:
    async with served(pair) as (_, http):
        assert (await http.get("/v1/responses")).status_code == 426
        assert (await http.head("/api/hello")).status_code < 300


async def test_a_target_that_is_not_there_is_told_in_the_shape_that_the_list_has(pair: Pair) -> None:
    async with served(pair) as (_, http):
        openai = await http.get("/v1/models/nobody")
        anthropic = await http.get("/v1/models/nobody", headers={"anthropic-version": "2023-06-01"})
        google = [await http.get("/v1/models/nobody", headers={"x-goog-api-key": "k"}), await http.get("/v1beta/models/nobody")]
        assert {answer.status_code for answer in (openai, anthropic, *google)} == {404}
        assert openai.json()["error"]["code"] == "model_not_found"
        assert anthropic.json()["error"]["type"] == "not_found_error"
        assert [answer.json()["error"]["status"] for answer in google] == ["NOT_FOUND"] * 2


async def test_a_body_that_is_nested_without_end_or_holds_an_endless_number_is_refused_where_it_must_be_translated(pair: Pair) -> None:
    async with served(pair) as (_, http):
        body = '{"model": "g-%s", "messages": [{"role": "user", "content": "x"}], "metadata": %s}'
        for odd in ('{"a":' * 5000 + "1" + "}" * 5000, "1e999", "9" * 5000):
            for provider in ("anthropic", "gemini"):
                content = body % (provider, odd)
                answer = await http.post("/v1/chat/completions", content=content, headers={"content-type": "application/json"})
                assert (answer.status_code, answer.json()["error"]["code"]) == (400, "untranslatable")


async def test_an_overload_is_told_with_a_status_of_the_clients_api(pair: Pair, client: ApiClient) -> None:
    async with served(pair) as (mock, http):
        mock.default = Behaviour(status=529)
        alone = await ask(http, client, "g-anthropic")
        everywhere = await ask(http, client, "g")
        assert "g-anthropic.e1/a-anthropic:529" in alone.headers["x-pyproxy-attempts"]
        expected = 529 if client.name == "anthropic" else 503
        assert (alone.status_code, everywhere.status_code) == (expected, expected)
        if client.name == "gemini":
            assert alone.json()["error"]["code"] == everywhere.json()["error"]["code"] == expected
