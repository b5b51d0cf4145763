"""The OpenAI dialect, as HTTP clients and the OpenAI SDK read it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

from pyproxy.providers.mock import Behaviour, MockProvider

HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "please say hello to all the people here"}]
WEATHER: ChatCompletionToolParam = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
CLOCK: ChatCompletionToolParam = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object"}}}


@pytest.fixture
async def sdk(mock: MockProvider) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=mock.base_url, api_key="sk-test", max_retries=0) as client:
        yield client


@pytest.fixture
async def http(mock: MockProvider) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=mock.base_url, trust_env=False) as client:
        yield client


def chat(model: str = "m", **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": HELLO, **more}


async def test_the_sdk_reads_a_plain_answer(sdk: openai.AsyncOpenAI) -> None:
    answer = await sdk.chat.completions.create(model="fast", messages=HELLO)
    assert answer.choices[0].message.content == "This is fast, answering: please say hello to all the"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == "fast"
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == 8
    assert answer.usage.completion_tokens == 10
    assert answer.usage.total_tokens == 18


async def test_the_sdk_reads_a_stream_of_the_same_text(sdk: openai.AsyncOpenAI) -> None:
    stream = await sdk.chat.completions.create(model="fast", messages=HELLO, stream=True)
    chunks = [chunk async for chunk in stream]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == "This is fast, answering: please say hello to all the"
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert all(chunk.usage is None for chunk in chunks)


async def test_a_usage_chunk_comes_only_when_asked_for(sdk: openai.AsyncOpenAI) -> None:
    stream = await sdk.chat.completions.create(model="m", messages=HELLO, stream=True, stream_options={"include_usage": True})
    *_, last = [chunk async for chunk in stream]
    assert last.choices == []
    assert last.usage is not None
    assert last.usage.prompt_tokens == 8


@pytest.mark.parametrize(
    ("text", "chunks", "expected"), [("a b c d", 2, ["a b ", "c d"]), ("a b", 5, ["a ", "b ", "a ", "b ", "a"]), ("a", 0, [])]
)
async def test_the_number_of_chunks_can_be_set(
    sdk: openai.AsyncOpenAI, mock: MockProvider, text: str, chunks: int, expected: list[str]
) -> None:
    mock.default = Behaviour(text=text, chunks=chunks)
    stream = await sdk.chat.completions.create(model="m", messages=HELLO, stream=True)
    assert [chunk.choices[0].delta.content async for chunk in stream if chunk.choices[0].delta.content] == expected
    plain = await sdk.chat.completions.create(model="m", messages=HELLO)
    assert plain.choices[0].message.content == "".join(expected)


async def test_offered_tools_are_called_and_their_result_is_answered_with_text(sdk: openai.AsyncOpenAI) -> None:
    first = await sdk.chat.completions.create(model="m", messages=HELLO, tools=[WEATHER])
    message = first.choices[0].message
    assert first.choices[0].finish_reason == "tool_calls"
    assert message.content is None
    assert message.tool_calls is not None
    (call,) = message.tool_calls
    assert call.type == "function"
    assert (call.function.name, call.function.arguments) == ("weather", "{}")
    result: ChatCompletionMessageParam = {"role": "tool", "tool_call_id": call.id, "content": "rain"}
    asked: ChatCompletionMessageParam = {
        "role": "assistant",
        "tool_calls": [{"id": call.id, "type": "function", "function": {"name": "weather", "arguments": "{}"}}],
    }
    second = await sdk.chat.completions.create(model="m", messages=[*HELLO, asked, result], tools=[WEATHER])
    assert second.choices[0].message.tool_calls is None
    assert second.choices[0].finish_reason == "stop"


async def test_parallel_calls_stream_in_fragments_that_join_to_the_arguments(sdk: openai.AsyncOpenAI, mock: MockProvider) -> None:
    mock.default = Behaviour(tool_calls=2, tool_arguments='{"city": "Lisbon", "days": 3}')
    calls: dict[int, dict[str, str]] = {}
    fragments = 0
    stream = await sdk.chat.completions.create(model="m", messages=HELLO, tools=[WEATHER, CLOCK], stream=True)
    async for chunk in stream:
        for delta in chunk.choices[0].delta.tool_calls or []:
            call = calls.setdefault(delta.index, {"id": delta.id or "", "name": "", "arguments": ""})
            assert delta.function is not None
            call["name"] += delta.function.name or ""
            call["arguments"] += delta.function.arguments or ""
            fragments += 1
        finish = chunk.choices[0].finish_reason
    assert finish == "tool_calls"
    assert [call["name"] for call in calls.values()] == ["weather", "clock"]
    assert {call["arguments"] for call in calls.values()} == {'{"city": "Lisbon", "days": 3}'}
    assert len({call["id"] for call in calls.values()}) == 2
    assert fragments > 4


@pytest.mark.parametrize(
    ("behaviour", "more"),
    [
        (Behaviour(tool_calls=False), {}),
        (Behaviour(tool_calls=0), {}),
        (Behaviour(), {"tool_choice": "none"}),
    ],
)
async def test_tools_can_stay_uncalled(http: httpx2.AsyncClient, mock: MockProvider, behaviour: Behaviour, more: dict[str, Any]) -> None:
    mock.default = behaviour
    answer = await http.post("/chat/completions", json={**chat(tools=[WEATHER]), **more})
    assert "tool_calls" not in answer.json()["choices"][0]["message"]


async def test_the_called_function_can_be_named(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    forced = {"type": "function", "function": {"name": "clock"}}
    answer = await http.post("/chat/completions", json=chat(tools=[WEATHER, CLOCK], tool_choice=forced))
    assert answer.json()["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "clock"
    mock.default = Behaviour(tool_name="unheard_of", tool_arguments="{broken")
    answer = await http.post("/chat/completions", json=chat(tools=[WEATHER]))
    assert answer.json()["choices"][0]["message"]["tool_calls"][0]["function"] == {"name": "unheard_of", "arguments": "{broken"}


@pytest.mark.parametrize("kind", ["json_object", "json_schema"])
async def test_a_json_response_format_is_answered_in_json(http: httpx2.AsyncClient, kind: str) -> None:
    asked: list[dict[str, Any]] = [{"role": "user", "content": "answer in json"}]
    form = {"type": kind, "json_schema": {"name": "answer"}}
    answer = await http.post("/chat/completions", json={"model": "m", "messages": asked, "response_format": form})
    assert "answer" in json.loads(answer.json()["choices"][0]["message"]["content"])


async def test_content_in_parts_is_heard(http: httpx2.AsyncClient) -> None:
    parts = [{"type": "text", "text": "hello there"}, {"type": "image_url", "image_url": {"url": "data:"}}]
    answer = await http.post("/chat/completions", json={"model": "m", "messages": [{"role": "user", "content": parts}]})
    assert answer.json()["choices"][0]["message"]["content"] == "This is m, answering: hello there"


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, openai.BadRequestError, None),
        (401, openai.AuthenticationError, "invalid_api_key"),
        (402, openai.APIStatusError, "payment_required"),
        (403, openai.PermissionDeniedError, "unsupported_country_region_territory"),
        (404, openai.NotFoundError, "model_not_found"),
        (408, openai.APIStatusError, "request_timeout"),
        (409, openai.ConflictError, "resource_conflict"),
        (413, openai.APIStatusError, "request_too_large"),
        (418, openai.APIStatusError, None),
        (422, openai.UnprocessableEntityError, "unprocessable_entity"),
        (429, openai.RateLimitError, "rate_limit_exceeded"),
        (500, openai.InternalServerError, None),
        (502, openai.InternalServerError, "bad_gateway"),
        (503, openai.InternalServerError, "service_unavailable"),
        (529, openai.InternalServerError, "overloaded"),
        (599, openai.InternalServerError, None),
    ],
)
async def test_the_sdk_raises_what_each_status_means(
    sdk: openai.AsyncOpenAI, mock: MockProvider, status: int, kind: type[openai.APIStatusError], code: str | None
) -> None:
    mock.default = Behaviour(status=status)
    with pytest.raises(kind) as caught:
        await sdk.chat.completions.create(model="m", messages=HELLO)
    assert caught.value.status_code == status
    assert caught.value.code == code


async def test_a_known_error_code_brings_its_type_and_message(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    mock.default = Behaviour(status=429, error_code="insufficient_quota")
    answer = await http.post("/chat/completions", json=chat())
    assert answer.status_code == 429
    assert answer.json()["error"]["type"] == "insufficient_quota"
    assert "exceeded your current quota" in answer.json()["error"]["message"]


async def test_retry_after_and_headers_are_sent_verbatim(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    mock.default = Behaviour(status=429, retry_after="1e12", headers={"X-Extra": "1", "Content-Type": "text/html"})
    answer = await http.post("/chat/completions", json=chat())
    assert answer.headers["retry-after"] == "1e12"
    assert answer.headers["x-extra"] == "1"
    assert answer.headers.get_list("content-type") == ["text/html"]


async def test_a_verbatim_body_takes_the_place_of_answer_stream_and_error(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    mock.default = Behaviour(body=b"not json")
    assert (await http.post("/chat/completions", json=chat())).content == b"not json"
    assert (await http.post("/chat/completions", json=chat(stream=True))).content == b"not json"
    mock.default = Behaviour(status=500, body=b"")
    answer = await http.post("/chat/completions", json=chat())
    assert (answer.status_code, answer.content) == (500, b"")


async def test_a_status_without_a_body_has_none(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    mock.default = Behaviour(status=204)
    assert (await http.post("/chat/completions", json=chat())).content == b""


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"messages": []}', b'{"model": "m"}', b'{"model": "m", "messages": ["hi"]}'])
async def test_what_is_not_a_chat_request_is_a_400(http: httpx2.AsyncClient, body: bytes) -> None:
    answer = await http.post("/chat/completions", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


async def test_models_lists_the_scripted_ones(sdk: openai.AsyncOpenAI, mock: MockProvider) -> None:
    assert [model.id async for model in sdk.models.list()] == ["mock-model"]
    mock.script("b", Behaviour())
    mock.script("a", Behaviour())
    assert [model.id async for model in sdk.models.list()] == ["b", "a"]


async def test_unknown_paths_and_methods_are_refused(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/nothing")).status_code == 404
    assert (await http.head("/nothing")).status_code == 404
    wrong = await http.get("/chat/completions")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert (await http.delete("/models")).headers["allow"] == "GET"


async def test_keys_are_checked_only_when_there_are_any() -> None:
    async with MockProvider(api_keys={"sk-right"}) as mock, httpx2.AsyncClient(base_url=mock.base_url, trust_env=False) as http:
        refused = await http.post("/chat/completions", json=chat(), headers={"authorization": "Bearer sk-wrong"})
        assert refused.status_code == 401
        assert refused.json()["error"]["code"] == "invalid_api_key"
        assert (await http.get("/models")).status_code == 401
        assert (await http.get("/models", headers={"authorization": "Bearer sk-right"})).status_code == 200
        assert mock.requests[0].model == "m"


@pytest.mark.parametrize(
    ("prefill", "said"),
    [("continue", "three four"), ("ignore", "one two three four")],
)
async def test_an_answer_that_was_begun_is_gone_on_with_or_begun_anew(
    mock: MockProvider, sdk: openai.AsyncOpenAI, prefill: Any, said: str
) -> None:
    mock.script("m", Behaviour(text="one two three four", prefill=prefill))
    begun: list[ChatCompletionMessageParam] = [*HELLO, {"role": "assistant", "content": "one two "}]
    answer = await sdk.chat.completions.create(model="m", messages=begun)
    assert answer.choices[0].message.content == said


async def test_an_answer_that_was_begun_can_be_refused(mock: MockProvider, sdk: openai.AsyncOpenAI) -> None:
    mock.script("m", Behaviour(prefill="refuse"))
    assert (await sdk.chat.completions.create(model="m", messages=HELLO)).choices[0].finish_reason == "stop"
    with pytest.raises(openai.BadRequestError) as caught:
        await sdk.chat.completions.create(model="m", messages=[*HELLO, {"role": "assistant", "content": "one two "}])
    assert caught.value.code == "invalid_prefill"


async def test_another_beginning_than_the_answer_s_own_is_not_gone_on_with(mock: MockProvider, sdk: openai.AsyncOpenAI) -> None:
    mock.script("m", Behaviour(text="one two", prefill="continue"))
    answer = await sdk.chat.completions.create(model="m", messages=[*HELLO, {"role": "assistant", "content": "two "}])
    assert answer.choices[0].message.content == "one two"


@pytest.mark.parametrize("role", ["system", "developer"])
async def test_tools_are_called_though_the_rules_come_after_the_user(http: httpx2.AsyncClient, role: str) -> None:
    rules = {"role": role, "content": "Be brief."}
    document = (await http.post("/chat/completions", json=chat(messages=[*HELLO, rules], tools=[WEATHER]))).json()
    assert document["choices"][0]["finish_reason"] == "tool_calls"
    said = document["choices"][0]["message"]
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "rain"} for call in said["tool_calls"]]
    after = chat(messages=[*HELLO, said, *results, rules], tools=[WEATHER])
    assert (await http.post("/chat/completions", json=after)).json()["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("n", [1, 3])
async def test_as_many_answers_come_as_are_asked_for(sdk: openai.AsyncOpenAI, n: int) -> None:
    answer = await sdk.chat.completions.create(model="fast", messages=HELLO, n=n)
    assert [choice.index for choice in answer.choices] == list(range(n))
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 10 * n
    said, ended = [""] * n, []
    async for chunk in await sdk.chat.completions.create(model="fast", messages=HELLO, n=n, stream=True):
        for choice in chunk.choices:
            said[choice.index] += choice.delta.content or ""
            ended += [choice.index] if choice.finish_reason else []
    assert (said, ended) == ([answer.choices[0].message.content] * n, list(range(n)))


async def test_more_answers_than_the_api_gives_are_refused(sdk: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="integer above maximum value"):
        await sdk.chat.completions.create(model="fast", messages=HELLO, n=129)
