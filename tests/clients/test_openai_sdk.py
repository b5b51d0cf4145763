"""The official openai SDK, unchanged, with its own defaults."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionMessageFunctionToolCall

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
    from support.processes import Mock, Served

HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hello"}]
WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
TIME: ChatCompletionToolParam = {"type": "function", "function": {"name": "time", "parameters": {"type": "object", "properties": {}}}}


def test_a_whole_answer_is_read(openai_client: OpenAI) -> None:
    answer = openai_client.chat.completions.create(model="plain", messages=HELLO)
    assert answer.choices[0].message.content == "This is plain, answering: Hello"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_the_response_headers_say_the_path_taken(openai_client: OpenAI) -> None:
    raw = openai_client.chat.completions.with_raw_response.create(
        model="fast_group", messages=HELLO, extra_headers={"x-request-id": "mine-1"}
    )
    assert raw.headers["x-request-id"] == "mine-1"
    assert raw.headers["x-pyproxy-target"] == "fast_group"
    assert raw.headers["x-pyproxy-model"] == "plain"
    assert raw.headers["x-pyproxy-provider"] == "mock"
    *failed, last = raw.headers["x-pyproxy-attempts"].split(", ")
    assert set(failed) == {"fast_group.echelon1/broken:503"}
    assert last == "fast_group.echelon2/plain:200"
    assert raw.parse().choices[0].message.content == "This is plain, answering: Hello"


def test_an_alias_is_a_target(openai_client: OpenAI) -> None:
    raw = openai_client.chat.completions.with_raw_response.create(model="gpt-4o", messages=HELLO)
    assert (raw.headers["x-pyproxy-target"], raw.headers["x-pyproxy-model"]) == ("gpt-4o", "plain")


def test_the_client_s_key_stays_here_and_the_provider_s_is_never_sent_back(openai_client: OpenAI, provider: Mock) -> None:
    raw = openai_client.chat.completions.with_raw_response.create(model="plain", messages=HELLO, extra_headers={"x-api-key": "client-key"})
    seen = provider.requests("plain")[-1]
    assert "client-key" not in json.dumps(seen)
    assert "x-api-key" not in {name.lower() for name, _ in seen["headers"]}
    assert "provider-key" not in str(raw.headers) + raw.text


def test_unknown_fields_of_the_body_pass(openai_client: OpenAI, provider: Mock) -> None:
    openai_client.chat.completions.create(
        model="plain-lenient", messages=HELLO, extra_body={"x_new": {"deep": [1, None]}}, temperature=0.25
    )
    (body,) = provider.bodies("plain-lenient?lenient")
    assert (body["x_new"], body["temperature"], body["model"]) == ({"deep": [1, None]}, 0.25, "plain-lenient?lenient")


def test_a_stream_arrives_word_by_word(openai_client: OpenAI) -> None:
    with openai_client.chat.completions.create(model="worded", messages=HELLO, stream=True) as stream:
        chunks = list(stream)
    words = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert words == ["one ", "two ", "three ", "four ", "five"]
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_a_stream_s_usage_is_passed_on_when_it_is_asked_for(openai_client: OpenAI) -> None:
    with openai_client.chat.completions.create(
        model="worded", messages=HELLO, stream=True, stream_options={"include_usage": True}
    ) as stream:
        last = list(stream)[-1]
    assert last.choices == []
    assert last.usage is not None
    assert last.usage.completion_tokens == 5


def test_a_stream_is_rescued_before_its_first_content(openai_client: OpenAI) -> None:
    with openai_client.chat.completions.create(model="fast_group", messages=HELLO, stream=True) as stream:
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    assert text == "This is plain, answering: Hello"


async def test_the_asynchronous_client_reads_answers_and_streams(sidecar: Served) -> None:
    async with AsyncOpenAI(base_url=sidecar.base_url, api_key="client-key") as client:
        answer = await client.chat.completions.create(model="plain", messages=HELLO)
        assert answer.choices[0].message.content == "This is plain, answering: Hello"
        async with await client.chat.completions.create(model="worded", messages=HELLO, stream=True) as stream:
            text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])
        assert text == "one two three four five"
        assert "fast_group" in [model.id async for model in client.models.list()]


def test_a_tool_call_makes_the_whole_round(openai_client: OpenAI, provider: Mock) -> None:
    messages = list(HELLO)
    first = openai_client.chat.completions.create(model="caller", messages=messages, tools=[WEATHER])
    assert first.choices[0].finish_reason == "tool_calls"
    calls = first.choices[0].message.tool_calls or []
    assert len(calls) == 1
    call = calls[0]
    assert isinstance(call, ChatCompletionMessageFunctionToolCall)
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", {"city": "Ulm"})

    messages.append(
        {
            "role": "assistant",
            "tool_calls": [{"id": call.id, "type": "function", "function": {"name": "weather", "arguments": call.function.arguments}}],
        }
    )
    messages.append({"role": "tool", "tool_call_id": call.id, "content": "rain"})
    second = openai_client.chat.completions.create(model="caller", messages=messages, tools=[WEATHER])
    assert second.choices[0].finish_reason == "stop"
    assert second.choices[0].message.content
    sent = provider.bodies('caller?tool_arguments={"city": "Ulm"}')[-1]
    assert sent["messages"][1:] == messages[1:]
    assert sent["tools"] == [WEATHER]


def test_parallel_tool_calls_of_a_stream_arrive_whole(openai_client: OpenAI) -> None:
    calls: dict[int, tuple[str, str]] = {}
    with openai_client.chat.completions.create(model="two-calls", messages=HELLO, tools=[WEATHER, TIME], stream=True) as stream:
        for chunk in stream:
            for part in chunk.choices[0].delta.tool_calls or ():
                assert part.function is not None
                name, arguments = calls.get(part.index, ("", ""))
                calls[part.index] = (name + (part.function.name or ""), arguments + (part.function.arguments or ""))
            reason = chunk.choices[0].finish_reason
    assert calls == {0: ("weather", '{"city": "Ulm"}'), 1: ("time", '{"city": "Ulm"}')}
    assert reason == "tool_calls"


def test_the_models_are_the_targets(openai_client: OpenAI) -> None:
    listed = [model.id for model in openai_client.models.list()]
    assert {"fast_group", "fast_group.echelon1", "fast_group.echelon2", "plain"} <= set(listed)
    model = openai_client.models.retrieve("fast_group.echelon2")
    assert (model.id, model.object) == ("fast_group.echelon2", "model")
    with pytest.raises(openai.NotFoundError):
        openai_client.models.retrieve("no-such-target")


def test_an_unknown_target_is_not_found_and_the_nearest_are_named(openai_client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="Did you mean 'fast_group'") as caught:
        openai_client.chat.completions.create(model="fast_gruop", messages=HELLO)
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")


def test_a_provider_s_bad_request_comes_word_for_word(openai_client: OpenAI, provider: Mock) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        openai_client.chat.completions.create(model="refusing", messages=HELLO)
    assert caught.value.response.json() == {
        "error": {
            "message": (
                "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. "
                "Please reduce the length of the messages."
            ),
            "type": "invalid_request_error",
            "param": "messages",
            "code": "context_length_exceeded",
        }
    }
    assert len(provider.requests("refusing?status=400&error_code=context_length_exceeded")) == 1


def test_a_rate_limit_is_told_with_its_delay_and_the_sdk_does_not_ask_again(openai_client: OpenAI, provider: Mock) -> None:
    with pytest.raises(openai.RateLimitError) as caught:
        openai_client.chat.completions.create(model="limited", messages=HELLO)
    headers = caught.value.response.headers
    assert 1 <= int(headers["retry-after"]) <= 7
    assert 1 <= int(headers["retry-after-ms"]) <= 7_000
    assert headers["x-should-retry"] == "false"
    assert len(provider.requests("limited?status=429&retry_after=7")) == 1


def test_a_failing_provider_is_not_multiplied_by_the_sdk(openai_client: OpenAI, provider: Mock) -> None:
    before = len(provider.requests("broken?status=503"))
    with pytest.raises(openai.InternalServerError) as caught:
        openai_client.chat.completions.create(model="broken", messages=HELLO)
    assert caught.value.response.headers["x-should-retry"] == "false"
    told = caught.value.response.headers["x-pyproxy-attempts"].split(", ")
    assert len(provider.requests("broken?status=503")) - before == len(told)


@pytest.mark.parametrize("target", ["cut", "early", "reset", "scrambled", "erring"])
def test_a_stream_that_breaks_after_its_first_content_is_an_error(openai_client: OpenAI, target: str) -> None:
    words: list[str] = []
    with (
        openai_client.chat.completions.create(model=target, messages=HELLO, stream=True) as stream,
        pytest.raises(openai.APIError) as caught,
    ):
        words.extend(chunk.choices[0].delta.content or "" for chunk in stream)
    assert 1 <= len([word for word in words if word]) <= 3
    assert caught.value.message


@pytest.mark.parametrize("target", ["complete", "resume"])
def test_a_stream_that_breaks_is_whole_where_its_target_promises_so(openai_client: OpenAI, target: str) -> None:
    with openai_client.chat.completions.create(model=target, messages=HELLO, stream=True) as stream:
        chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "one two three four five"
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"


async def test_a_broken_stream_is_an_error_for_the_asynchronous_client_too(sidecar: Served) -> None:
    async with (
        AsyncOpenAI(base_url=sidecar.base_url, api_key="client-key") as client,
        await client.chat.completions.create(model="cut", messages=HELLO, stream=True) as stream,
    ):
        with pytest.raises(openai.APIError, match="incomplete"):
            async for _ in stream:
                pass


def test_a_client_that_closes_in_mid_stream_ends_the_call_upstream(sidecar: Served, provider: Mock) -> None:
    client = OpenAI(base_url=sidecar.base_url, api_key="client-key")
    stream = client.chat.completions.create(model="stalling", messages=HELLO, stream=True)
    assert next(chunk for chunk in stream if chunk.choices[0].delta.content)
    stream.close()
    client.close()
    provider.wait_until_ended("stalling?stall_after=2&chunks=9", "client_gone")
    assert sidecar.program.wait_for("flag=client_gone target=stalling ")


async def test_an_asynchronous_client_that_closes_in_mid_stream_ends_the_call_upstream(sidecar: Served, provider: Mock) -> None:
    client = AsyncOpenAI(base_url=sidecar.base_url, api_key="client-key")
    stream = await client.chat.completions.create(model="stalling-async", messages=HELLO, stream=True)
    await anext(stream)
    await stream.close()
    await client.close()
    provider.wait_until_ended("stalling-async?stall_after=2&chunks=9", "client_gone")


def test_a_client_that_gives_up_before_the_head_ends_the_call_upstream(sidecar: Served, provider: Mock) -> None:
    with (
        OpenAI(base_url=sidecar.base_url, api_key="client-key", timeout=0.3, max_retries=0) as client,
        pytest.raises(openai.APITimeoutError),
    ):
        client.chat.completions.create(model="silent", messages=HELLO)
    provider.wait_until_ended("silent?stall_before_head", "client_gone")
