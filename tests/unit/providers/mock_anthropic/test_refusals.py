"""What the mock refuses of messages as Anthropic does, and in which words; and what it takes."""

from typing import Any

import httpx2
import pytest
from support.mock_anthropic import CLOCK, HELLO, THINKING, WEATHER, refused, said

from pyproxy.providers.mock import Behaviour, MockProvider

OLDER = {"anthropic-version": "2023-06-01"}


def results(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "tool_result", "tool_use_id": each["id"], "content": "rain"} for each in message["content"] if "id" in each]


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
