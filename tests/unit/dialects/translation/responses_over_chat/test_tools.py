from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.dialects.translation.custom_tools import custom_arguments, custom_input
from pyproxy.dialects.translation.responses_over_chat import RESPONSES_OVER_CHAT
from pyproxy.dialects.translation.translator import Call, Translated, UntranslatableError
from pyproxy.domain.capabilities import Capabilities

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = {"type": "function", "name": "weather", "description": "Tells it.", "parameters": PARAMETERS, "strict": True}
PATCH = {
    "type": "custom",
    "name": "apply_patch",
    "description": "Edits.",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: /x/"},
}
READ = {"type": "function", "name": "read", "parameters": {}}
MCP = {"type": "namespace", "name": "mcp__files", "description": "", "tools": [READ, {"type": "custom", "name": "edit"}]}
SEARCH = {"type": "web_search", "external_web_access": True}


def _request(capabilities: Capabilities | None = None, **members: Any) -> Translated:
    return RESPONSES_OVER_CHAT.request({"input": "x", **members}, Call("m", capabilities=capabilities or Capabilities()))


def _names(body: dict[str, Any]) -> list[str]:
    return [tool["function"]["name"] for tool in body["tools"]]


def test_a_function_is_one_in_chat() -> None:
    told = _request(tools=[WEATHER, {"type": "function", "name": "now", "parameters": None, "strict": None}])
    assert told.lost == ()
    assert told.body["tools"] == [
        {"type": "function", "function": {"name": "weather", "description": "Tells it.", "parameters": PARAMETERS, "strict": True}},
        {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}},
    ]


def test_a_custom_tool_is_a_function_of_one_text_and_its_grammar_is_only_told() -> None:
    told = _request(tools=[PATCH])
    (tool,) = told.body["tools"]
    assert tool["function"]["name"] == "apply_patch"
    assert tool["function"]["parameters"]["required"] == ["input"]
    assert tool["function"]["description"] == "Edits.\n\nIts input must follow this lark grammar:\nstart: /x/"
    assert told.lost == ("tools[].format",)
    assert _request(tools=[{"type": "custom", "name": "note", "format": {"type": "text"}}]).lost == ()


def test_tools_that_a_provider_would_run_are_lost_and_nothing_is_asked_of_none() -> None:
    told = _request(tools=[SEARCH, {"type": "code_interpreter"}, {"type": 3}], tool_choice="auto", parallel_tool_calls=True)
    assert told.body.keys() == {"model", "messages"}
    assert told.lost == ("tools[].web_search", "tools[].code_interpreter", "tools[]")


def test_a_tool_of_a_namespace_has_a_longer_name_in_all_of_the_conversation() -> None:
    call = {"type": "function_call", "call_id": "c", "name": "read", "namespace": "mcp__files", "arguments": "{}"}
    body = _request(tools=[MCP, WEATHER], input=[call], tool_choice={"type": "function", "name": "read", "namespace": "mcp__files"}).body
    assert _names(body) == ["mcp__files__read", "mcp__files__edit", "weather"]
    assert body["messages"][0]["tool_calls"][0]["function"]["name"] == "mcp__files__read"
    assert body["tool_choice"] == {"type": "function", "function": {"name": "mcp__files__read"}}


@pytest.mark.parametrize("choice", ["auto", "none", "required"])
def test_a_choice_in_one_word_is_the_same_word(choice: str) -> None:
    assert _request(tools=[WEATHER], tool_choice=choice, parallel_tool_calls=False).body["tool_choice"] == choice


@pytest.mark.parametrize("kind", ["function", "custom"])
def test_one_tool_can_be_forced(kind: str) -> None:
    choice = {"type": kind, "name": "apply_patch"}
    assert _request(tools=[PATCH], tool_choice=choice).body["tool_choice"] == {"type": "function", "function": {"name": "apply_patch"}}


def test_only_the_allowed_tools_are_given() -> None:
    allowed = [{"type": "function", "name": "weather"}, {"type": "web_search"}]
    told = _request(tools=[WEATHER, PATCH], tool_choice={"type": "allowed_tools", "mode": "required", "tools": allowed})
    assert _names(told.body) == ["weather"]
    assert told.body["tool_choice"] == "required"
    assert told.lost == ("tools[].format", "tool_choice.tools[]")


def test_allowing_only_what_chat_is_not_given_leaves_none_unless_one_must_be_called() -> None:
    allowed = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "web_search"}]}
    told = _request(tools=[WEATHER], tool_choice=allowed)
    assert (told.body.keys() & {"tools", "tool_choice"}, told.lost) == (set(), ("tool_choice.tools[]",))
    with pytest.raises(UntranslatableError):
        _request(tools=[WEATHER], tool_choice={**allowed, "mode": "required"})


def test_a_model_that_cannot_be_forced_is_asked_instead() -> None:
    told = _request(Capabilities(forced_tools=False), tools=[WEATHER], tool_choice="required")
    assert (told.body["tool_choice"], told.lost) == ("auto", ("tool_choice",))
    assert _request(Capabilities(forced_tools=False), tools=[WEATHER], tool_choice="none").body["tool_choice"] == "none"


@given(st.text())
def test_the_text_of_a_custom_tool_is_the_same_after_it_was_arguments(text: str) -> None:
    assert custom_input(custom_arguments(text)) == text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("*** Begin", "*** Begin"),
        ('"x"', "x"),
        ('{"patch": "x"}', '{"patch": "x"}'),
        ('{"input": 3}', '{"input": 3}'),
        ("", ""),
        ("[" * 9, "[" * 9),
    ],
)
def test_what_else_a_model_writes_for_a_custom_tool_is_its_text(arguments: str, text: str) -> None:
    assert custom_input(arguments) == text


def test_calls_come_back_as_those_of_the_tools_that_were_given() -> None:
    calls = [
        {"id": "c1", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}},
        {"id": "c2", "function": {"name": "apply_patch", "arguments": json.dumps({"input": "*** Begin\n"})}},
        {"id": "c3", "function": {"name": "mcp__files__read", "arguments": ""}},
        {"id": "c5", "function": {"name": "mcp__files__edit", "arguments": '{"input":"x"}'}},
        {"id": "c4", "function": {"name": "unheard_of", "arguments": {"a": 1}}},
    ]
    completion = {"choices": [{"message": {"content": None, "tool_calls": calls}, "finish_reason": "tool_calls"}]}
    call = Call("m", asked={"tools": [WEATHER, PATCH, MCP]})
    output = RESPONSES_OVER_CHAT.response(completion, call).body["output"]
    assert [{name: value for name, value in item.items() if name not in ("id", "status")} for item in output] == [
        {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": '{"city":"Rome"}'},
        {"type": "custom_tool_call", "call_id": "c2", "name": "apply_patch", "input": "*** Begin\n"},
        {"type": "function_call", "call_id": "c3", "name": "read", "namespace": "mcp__files", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "c5", "name": "edit", "namespace": "mcp__files", "input": "x"},
        {"type": "function_call", "call_id": "c4", "name": "unheard_of", "arguments": '{"a":1}'},
    ]
    assert len({item["id"] for item in output}) == 5
