"""Custom tools of chat's clients at providers that know functions alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.assembled import translate_stream

from pyproxy.dialects.translation.translator import Call
from pyproxy.dialects.translation.ways import way_to
from pyproxy.domain.capabilities import ALL_CAPABILITIES
from pyproxy.domain.operations import CHAT

GRAMMAR = {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: /a+/"}}
TOOLS = [
    {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}},
    {"type": "custom", "custom": {"name": "say", "description": "says", "format": GRAMMAR}},
]
CALLED = {"id": "call_1", "type": "custom", "custom": {"name": "say", "input": 'a "b"'}}
ASKED: dict[str, Any] = {
    "messages": [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": None, "tool_calls": [CALLED]},
        {"role": "tool", "tool_call_id": "call_1", "content": "said"},
    ],
    "tools": TOOLS,
}
CALL = Call("m", capabilities=ALL_CAPABILITIES, asked=ASKED)
LOOKED, SAID = ("look", {"q": 1}), ("say", {"input": "aaa"})


def translator(dialect: Any) -> Any:
    way = way_to(CHAT, dialect, responses=False)
    assert way is not None
    return way.translator


def test_claude_is_offered_a_function_with_one_text() -> None:
    body, lost = translator("anthropic").request({**ASKED, "tool_choice": {"type": "custom", "custom": {"name": "say"}}}, CALL)
    tool = body["tools"][1]
    assert (tool["name"], tool["input_schema"]["required"], body["tool_choice"]) == ("say", ["input"], {"type": "tool", "name": "say"})
    assert tool["description"] == "says\n\nIts input must follow this lark grammar:\nstart: /a+/"
    assert body["messages"][1]["content"] == [{"type": "tool_use", "id": "call_1", "name": "say", "input": {"input": 'a "b"'}}]
    assert lost == ("tools[].custom.format",)


def test_gemini_is_offered_a_function_with_one_text() -> None:
    allowed = {"mode": "required", "tools": [{"type": "custom", "custom": {"name": "say"}}]}
    body, lost = translator("gemini").request({**ASKED, "tool_choice": {"type": "allowed_tools", "allowed_tools": allowed}}, CALL)
    assert body["tools"][0]["functionDeclarations"][1]["parametersJsonSchema"]["required"] == ["input"]
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["say"]}}
    assert body["contents"][1]["parts"][0]["functionCall"]["args"] == {"input": 'a "b"'}
    assert lost == ("tools[].custom.format",)


def message(*calls: tuple[str, Any]) -> dict[str, Any]:
    uses = [{"type": "tool_use", "id": f"t{number}", "name": name, "input": value} for number, (name, value) in enumerate(calls)]
    usage = {"input_tokens": 1, "output_tokens": 1}
    return {"type": "message", "id": "m", "role": "assistant", "model": "m", "content": uses, "stop_reason": "tool_use", "usage": usage}


def candidate(*calls: tuple[str, Any]) -> dict[str, Any]:
    parts = [{"functionCall": {"id": f"t{number}", "name": name, "args": value}} for number, (name, value) in enumerate(calls)]
    return {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}]}


EXPECTED = [("function", "look", '{"q":1}'), ("custom", "say", "aaa"), ("custom", "say", "aaa")]


def told(calls: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(each["type"], (of := each[each["type"]])["name"], of["input" if each["type"] == "custom" else "arguments"]) for each in calls]


@pytest.mark.parametrize(("dialect", "answer"), [("anthropic", message), ("gemini", candidate)])
def test_its_calls_come_back_as_those_of_a_custom_tool(dialect: Any, answer: Any) -> None:
    body = translator(dialect).response(answer(LOOKED, SAID, SAID), CALL).body
    assert told(body["choices"][0]["message"]["tool_calls"]) == EXPECTED


def events_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The stream of a message, with arguments in pieces."""
    events: list[dict[str, Any]] = [{"type": "message_start", "message": {**answer, "content": []}}]
    for index, block in enumerate(answer["content"]):
        written = json.dumps(block["input"], separators=(",", ":"))
        events.append({"type": "content_block_start", "index": index, "content_block": {**block, "input": {}}})
        for piece in (written[:4], written[4:]):
            delta = {"type": "input_json_delta", "partial_json": piece}
            events.append({"type": "content_block_delta", "index": index, "delta": delta})
        events.append({"type": "content_block_stop", "index": index})
    return [
        *events,
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]


@pytest.mark.parametrize(
    ("dialect", "events"), [("anthropic", events_of(message(LOOKED, SAID, SAID))), ("gemini", [candidate(LOOKED, SAID, SAID)])]
)
def test_in_a_stream_they_come_whole_before_its_end(dialect: Any, events: Any) -> None:
    chunks = [event.data for event in translate_stream(translator(dialect).stream(CALL), events) if isinstance(event.data, dict)]
    calls: dict[int, dict[str, Any]] = {}
    for choice in (choice for chunk in chunks for choice in chunk["choices"]):
        assert choice["delta"] or choice["finish_reason"], "a chunk that says nothing"
        for piece in choice["delta"].get("tool_calls", ()):
            if piece["index"] in calls:
                calls[piece["index"]]["function"]["arguments"] += piece["function"]["arguments"]
            else:
                calls[piece["index"]] = piece
    assert told([calls[index] for index in sorted(calls)]) == EXPECTED


def test_a_stream_of_a_request_without_custom_tools_is_left_alone() -> None:
    way = translator("anthropic")
    assert type(way.stream(Call("m", asked={"tools": TOOLS[:1]}))).__name__ == "ChatStream"
