"""What OpenAI's API refuses in chat completions, in which words; completions, embeddings, single models, and Azure's ways."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import openai
import pytest

from pyproxy.providers.mock import Behaviour, MockProvider

HELLO: list[Any] = [{"role": "user", "content": "hi"}]
CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}


@pytest.fixture
async def sdk(mock: MockProvider) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=mock.base_url, api_key="sk-test", max_retries=0) as client:
        yield client


@pytest.fixture
async def azure(mock: MockProvider) -> AsyncIterator[openai.AsyncAzureOpenAI]:
    async with openai.AsyncAzureOpenAI(azure_endpoint=mock.url, api_key="k", api_version="2024-10-21", max_retries=0) as client:
        yield client


@pytest.fixture
async def http(mock: MockProvider) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=mock.base_url, trust_env=False) as client:
        yield client


@pytest.mark.parametrize(
    ("message", "unknown"),
    [
        ({"content": "x", "reasoning_content": "hm"}, "messages[0].reasoning_content"),
        ({"content": "x", "thinking_blocks": []}, "messages[0].thinking_blocks"),
        ({"content": None, "tool_calls": [{**CALL, "extra_content": {}}]}, "messages[0].tool_calls[0].extra_content"),
    ],
)
async def test_members_of_messages_that_it_does_not_know_are_refused_unless_it_is_lenient(
    http: httpx2.AsyncClient, mock: MockProvider, message: dict[str, Any], unknown: str
) -> None:
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "x"} for call in message.get("tool_calls", ())]
    asked = {"model": "m", "messages": [{"role": "assistant", **message}, *results, *HELLO]}
    refused = await http.post("/chat/completions", json=asked)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "unknown_parameter")
    assert refused.json()["error"]["message"] == f"Unknown parameter: '{unknown}'."
    mock.default = Behaviour(lenient=True)
    assert (await http.post("/chat/completions", json=asked)).status_code == 200


@pytest.mark.parametrize(
    ("item", "status", "code"),
    [
        ({"content": [{"type": "reasoning_text", "text": "hm"}]}, 400, "array_above_max_length"),
        ({"id": "rs_req_1"}, 404, None),
        ({"id": "rs_mock1"}, 200, None),
        ({"id": "rs_mock1", "content": []}, 200, None),
    ],
)
async def test_reasoning_that_it_did_not_make_is_refused(
    http: httpx2.AsyncClient, item: dict[str, Any], status: int, code: str | None
) -> None:
    answer = await http.post("/responses", json={"model": "m", "input": [{"type": "reasoning", "summary": [], **item}, *HELLO]})
    assert (answer.status_code, answer.json()["error"] and answer.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize(
    ("more", "message", "code"),
    [
        ({"messages": None}, "Missing required parameter: 'messages'.", "missing_required_parameter"),
        ({"messages": []}, "Invalid 'messages': empty array. Expected an array with minimum length 1", "empty_array"),
        ({"messages": [{"content": "x"}]}, "Missing required parameter: 'messages[0].role'.", "missing_required_parameter"),
        (
            {"messages": [{"role": "model", "content": "x"}]},
            "Invalid value: 'model'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
            "invalid_value",
        ),
        ({"messages": [{"role": "user", "content": None}]}, "Invalid value for 'content': expected a string, got null.", None),
        ({"messages": [{"role": "assistant", "content": None}, *HELLO]}, "Invalid value for 'content': expected a string, got null.", None),
        ({"messages": [{"role": "user", "content": [{"type": "tool_result"}]}]}, "Invalid value: 'tool_result'.", "invalid_value"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]},
            "Invalid type for 'messages[0].content[0].image_url': expected an object, but got a string instead.",
            "invalid_type",
        ),
        (
            {"messages": [*HELLO, {"role": "tool", "tool_call_id": "a", "content": "x"}]},
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
            None,
        ),
        (
            {"messages": [*HELLO, {"role": "assistant", "tool_calls": [CALL]}, *HELLO]},
            (
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
                "The following tool_call_ids did not have response messages: a"
            ),
            None,
        ),
        ({"messages": [*HELLO, {"role": "assistant", "tool_calls": [CALL]}]}, "An assistant message with 'tool_calls' must be", None),
        (
            {"messages": [*HELLO, {"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "f", "arguments": {}}}]}]},
            "Invalid type for 'messages[1].tool_calls[0].function.arguments': expected a string, but got an object instead.",
            "invalid_type",
        ),
        ({"temperature": 2.5}, "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.", None),
        ({"temperature": "hot"}, "Invalid type for 'temperature': expected a decimal, but got a string instead.", "invalid_type"),
        ({"max_tokens": 0}, "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.", None),
        ({"stop": ["a", "b", "c", "d", "e"]}, "Invalid 'stop': array too long.", "array_above_max_length"),
        ({"tools": []}, "Invalid 'tools': empty array.", "empty_array"),
        ({"tools": [{"type": "function", "function": {}}]}, "Missing required parameter: 'tools[0].function.name'.", None),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "Invalid 'tools[0].function.name': string does not match", None),
        ({"tools": [FUNCTION], "tool_choice": "any"}, "Invalid value: 'any'.", "invalid_value"),
        (
            {"tools": [FUNCTION], "tool_choice": {"type": "function", "function": {"name": "g"}}},
            "Tool choice 'g' not found in 'tools' parameter.",
            None,
        ),
        ({"tool_choice": "auto"}, "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.", None),
        ({"stream_options": {"include_usage": True}}, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", None),
        ({"response_format": {"type": "json_object"}}, "'messages' must contain the word 'json' in some form", None),
        (
            {"response_format": {"type": "json_schema", "json_schema": {}}},
            "Missing required parameter: 'response_format.json_schema.name'",
            None,
        ),
        ({"max_output_tokens": 1}, "Unknown parameter: 'max_output_tokens'.", "unknown_parameter"),
    ],
)
async def test_what_the_real_api_refuses_is_refused_in_its_words(
    http: httpx2.AsyncClient, more: dict[str, Any], message: str, code: str | None
) -> None:
    answer = await http.post("/chat/completions", json={"model": "m", "messages": HELLO, **more})
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert error["message"].startswith(message)
    assert code is None or error["code"] == code


async def test_a_conversation_with_tools_is_taken_as_it_should_be(http: httpx2.AsyncClient) -> None:
    messages = [
        {"role": "developer", "content": [{"type": "text", "text": "be brief"}]},
        *HELLO,
        {"role": "assistant", "content": None, "tool_calls": [CALL, {**CALL, "id": "b"}]},
        {"role": "tool", "tool_call_id": "b", "content": "x"},
        {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "y"}]},
    ]
    answer = await http.post("/chat/completions", json={"model": "m", "messages": messages, "tools": [FUNCTION], "temperature": None})
    assert answer.json()["choices"][0]["message"]["content"] == "This is m, answering: hi"


async def test_what_a_model_does_not_take_and_what_another_provider_would(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    mock.default = Behaviour(lenient=True, refuses=("temperature",))
    assert (await http.post("/chat/completions", json={"model": "m", "messages": HELLO, "foo": 1})).status_code == 200
    answer = await http.post("/chat/completions", json={"model": "m", "messages": HELLO, "temperature": 1})
    assert answer.json()["error"]["message"] == "Unsupported parameter: 'temperature' is not supported with this model."


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/chat/completions", {"messages": HELLO, "max_tokens": 0, "temperature": 2.5, "n": 0, "stream_options": {"include_usage": True}}),
        ("/completions", {"prompt": "hi", "best_of": 0, "frequency_penalty": -3, "stream": False, "stream_options": {}}),
        ("/embeddings", {"input": "hi", "dimensions": 0}),
    ],
)
async def test_a_lenient_model_overlooks_what_is_refused_for_the_sake_of_order(
    http: httpx2.AsyncClient, mock: MockProvider, path: str, more: dict[str, Any]
) -> None:
    mock.script("m", Behaviour(lenient=True), Behaviour())
    answer = await http.post(path, json={"model": "m", **more})
    assert answer.status_code == 200, answer.text
    assert answer.json()["usage"]["prompt_tokens"] == 1
    assert (await http.post(path, json={"model": "m", **more})).status_code == 400


@pytest.mark.parametrize("more", [{"temperature": "hot"}, {"max_tokens": 1.5}, {"stop": [1]}, {"messages": []}, {"stream": 1}])
async def test_a_lenient_model_takes_nothing_that_it_cannot_read(
    http: httpx2.AsyncClient, mock: MockProvider, more: dict[str, Any]
) -> None:
    mock.default = Behaviour(lenient=True)
    assert (await http.post("/chat/completions", json={"model": "m", "messages": HELLO, **more})).status_code == 400


async def test_a_lenient_model_heeds_what_is_in_order(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    mock.default = Behaviour(lenient=True, text="one two three")
    asked = {"model": "m", "messages": HELLO, "temperature": 9, "max_tokens": 2, "stream": True, "stream_options": {"include_usage": True}}
    answer = await http.post("/chat/completions", json=asked)
    assert "three" not in answer.text
    assert '"completion_tokens": 2' in answer.text


async def test_a_refused_request_takes_nothing_from_the_script(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    mock.script("m", Behaviour(status=503), Behaviour())
    assert (await http.post("/chat/completions", json={"model": "m"})).status_code == 400
    assert (await http.post("/chat/completions", json={"model": "m", "messages": HELLO})).status_code == 503


async def test_an_answer_ends_at_its_limit_or_at_a_stop_string(sdk: openai.AsyncOpenAI, mock: MockProvider) -> None:
    mock.default = Behaviour(text="one two three")
    short = (await sdk.chat.completions.create(model="m", messages=HELLO, max_completion_tokens=2)).choices[0]
    assert (short.finish_reason, short.message.content) == ("length", "one two ")
    stopped = (await sdk.chat.completions.create(model="m", messages=HELLO, stop=" two")).choices[0]
    assert (stopped.finish_reason, stopped.message.content) == ("stop", "one")


async def test_structured_output_follows_the_schema(sdk: openai.AsyncOpenAI) -> None:
    schema: dict[str, object] = {"type": "object", "properties": {"n": {"type": "integer"}}}
    answer = await sdk.chat.completions.create(
        model="m", messages=HELLO, response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    )
    assert json.loads(answer.choices[0].message.content or "") == {"n": 1}


async def test_each_prompt_has_a_completion_of_its_own(sdk: openai.AsyncOpenAI) -> None:
    answer = await sdk.completions.create(model="m", prompt=["a", "b"], echo=True)
    assert [choice.text for choice in answer.choices] == ["aThis is m, answering: a", "bThis is m, answering: b"]
    stream = await sdk.completions.create(model="m", prompt=["a", "b"], stream=True, stream_options={"include_usage": True})
    chunks = [chunk async for chunk in stream]
    texts = ["".join(chunk.choices[0].text for chunk in chunks if chunk.choices and chunk.choices[0].index == index) for index in (0, 1)]
    assert texts == ["This is m, answering: a", "This is m, answering: b"]
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.prompt_tokens == 2


async def test_embeddings_are_the_same_in_both_encodings(sdk: openai.AsyncOpenAI, http: httpx2.AsyncClient) -> None:
    decoded = (await sdk.embeddings.create(model="m", input=["one", "two"], dimensions=4)).data  # the SDK asks for base64
    plain = (await http.post("/embeddings", json={"model": "m", "input": "one", "dimensions": 4})).json()["data"][0]["embedding"]
    assert decoded[0].embedding == plain != decoded[1].embedding
    assert len((await sdk.embeddings.create(model="m", input="one")).data[0].embedding) == 1536
    unreadable: dict[str, Any] = {"input": "x", "encoding_format": "hex"}
    wrong_ones: list[dict[str, Any]] = [{}, {"input": ""}, {"input": []}, {"input": {}}, unreadable, {"input": "x", "dimensions": 0}]
    for wrong in wrong_ones:
        assert (await http.post("/embeddings", json={"model": "m", **wrong})).status_code == 400


async def test_a_model_can_be_asked_for_alone(sdk: openai.AsyncOpenAI) -> None:
    assert (await sdk.models.retrieve("ft:gpt:x")).id == "ft:gpt:x"


async def test_azure_s_deployment_is_the_model_and_its_filter_speaks_first(azure: openai.AsyncAzureOpenAI, mock: MockProvider) -> None:
    answer = await azure.chat.completions.create(model="mine", messages=HELLO)
    assert answer.choices[0].message.content == "This is mine, answering: hi"
    seen = mock.requests[-1]
    assert (seen.route, seen.query) == ("/openai/deployments/mine/chat/completions", {"api-version": "2024-10-21"})
    chunks = [chunk async for chunk in await azure.chat.completions.create(model="mine", messages=HELLO, stream=True)]
    assert (chunks[0].choices, chunks[0].id) == ([], "")
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[1:]) == "This is mine, answering: hi"
    assert len((await azure.embeddings.create(model="mine", input="x", dimensions=3)).data[0].embedding) == 3


async def test_azure_s_errors_are_its_own(azure: openai.AsyncAzureOpenAI, http: httpx2.AsyncClient, mock: MockProvider) -> None:
    mock.script("busy", Behaviour(status=429, retry_after="3"))
    mock.script("none", Behaviour(status=404))
    with pytest.raises(openai.RateLimitError, match="Please retry after 3 seconds"):
        await azure.chat.completions.create(model="busy", messages=HELLO)
    with pytest.raises(openai.NotFoundError) as caught:
        await azure.chat.completions.create(model="none", messages=HELLO)
    assert caught.value.code == "DeploymentNotFound"
    without = await http.post(f"{mock.url}/openai/deployments/mine/chat/completions", json={"messages": HELLO})
    assert (without.status_code, without.json()["error"]["code"]) == (404, "404")


async def test_azure_s_key_has_a_header_of_its_own() -> None:
    async with MockProvider(api_keys={"right"}) as mock, httpx2.AsyncClient(base_url=mock.url, trust_env=False) as http:
        path = "/openai/deployments/mine/chat/completions?api-version=1"
        bearer = {"authorization": "Bearer right"}
        assert (await http.post(path, json={"messages": HELLO}, headers={"api-key": "right"})).status_code == 200
        assert (await http.post(path, json={"messages": HELLO}, headers=bearer)).status_code == 401
        asked = {"model": "mine", "messages": HELLO}
        assert (await http.post("/openai/v1/chat/completions", json=asked, headers=bearer)).status_code == 200
        assert (await http.post("/openai/v1/chat/completions", json=asked)).status_code == 401


@pytest.mark.parametrize(
    ("more", "message", "code"),
    [
        (
            {"max_tokens": 9},
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            "unsupported_parameter",
        ),
        ({"stop": ["x"]}, "Unsupported parameter: 'stop' is not supported with this model.", "unsupported_parameter"),
        ({"presence_penalty": 0.1}, "Unsupported parameter: 'presence_penalty' is not supported", "unsupported_parameter"),
        ({"frequency_penalty": 0.1}, "Unsupported parameter: 'frequency_penalty' is not supported", "unsupported_parameter"),
        (
            {"temperature": 0.3, "reasoning_effort": "low"},
            "Unsupported value: 'temperature' does not support 0.3 with this model. Only the default (1) value is supported.",
            "unsupported_value",
        ),
        ({"top_p": 0.5, "reasoning_effort": "low"}, "Unsupported parameter: 'top_p' is not supported with this model.", None),
        ({"logprobs": True, "reasoning_effort": "low"}, "Unsupported parameter: 'logprobs' is not supported with this model.", None),
    ],
)
async def test_reasoning_models_refuse_what_others_take(
    http: httpx2.AsyncClient, more: dict[str, Any], message: str, code: str | None
) -> None:
    for model in ("gpt-5", "gpt-5-mini-2025-08-07", "gpt-5.2", "o3", "o4-mini", "o1"):
        answer = await http.post("/chat/completions", json={"model": model, "messages": HELLO, **more})
        assert answer.status_code == 400, model
        error = answer.json()["error"]
        assert error["message"].startswith(message)
        assert code is None or error["code"] == code
    plain = {name: value for name, value in more.items() if name != "reasoning_effort"}
    for model in ("gpt-5-chat-latest", "gpt-4o", "omni", "o10"):
        answer = await http.post("/chat/completions", json={"model": model, "messages": HELLO, **plain})
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("model", "more", "message"),
    [
        ("gpt-4o", {"max_tokens": 16_385}, "max_tokens is too large: 16385. This model supports at most 16384 completion tokens"),
        ("o3", {"max_completion_tokens": 100_001}, "max_completion_tokens is too large: 100001."),
        ("deepseek-chat", {"max_tokens": 8_193}, "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]"),
        ("gpt-5.1", {"reasoning_effort": "minimal"}, "Unsupported value: 'minimal' is not supported with the 'gpt-5.1' model."),
        ("gpt-5-pro", {"reasoning_effort": "low"}, "Unsupported value: 'low' is not supported with the 'gpt-5-pro' model."),
        ("o4-mini", {"reasoning_effort": "xhigh"}, "Unsupported value: 'xhigh' is not supported with the 'o4-mini' model."),
        ("gpt-4o", {"reasoning_effort": "low"}, "Unsupported parameter: 'reasoning_effort' is not supported with this model."),
    ],
)
async def test_each_model_has_bounds_of_its_own(
    http: httpx2.AsyncClient, mock: MockProvider, model: str, more: dict[str, Any], message: str
) -> None:
    answer = await http.post("/chat/completions", json={"model": model, "messages": HELLO, **more})
    assert (answer.status_code, answer.json()["error"]["message"].startswith(message)) == (400, True), answer.text
    mock.default = Behaviour(lenient=True)
    assert (await http.post("/chat/completions", json={"model": model, "messages": HELLO, **more})).status_code == 200


async def test_a_response_has_the_bounds_of_its_model(http: httpx2.AsyncClient) -> None:
    for model, more, param in (
        ("gpt-4o", {"max_output_tokens": 16_385}, "max_output_tokens"),
        ("gpt-5", {"reasoning": {"effort": "xhigh"}}, "reasoning.effort"),
    ):
        answer = await http.post("/responses", json={"model": model, "input": "hi", **more})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


async def test_reasoning_models_take_the_newer_bound_and_sampling_where_they_are_not_to_reason(http: httpx2.AsyncClient) -> None:
    for model, more in (
        ("gpt-5", {"max_completion_tokens": 9, "temperature": 1, "stop": None}),
        ("gpt-5.1", {"temperature": 0.3, "top_p": 0.5, "logprobs": True}),
        ("gpt-5.4-mini", {"temperature": 0.3, "reasoning_effort": "none"}),
    ):
        answer = await http.post("/chat/completions", json={"model": model, "messages": HELLO, **more})
        assert answer.status_code == 200, answer.text
    for more in ({"temperature": 0.3}, {"top_p": 0.5}):
        assert (await http.post("/responses", json={"model": "gpt-5", "input": "hi", **more})).status_code == 400
    asleep = {"model": "gpt-5.1", "input": "hi", "temperature": 0.3}
    assert (await http.post("/responses", json=asleep)).status_code == 200
    assert (await http.post("/responses", json={**asleep, "reasoning": {"effort": "low"}})).status_code == 400
