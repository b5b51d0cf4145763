"""Anthropic's answers as the mock gives them: shapes, streams, the prompt cache, and why they end."""

import json
from typing import Any

import httpx2
import pytest
from support.mock_anthropic import CLOCK, HELLO, THINKING, WEATHER, body, refused, said

from pyproxy.providers.mock import Behaviour, MockProvider


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
