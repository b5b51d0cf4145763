"""Anthropic's API as the mock speaks it: shapes, signatures, the prompt cache, and what it refuses, in which words."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from pyproxy.providers.mock import Behaviour, MockProvider

LATEST = {"anthropic-version": "2026-10-21"}
OLDER = {"anthropic-version": "2023-06-01"}
HELLO: list[dict[str, Any]] = [{"role": "user", "content": "say hello to everyone here"}]
WEATHER: dict[str, Any] = {
    "name": "weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
CLOCK: dict[str, Any] = {"name": "clock", "input_schema": {"type": "object"}}
THINKING = {"type": "enabled", "budget_tokens": 1024}


@pytest.fixture
async def mock() -> AsyncIterator[MockProvider]:
    async with MockProvider() as provider:
        yield provider


@pytest.fixture
async def http(mock: MockProvider) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=mock.url, trust_env=False, headers=LATEST) as client:
        yield client


def body(**more: Any) -> dict[str, Any]:
    return {"model": "m", "max_tokens": 2000, "messages": HELLO, **more}


async def said(http: httpx2.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await http.post("/v1/messages", json=body(**more))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refused(http: httpx2.AsyncClient, **more: Any) -> str:
    answer = await http.post("/v1/messages", json=body(**more))
    assert answer.status_code == 400, answer.text
    document = answer.json()
    assert document["type"] == "error"
    assert document["error"]["type"] == "invalid_request_error"
    assert document["request_id"] == answer.headers["request-id"]
    return str(document["error"]["message"])


async def events(http: httpx2.AsyncClient, **more: Any) -> list[dict[str, Any]]:
    answer = await http.post("/v1/messages", json=body(stream=True, **more))
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = []
    for block in answer.text.strip().split("\n\n"):
        name, data = block.split("\n")
        document = json.loads(data.removeprefix("data: "))
        assert name == f"event: {document['type']}"
        found.append(document)
    return found


def joined(stream: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the blocks together again, the way a client does."""
    blocks: list[dict[str, Any]] = []
    arguments = ""
    for event in stream:
        if event["type"] == "content_block_start":
            assert event["index"] == len(blocks)
            blocks.append(dict(event["content_block"]))
            arguments = ""
        elif event["type"] == "content_block_delta":
            delta = event["delta"]
            match delta["type"]:
                case "input_json_delta":
                    arguments += delta["partial_json"]
                    blocks[-1]["input"] = json.loads(arguments or "{}") if _whole(arguments) else {}
                case "signature_delta":
                    blocks[-1]["signature"] = delta["signature"]
                case kind:
                    name = kind.removesuffix("_delta")
                    blocks[-1][name] += delta[name]
    return blocks


def _whole(arguments: str) -> bool:
    try:
        json.loads(arguments or "{}")
    except ValueError:
        return False
    return True


def results(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "tool_result", "tool_use_id": each["id"], "content": "rain"} for each in message["content"] if "id" in each]


async def test_a_message_has_the_shape_of_the_real_one(http: httpx2.AsyncClient) -> None:
    message = await said(http)
    assert message["content"] == [{"type": "text", "text": "This is m, answering: say hello to everyone here"}]
    assert (message["type"], message["role"], message["stop_reason"], message["stop_sequence"]) == (
        "message",
        "assistant",
        "end_turn",
        None,
    )
    assert message["id"].startswith("msg_")
    assert (message["usage"]["input_tokens"], message["usage"]["output_tokens"]) == (5, 9)


async def test_every_answer_says_what_is_left_of_the_limits(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    answer = await http.post("/v1/messages", json=body())
    assert answer.headers["anthropic-ratelimit-requests-remaining"] == "4000"
    mock.script("m", Behaviour(status=429, retry_after="7"))
    answer = await http.post("/v1/messages", json=body())
    assert answer.headers["anthropic-ratelimit-requests-remaining"] == "0"
    assert answer.headers["anthropic-ratelimit-requests-reset"].endswith("Z")
    assert answer.headers["retry-after"] == "7"
    assert answer.json()["error"]["type"] == "rate_limit_error"


async def test_a_stream_says_the_same_in_the_order_of_the_real_one(http: httpx2.AsyncClient) -> None:
    stream = await events(http)
    kinds = [event["type"] for event in stream]
    assert kinds[:3] == ["message_start", "content_block_start", "ping"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert set(kinds[3:-3]) == {"content_block_delta"}
    assert joined(stream) == (await said(http))["content"]
    assert stream[0]["message"]["stop_reason"] is None
    assert stream[-2]["usage"]["output_tokens"] == 9


@pytest.mark.parametrize(
    "thinking", [None, THINKING, {"type": "adaptive"}, {"type": "enabled", "budget_tokens": 1024, "display": "omitted"}]
)
@pytest.mark.parametrize("calls", [0, 1, 2])
async def test_thoughts_and_parallel_calls_stream_to_the_same_blocks(
    http: httpx2.AsyncClient, mock: MockProvider, thinking: Any, calls: int
) -> None:
    mock.default = Behaviour(tool_calls=calls, tool_arguments='{"city": "Ulm", "days": [1, 2]}')
    more = {"tools": [WEATHER, CLOCK], **({} if thinking is None else {"thinking": thinking})}
    whole = await said(http, **more)
    streamed = joined(await events(http, **more))
    for blocks in (whole["content"], streamed):
        for block in blocks:
            block.pop("id", None)
    assert streamed == whole["content"]
    expected = [*(["thinking"] if thinking else []), *(["tool_use"] * calls if calls else ["text"])]
    assert [block["type"] for block in streamed] == expected
    assert whole["stop_reason"] == ("tool_use" if calls else "end_turn")
    if thinking:
        hidden = thinking.get("display") == "omitted"
        assert streamed[0]["thinking"] == ("" if hidden else "Let me think about it.")
        turn = {"role": "assistant", "content": [streamed[0], {"type": "text", "text": "hello"}]}
        assert (await said(http, messages=[*HELLO, turn, *HELLO]))["stop_reason"] == "end_turn"


async def test_arguments_follow_the_tool_s_schema(http: httpx2.AsyncClient) -> None:
    message = await said(http, tools=[WEATHER])
    assert message["content"][0]["input"] == {"city": "text"}


async def test_a_thought_comes_back_as_it_was_or_not_at_all(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    mock.default = Behaviour(tool_calls=2)
    asked = {"tools": [WEATHER, CLOCK], "thinking": THINKING}
    first = await said(http, **asked)
    turn = {"role": "assistant", "content": first["content"]}
    again = [*HELLO, turn, {"role": "user", "content": results(first)}]
    assert (await said(http, messages=again, **asked))["stop_reason"] == "end_turn"
    for change in ({"signature": "AAAA"}, {"signature": "not base64!"}, {"thinking": "something else"}):
        altered = [{**first["content"][0], **change}, *first["content"][1:]]
        messages = [*HELLO, {"role": "assistant", "content": altered}, again[2]]
        assert await refused(http, messages=messages, **asked) == "messages.1.content.0: Invalid `signature` in `thinking` block"
    messages = [*HELLO, {"role": "assistant", "content": first["content"][1:]}, again[2]]
    assert "Expected `thinking` or `redacted_thinking`, but found `tool_use`" in await refused(http, messages=messages, **asked)
    redacted = [{"type": "redacted_thinking", "data": "AAAA"}, *first["content"][1:]]
    messages = [*HELLO, {"role": "assistant", "content": redacted}, again[2]]
    assert "Invalid `data` in `redacted_thinking` block" in await refused(http, messages=messages, **asked)


async def test_tools_are_called_once_though_the_rules_come_after_the_user(http: httpx2.AsyncClient) -> None:
    rules = {"role": "system", "content": "Be brief."}
    first = await said(http, messages=[*HELLO, rules], tools=[WEATHER])
    assert first["stop_reason"] == "tool_use"
    turns = [{"role": "assistant", "content": first["content"]}, {"role": "user", "content": results(first)}]
    assert (await said(http, messages=[*HELLO, *turns, rules], tools=[WEATHER]))["stop_reason"] == "end_turn"


async def test_each_call_needs_its_result_right_behind_it(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    mock.default = Behaviour(tool_calls=2)
    first = await said(http, tools=[WEATHER, CLOCK])
    one, two = (block["id"] for block in first["content"])
    both = results(first)
    begun = [*HELLO, {"role": "assistant", "content": first["content"]}]
    hi = {"type": "text", "text": "hi"}

    async def after(*turns: Any) -> str:
        return await refused(http, tools=[WEATHER, CLOCK], messages=[*begun, *({"role": "user", "content": each} for each in turns)])

    found = "`tool_use` ids were found without `tool_result` blocks immediately after: {}."
    behind = " Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    assert await after(both[:1]) == "messages.1: " + found.format(two) + behind
    assert await after([hi, *both]) == "messages.1: " + found.format(f"{one}, {two}") + behind
    assert await after(both[:1], both[1:]) == "messages.1: " + found.format(two) + behind
    assert await after("never mind") == "messages.1: " + found.format(f"{one}, {two}") + behind
    assert await after() == "messages.1: " + found.format(f"{one}, {two}") + behind
    assert "each tool_use must have a single result" in await after([*both, both[0]])
    other = {"type": "tool_result", "tool_use_id": "toolu_other", "content": "x"}
    assert "messages.2.content.2: unexpected `tool_use_id` found in `tool_result` blocks: toolu_other." in await after([*both, other])
    twice = [{"role": "assistant", "content": [first["content"][0]] * 2}, {"role": "user", "content": both[:1]}]
    assert "`tool_use` ids must be unique" in await refused(http, messages=[*HELLO, *twice])
    good = [*begun, {"role": "user", "content": [*both, hi]}]
    assert (await said(http, messages=good, tools=[WEATHER, CLOCK]))["content"][0]["text"] == "This is m, answering: hi"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"max_tokens": None}, "max_tokens: Input should be a valid integer"),
        ({"max_tokens": 0}, "max_tokens: Input should be greater than or equal to 1"),
        ({"messages": []}, "messages: at least one message is required"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, 'messages: first message must use the "user" role'),
        ({"messages": [{"role": "system", "content": "x"}]}, 'messages: first message must use the "user" role'),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role: Input should be 'user', 'assistant' or 'system'"),
        ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
        ({"messages": [{"role": "user", "content": "x", "name": "y"}]}, "messages.0.name: Extra inputs are not permitted"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages.0.content.0.text.text: Field required"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "messages: text content blocks must be non-empty"),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": " "}]}]},
            "messages: text content blocks must contain non-whitespace text",
        ),
        (
            {"messages": [*HELLO, {"role": "assistant", "content": ""}, *HELLO]},
            "messages.1: all messages must have non-empty content except for the optional final assistant message",
        ),
        (
            {"messages": [*HELLO, {"role": "assistant", "content": "one "}]},
            "messages: final assistant content cannot end with trailing whitespace",
        ),
        (
            {"messages": [*HELLO, {"role": "system", "content": "x"}, *HELLO]},
            "messages.1: role 'system' must precede an 'assistant' message or end the array",
        ),
        (
            {"messages": [*HELLO, {"role": "assistant", "content": [{"type": "document", "source": {}}]}, *HELLO]},
            "messages.1.content.0: `document` blocks are not permitted in `assistant` messages",
        ),
        ({"stream_options": {}}, "stream_options: Extra inputs are not permitted"),
        ({"temperature": 1.0}, "temperature: Extra inputs are not permitted"),
        ({"stop_sequences": ["\n"]}, "stop_sequences.0: each stop sequence must contain non-whitespace"),
        ({"system": [{"type": "image"}]}, "system.0.type: Input should be 'text'"),
        ({"tools": [{"type": "function", "function": {}}, {"name": "x"}]}, "tools.1.custom.input_schema: Field required"),
        ({"tools": [WEATHER, WEATHER]}, "tools: Tool names must be unique."),
        ({"tools": [{"name": "x", "input_schema": {}}]}, "tools.0.custom.input_schema.type: Field required"),
        ({"tool_choice": {"type": "auto"}}, "tool_choice may only be specified while providing tools."),
        ({"tools": [WEATHER], "tool_choice": {"type": "tool", "name": "x"}}, "Tool 'x' not found in provided tools"),
        (
            {"tools": [WEATHER], "tool_choice": {"type": "any"}, "thinking": THINKING},
            "Thinking may not be enabled when tool_choice forces tool use.",
        ),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 1}},
            "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
        ),
        (
            {"system": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}] * 5},
            "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        ),
    ],
)
async def test_what_the_real_api_refuses_is_refused_in_its_words(http: httpx2.AsyncClient, more: dict[str, Any], message: str) -> None:
    assert await refused(http, **more) == message


async def test_what_is_kept_for_an_hour_comes_before_what_is_kept_for_minutes(http: httpx2.AsyncClient) -> None:
    def marks(tool: str | None, system: str) -> dict[str, Any]:
        tool_mark, system_mark = ({"cache_control": {"type": "ephemeral", "ttl": ttl}} for ttl in (tool, system))
        return {"tools": [{**WEATHER, **tool_mark}], "system": [{"type": "text", "text": "x", **system_mark}]}

    said_of_it = "system.0.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note"
    for short in ("5m", None):
        assert (await refused(http, **marks(short, "1h"))).startswith(said_of_it)
    for order in (("1h", "5m"), ("1h", "1h"), ("5m", "5m")):
        await said(http, **marks(*order))


async def test_what_the_beta_api_knows_is_taken(http: httpx2.AsyncClient) -> None:
    shared = {
        "billing_policy": {"type": "billing_policy", "bill_to": "self"},
        "compaction": {"type": "summarize"},
        "thinking": {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "error"}},
        "output_config": {"effort": "low", "task_budget": {"type": "tokens", "total": 1024, "remaining": 0}},
    }
    assert (await said(http, **shared, fallbacks="default", fallback_credit_token="x", thread={"type": "create"}))["type"] == "message"
    assert (await said(http, fallbacks=[{"model": "other"}]))["type"] == "message"
    counted = await http.post("/v1/messages/count_tokens", json={"model": "m", "messages": HELLO, **shared})
    assert counted.status_code == 200, counted.text
    assert "task_budget.total: Field required" in await refused(http, output_config={"task_budget": {"type": "tokens"}})


async def test_the_budget_of_thoughts_lies_within_the_limit(http: httpx2.AsyncClient) -> None:
    assert (await refused(http, max_tokens=1024, thinking=THINKING)).startswith(
        "`max_tokens` must be greater than `thinking.budget_tokens`."
    )


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"temperature": 1.5}, "temperature: range: 0..1"),
        ({"top_p": -0.1}, "top_p: range: 0..1"),
        (
            {"temperature": 0.5, "top_p": 0.5},
            "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        ),
    ],
)
async def test_the_older_version_takes_sampling_parameters_in_their_range(
    http: httpx2.AsyncClient, mock: MockProvider, more: dict[str, Any], message: str
) -> None:
    http.headers.update(OLDER)
    await said(http, temperature=1.0)
    await said(http, messages=[*HELLO, {"role": "assistant", "content": [{"type": "document", "source": {}}]}, *HELLO])
    assert await refused(http, **more) == message
    hot = await refused(http, temperature=0.5, thinking=THINKING)
    assert hot.startswith("`temperature` may only be set to 1 when thinking is enabled.")
    mock.default = Behaviour(refuses=("temperature",))
    assert await refused(http, temperature=1.0) == "`temperature` is deprecated for this model."


async def test_the_version_must_be_named(mock: MockProvider) -> None:
    async with httpx2.AsyncClient(base_url=mock.url, trust_env=False) as http:
        answer = await http.post("/v1/messages", json=body())
        assert (answer.status_code, answer.json()["error"]["message"]) == (400, "anthropic-version: header is required")
        answer = await http.post("/v1/messages", json=body(), headers={"anthropic-version": "2020-01-01"})
        assert answer.json()["error"]["message"] == 'anthropic-version: "2020-01-01" is not a valid version'


async def test_a_key_comes_in_either_header_and_its_own_counts_first() -> None:
    async with MockProvider(api_keys={"right"}) as mock, httpx2.AsyncClient(base_url=mock.url, trust_env=False, headers=LATEST) as http:

        async def status(**headers: str) -> tuple[int, str]:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            answer = await http.post("/v1/messages", json=body(), headers=named)
            return answer.status_code, answer.json().get("error", {}).get("message", "")

        assert await status(x_api_key="right") == (200, "")
        assert await status(authorization="Bearer right") == (200, "")
        assert await status() == (401, "x-api-key header is required")
        assert await status(x_api_key="wrong", authorization="Bearer right") == (401, "invalid x-api-key")


async def test_marked_prefixes_are_written_to_the_cache_once_and_then_read(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    def system(ttl: str) -> list[dict[str, Any]]:
        return [{"type": "text", "text": "be brief", "cache_control": {"type": "ephemeral", "ttl": ttl}}]

    def counts(message: dict[str, Any]) -> tuple[int, ...]:
        usage = message["usage"]
        kept = usage["cache_creation"]
        assert usage["cache_creation_input_tokens"] == sum(kept.values())
        return usage["input_tokens"], usage["cache_read_input_tokens"], kept["ephemeral_5m_input_tokens"], kept["ephemeral_1h_input_tokens"]

    mock.script("m", Behaviour(status=529), Behaviour())
    assert (await http.post("/v1/messages", json=body(system=system("5m")))).status_code == 529
    assert counts(await said(http, system=system("5m"))) == (5, 0, 2, 0)
    assert counts(await said(http, system=system("5m"))) == (5, 2, 0, 0)
    longer = [*HELLO, {"role": "assistant", "content": "hello"}, {"role": "user", "content": "bye"}]
    assert counts(await said(http, system=system("5m"), messages=longer, cache_control={"type": "ephemeral", "ttl": "1h"})) == (0, 2, 0, 7)
    assert counts(await said(http, system=system("5m"), messages=longer, cache_control={"type": "ephemeral"})) == (0, 9, 0, 0)
    assert counts(await said(http)) == (5, 0, 0, 0)


@pytest.mark.parametrize(
    ("behaviour", "more", "reason", "text"),
    [
        (Behaviour(text="one two three"), {"max_tokens": 2}, "max_tokens", "one two "),
        (Behaviour(text="one two three"), {"stop_sequences": ["thr", "two"]}, "stop_sequence", "one "),
        (Behaviour(text="one", finish="content_filter"), {}, "refusal", "one"),
    ],
)
async def test_an_answer_says_why_it_ended(
    http: httpx2.AsyncClient, mock: MockProvider, *, behaviour: Behaviour, more: dict[str, Any], reason: str, text: str
) -> None:
    mock.default = behaviour
    message = await said(http, **more)
    assert (message["stop_reason"], message["content"][0]["text"]) == (reason, text)
    assert message["stop_sequence"] == ("two" if reason == "stop_sequence" else None)


async def test_a_prefill_is_gone_on_with_or_refused(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    begun = [*HELLO, {"role": "assistant", "content": "one"}]
    mock.default = Behaviour(text="one two", prefill="continue")
    assert (await said(http, messages=begun))["content"][0]["text"] == " two"
    mock.default = Behaviour(prefill="refuse")
    assert (await refused(http, messages=begun)).startswith("This model does not support assistant message prefill.")


async def test_structured_output_follows_the_schema(http: httpx2.AsyncClient) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    message = await said(http, output_config={"format": {"type": "json_schema", "schema": schema}})
    assert json.loads(message["content"][0]["text"]) == {"n": 1}


async def test_tokens_are_counted_and_a_limit_has_no_place_there(http: httpx2.AsyncClient) -> None:
    asked = {"model": "m", "messages": HELLO, "system": "be brief"}
    assert (await http.post("/v1/messages/count_tokens", json=asked)).json() == {"input_tokens": 7}
    answer = await http.post("/v1/messages/count_tokens", json={**asked, "max_tokens": 1})
    assert answer.json()["error"]["message"] == "max_tokens: Extra inputs are not permitted"


async def test_models_come_in_pages(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    for name in "abc":
        mock.script(name, Behaviour())
    page = (await http.get("/v1/models", params={"limit": 2})).json()
    assert ([each["id"] for each in page["data"]], page["has_more"], page["first_id"], page["last_id"]) == (["a", "b"], True, "a", "b")
    page = (await http.get("/v1/models", params={"after_id": "b"})).json()
    assert ([each["id"] for each in page["data"]], page["has_more"]) == (["c"], False)
    assert (await http.get("/v1/models/claude-x")).json()["id"] == "claude-x"
    assert (await http.get("/v1/models", params={"limit": 1001})).status_code == 400


async def test_other_paths_and_methods_are_refused(http: httpx2.AsyncClient) -> None:
    assert (await http.post("/v1/messages/other", json={})).json()["error"] == {"type": "not_found_error", "message": "Not found"}
    assert (await http.get("/v1/messages")).status_code == 405
    answer = await http.post("/v1/messages", content=b"{")
    assert answer.json()["error"]["message"].startswith("The request body is not valid JSON: ")


@pytest.mark.parametrize(
    ("status", "code", "kind", "text"),
    [
        (401, None, "authentication_error", "invalid x-api-key"),
        (404, None, "not_found_error", "model: m"),
        (413, None, "request_too_large", "Request exceeds the maximum size"),
        (418, None, "invalid_request_error", "Invalid request"),
        (500, None, "api_error", "Internal server error"),
        (503, None, "api_error", "Internal server error"),
        (529, None, "overloaded_error", "Overloaded"),
        (400, "context_length_exceeded", "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"),
        (400, "insufficient_quota", "invalid_request_error", "Your credit balance is too low"),
    ],
)
async def test_errors_have_the_real_types_and_words(
    http: httpx2.AsyncClient, mock: MockProvider, *, status: int, code: str | None, kind: str, text: str
) -> None:
    mock.default = Behaviour(status=status, error_code=code)
    answer = await http.post("/v1/messages", json=body())
    assert answer.status_code == status
    assert answer.json()["error"]["type"] == kind
    assert answer.json()["error"]["message"].startswith(text)
    mock.default = Behaviour(status=status, error=("own_type", None, "own words"))
    assert (await http.post("/v1/messages", json=body())).json()["error"] == {"type": "own_type", "message": "own words"}
