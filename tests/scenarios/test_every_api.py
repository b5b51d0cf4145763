"""Every client's API over every provider's: answers, streams, tools, errors and streams that break off."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from support.api_clients import CLIENTS, ApiClient, events
from support.pairs import PAIRS, Pair

from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

PROVIDERS = ("openai", "anthropic", "gemini")
TEXT = "one two three four five six seven eight"


@pytest.fixture(params=PAIRS.values(), ids=list(PAIRS))
def pair(request: pytest.FixtureRequest) -> Pair:
    chosen: Pair = request.param
    return chosen


@pytest.fixture(params=PROVIDERS, ids=lambda provider: f"from {provider}")
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=CLIENTS.values(), ids=lambda client: f"{client.name} client")
def client(request: pytest.FixtureRequest) -> ApiClient:
    chosen: ApiClient = request.param
    return chosen


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


async def test_the_body_passes_to_the_providers_own_api_byte_for_byte(pair: Pair) -> None:
    sent = {
        "/v1/messages?beta=true": (
            b'{ "max_tokens":9,"model" : "g-anthropic", "metadata":{"user_id":"\xc3\xa9"},'
            b'"messages":[{"role":"user","content":"\\u00e9"}] }'
        ),
        "/v1beta/models/g-gemini:generateContent": b'{"contents" :[ {"parts":[{"text":"\xc3\xa9"}]}],\n "generationConfig":{}}',
    }
    async with served(pair) as (mock, http):
        for path, body in sent.items():
            headers = {
                "content-type": "application/json",
                "anthropic-beta": "b-1",
                "anthropic-version": "2023-06-01",
                "x-api-key": "client's",
            }
            assert (await http.post(path, content=body, headers=headers)).status_code == 200
            seen = mock.requests[-1]
            assert seen.body == body.replace(b'"g-anthropic"', b'"m-anthropic"')
            assert seen.header("anthropic-beta") == "b-1"
            assert "client's" not in str(seen.headers)
        assert mock.requests[0].path == "/v1/messages?beta=true"


async def test_tokens_are_counted_by_the_provider_or_estimated(pair: Pair) -> None:
    body = {"model": "g-anthropic", "messages": [{"role": "user", "content": "Hello " * 100}]}
    async with served(pair) as (mock, http):
        counted = await http.post("/v1/messages/count_tokens", json=body)
        assert counted.json()["input_tokens"] >= 100
        assert "x-pyproxy-lossy" not in counted.headers
        estimated = await http.post("/v1/messages/count_tokens", json={**body, "model": "g-openai"})
        assert 100 <= estimated.json()["input_tokens"] <= 300
        assert "estimate" in estimated.headers["x-pyproxy-lossy"]
        assert mock.arrived == 1


async def test_tokens_are_counted_with_the_system_prompt_of_a_node(pair: Pair) -> None:
    turns: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello"}]}
    contents: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
    said, own = "word " * 100, {"parts": [{"text": "be brief"}]}
    nodes = {"asker": {"llm_group": "g", "system_prompt": said}}
    async with served(pair, nodes=nodes) as (mock, http):

        async def count(path: str, body: dict[str, Any], node: str = "asker") -> int:
            answer = await http.post(path, json=body, headers={"x-pyproxy-node": node})
            assert answer.status_code == 200, answer.text
            told = answer.json()
            return int(told.get("input_tokens") or told["totalTokens"])

        for provider in PROVIDERS:
            messages, gemini = "/v1/messages/count_tokens", f"/v1beta/models/g-{provider}:countTokens"
            asked = {**turns, "model": f"g-{provider}"}
            assert await count(messages, asked) >= 100 > await count(messages, asked, "nobody")
            assert await count(gemini, contents) >= 100 > await count(gemini, contents, "nobody")
            if provider == "gemini":
                assert json.loads(mock.requests[-2].body)["generateContentRequest"]["model"] == "models/m-gemini"
            whole = {"generateContentRequest": {"model": f"models/g-{provider}", **contents}}
            assert await count(gemini, whole) >= 100
        assert await count("/v1/messages/count_tokens", {**turns, "model": "g-anthropic", "system": "be brief"}) < 100
        assert await count("/v1beta/models/g-gemini:countTokens", {"generateContentRequest": {**contents, "systemInstruction": own}}) < 100
        assert json.loads(mock.requests[-1].body)["generateContentRequest"]["systemInstruction"] == own


async def test_embeddings_come_from_providers_that_have_them(pair: Pair) -> None:
    async with served(pair) as (_, http):
        for target in ("g-openai", "g-gemini"):
            answer = await http.post("/v1/embeddings", json={"model": target, "input": ["a", "b"]})
            assert [len(item["embedding"]) > 1 for item in answer.json()["data"]] == [True, True], answer.text
            one = await http.post(f"/v1beta/models/{target}:embedContent", json={"content": {"parts": [{"text": "a"}]}})
            assert len(one.json()["embedding"]["values"]) > 1, one.text
        nobody = await http.post("/v1/embeddings", json={"model": "g-anthropic", "input": "a"})
        assert (nobody.status_code, nobody.json()["error"]["code"]) == (400, "operation_unavailable")


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


async def test_a_web_socket_is_turned_down_so_that_codex_goes_on_over_http(pair: Pair) -> None:
    async with served(pair) as (_, http):
        assert (await http.get("/v1/responses")).status_code == 426
        assert (await http.head("/api/hello")).status_code < 300


async def test_models_are_listed_in_four_shapes(pair: Pair) -> None:
    async with served(pair) as (_, http):
        listed = {
            "data.0.object": await http.get("/v1/models"),
            "data.0.display_name": await http.get("/v1/models?limit=1000", headers={"anthropic-version": "2023-06-01"}),
            "models.0.name": await http.get("/v1beta/models", headers={"x-goog-api-key": "k"}),
            "models.0.slug": await http.get("/v1/models?client_version=0.160.0"),
        }
        for place, answer in listed.items():
            found: Any = answer.json()
            for step in place.split("."):
                found = found[int(step) if step.isdigit() else step]
            assert found
            assert "g-gemini" in answer.text


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


async def test_half_of_a_surrogate_pair_fails_no_request(pair: Pair, client: ApiClient, provider: str) -> None:
    async with served(pair) as (_, http):
        body = json.dumps(client.body(f"g-{provider}", "Hello \ud800", False, False))  # noqa: FBT003
        answer = await http.post(client.path(f"g-{provider}", False), content=body, headers={"content-type": "application/json"})  # noqa: FBT003
        assert answer.status_code in (200, 400), answer.text


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
