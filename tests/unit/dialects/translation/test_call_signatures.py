"""What Gemini signs with a call of a tool comes back to it, through clients whose APIs have no place for it, or is named as lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyproxy.dialects.translation.chat.seals import call_signature, seal
from pyproxy.dialects.translation.events import Event
from pyproxy.dialects.translation.translator import Call, Translated
from pyproxy.dialects.translation.ways import way_to
from pyproxy.domain import Candidate
from pyproxy.domain.capabilities import ALL_CAPABILITIES, PLAIN_CAPABILITIES, Capabilities
from pyproxy.domain.operations import MESSAGES, RESPONSES

GEMINI = Call("gemini-3-pro", id="req_1", capabilities=replace(PLAIN_CAPABILITIES, thinking="effort"))
THOUGHT = {"text": "I look.", "thought": True}
FIRST = {"functionCall": {"name": "look", "args": {"at": 1}}, "thoughtSignature": "CsA="}
SECOND = {"functionCall": {"name": "look", "args": {"at": 2}}}
THIRD = {"functionCall": {"name": "look", "args": {"at": 3}}, "thoughtSignature": "CsB="}
PARTS = [
    [FIRST],
    [THOUGHT, FIRST],
    [FIRST, SECOND],
    [{"text": "So."}, FIRST, SECOND, THIRD],
    [{**FIRST, "functionCall": {**FIRST["functionCall"], "id": "a/ünusual.id" * 5}}],  # type: ignore[dict-item]
]
THINKING = {"type": "adaptive"}


def translator(operation: Any, dialect: Any = "gemini") -> Any:
    way = way_to(operation, dialect, responses=False)
    assert way is not None
    return way.translator


def answered(operation: Any, parts: list[Any], asked: dict[str, Any], *, streamed: bool) -> Translated:
    """The client's answer for a Gemini's; of a stream it is put together from the events."""
    call = replace(GEMINI, asked=asked, stream=streamed)
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}
    if not streamed:
        told: Translated = translator(operation).response({"candidates": [candidate]}, call)
        return told
    stream = translator(operation).stream(call)
    pieces = [{"candidates": [{"content": {"parts": [part]}}]} for part in parts] + [{"candidates": [candidate | {"content": {}}]}]
    events = [told.data for piece in pieces for told in stream.feed(Event(piece))] + [told.data for told in stream.finish()]
    return Translated(events[-1]["response"] if operation is RESPONSES else {"content": put_together(events)}, stream.lost)


def put_together(events: list[Any]) -> list[Any]:
    blocks = [dict(event["content_block"]) for event in events if event["type"] == "content_block_start"]
    for event in events:
        if event["type"] == "content_block_delta" and event["delta"]["type"] == "text_delta":
            blocks[event["index"]]["text"] += event["delta"]["text"]
    return blocks


def signatures(body: dict[str, Any]) -> list[str | None]:
    return [part.get("thoughtSignature") for turn in body["contents"] for part in turn["parts"] if "functionCall" in part]


def signed(parts: list[Any]) -> list[str | None]:
    return [part.get("thoughtSignature") for part in parts if "functionCall" in part]


def next_input(output: list[Any]) -> list[Any]:
    called = [item["call_id"] for item in output if item["type"] == "function_call"]
    return ["x", *output, *({"type": "function_call_output", "call_id": each, "output": "done"} for each in called)]


def next_turns(content: list[Any]) -> list[Any]:
    used = [block["id"] for block in content if block["type"] == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": each, "content": "done"} for each in used]
    return [{"role": "user", "content": "x"}, {"role": "assistant", "content": content}, {"role": "user", "content": results}]


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("parts", PARTS)
def test_clients_of_responses_bring_them_back_sealed(parts: list[Any], streamed: bool) -> None:  # noqa: FBT001
    told = answered(RESPONSES, parts, {}, streamed=streamed)
    assert told.lost == ()
    assert [item["type"] for item in told.body["output"] if item.get("encrypted_content")] == ["reasoning"] * len(
        [*filter(None, signed(parts))]
    )
    items = [{"role": "user", "content": "x"}, *next_input(told.body["output"])[1:]]
    body, lost = translator(RESPONSES).request({"model": "m", "input": items}, GEMINI)
    assert (signatures(body), lost) == (signed(parts), ())


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("parts", PARTS)
def test_clients_of_messages_that_ask_for_thinking_bring_them_back_in_redacted_thinking(parts: list[Any], streamed: bool) -> None:  # noqa: FBT001
    told = answered(MESSAGES, parts, {"thinking": THINKING}, streamed=streamed)
    assert told.lost == ()
    content = [block for block in told.body["content"] if block["type"] != "thinking"]
    kinds = [block["type"] for block in content]
    assert all(kinds[place + 1] == "tool_use" for place, kind in enumerate(kinds) if kind == "redacted_thinking")
    body, lost = translator(MESSAGES).request({"model": "m", "max_tokens": 9, "messages": next_turns(content)}, GEMINI)
    assert (signatures(body), lost) == (signed(parts), ())


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("asked", [{}, {"thinking": {"type": "disabled"}}, {"thinking": None}])
def test_clients_of_messages_that_do_not_are_told_of_the_loss(asked: dict[str, Any], streamed: bool) -> None:  # noqa: FBT001
    told = answered(MESSAGES, [FIRST, SECOND], asked, streamed=streamed)
    assert [block["type"] for block in told.body["content"]] == ["tool_use", "tool_use"]
    assert told.lost == ("choices[].message.tool_calls[].extra_content",)


SEALED = seal([call_signature("a", "CsA=")], "openai/p")
USED = {"type": "tool_use", "id": "a", "name": "look", "input": {}}
CALLED = {"type": "function_call", "call_id": "a", "name": "look", "arguments": "{}"}
ELSEWHERE: list[tuple[Any, dict[str, Any], str]] = [
    (
        MESSAGES,
        {"max_tokens": 9, "messages": next_turns([{"type": "redacted_thinking", "data": SEALED}, USED])},
        "messages[].content[].thinking",
    ),
    (
        RESPONSES,
        {"input": next_input([{"type": "reasoning", "summary": [], "encrypted_content": SEALED}, CALLED])[1:]},
        "input[].encrypted_content",
    ),
]


@pytest.mark.parametrize(("operation", "asked", "loss"), ELSEWHERE)
def test_a_provider_of_chat_gets_those_that_it_gave_and_no_others(operation: Any, asked: dict[str, Any], loss: str) -> None:
    extra = {"extra_content": {"google": {"thought_signature": "CsA="}}}
    call = {"id": "a", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    gave, other = (call | extra, ()), (call, (loss,))
    for signer, history, (expected, lost) in (
        ("openai/p", False, gave),
        ("openai/p", True, gave),
        ("openai/q", False, other),
        ("openai/q", True, other),
    ):
        asking = Call("m", capabilities=Capabilities(reasoning_history=history), signer=signer)
        told = translator(operation, "openai").request({"model": "m", **asked}, asking)
        turn = next(message for message in told.body["messages"] if message["role"] == "assistant")
        assert turn == {"role": "assistant", "content": None, "tool_calls": [expected]}
        assert told.lost == lost


def test_claude_gets_none_of_them_and_that_is_told_in_the_names_of_its_client() -> None:
    operation, asked, _ = ELSEWHERE[1]
    told = translator(operation, "anthropic").request({"model": "m", **asked}, Call("claude-x", capabilities=ALL_CAPABILITIES))
    assert "CsA" not in str(told.body)
    assert set(told.lost) == {"input[].encrypted_content", "input[].content[]"}, "and that words were made up for a user who said none"


def test_each_provider_of_chat_signs_for_itself_and_of_other_apis_their_makers() -> None:
    one = Candidate("i", "m", "p", "u", (), "l")
    assert one.signer == replace(one, instance="i#2").signer != replace(one, provider="q").signer
    for dialect in ("anthropic", "gemini"):
        other = replace(one, dialect=dialect)
        assert other.signer == replace(other, provider="q").signer != replace(one, provider=dialect).signer
