"""The tools of a chat as the messages API takes them, and the choice among them."""

from __future__ import annotations

from typing import Any

import pytest
from support.chat_over_messages import HI, TOOL, able, ask, called


def test_tools_have_a_schema_of_an_object_whatever_the_client_says() -> None:
    bare = {"type": "function", "function": {"name": "bare"}}
    strict = {"type": "function", "function": {"name": "strict", "strict": True, "parameters": {"properties": {"a": {}}}}}
    body, lost = ask(tools=[TOOL, bare, strict])
    assert body["tools"] == [
        {"name": "look", "description": "looks", "input_schema": {"type": "object", "properties": {}}},
        {"name": "bare", "input_schema": {"type": "object", "properties": {}}},
        {"name": "strict", "strict": True, "input_schema": {"type": "object", "properties": {"a": {}}, "additionalProperties": False}},
    ]
    assert (lost, "tool_choice" in body) == ((), False)


@pytest.mark.parametrize(
    ("choice", "parallel", "expected"),
    [
        ("auto", None, {"type": "auto"}),
        ("none", False, {"type": "none"}),
        ("required", True, {"type": "any"}),
        ("required", False, {"type": "any", "disable_parallel_tool_use": True}),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        ({"type": "function", "function": {"name": "look"}}, None, {"type": "tool", "name": "look"}),
    ],
)
def test_choices_of_tools(choice: Any, parallel: bool | None, expected: dict[str, Any]) -> None:  # noqa: FBT001
    assert ask(tools=[TOOL], tool_choice=choice, parallel_tool_calls=parallel).body["tool_choice"] == expected


def test_tools_of_another_provider_s_own_are_left_out_and_told() -> None:
    body, lost = ask(tools=[{"type": "web_search"}, TOOL], tool_choice="required")
    assert ([tool["name"] for tool in body["tools"]], body["tool_choice"], lost) == (["look"], {"type": "any"}, ("tools[].web_search",))
    body, lost = ask(tools=[{"type": "web_search"}], tool_choice="auto")
    assert (body.keys() & {"tools", "tool_choice"}, lost) == (set(), ("tools[].web_search",))


def test_a_choice_without_tools_is_left_out_and_a_subset_of_tools_is_all_there_is() -> None:
    assert "tool_choice" not in ask(tool_choice="auto", parallel_tool_calls=False).body
    other = {"type": "function", "function": {"name": "other"}}
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [other]}}
    body = ask(tools=[TOOL, other], tool_choice=allowed).body
    assert ([tool["name"] for tool in body["tools"]], body["tool_choice"]) == (["other"], {"type": "any"})


def test_a_chat_with_calls_and_without_tools_names_those_that_were_called_and_lets_none_be() -> None:
    history = (
        HI,
        called(("a", "look", "{}"), ("b", "look", "{}"), ("c", "read", "{}")),
        {"role": "tool", "tool_call_id": "a", "content": "x"},
    )
    past = [{"name": name, "input_schema": {"type": "object", "properties": {}}} for name in ("look", "read")]
    silent: list[dict[str, Any]] = [{}, {"tools": []}, {"tools": None, "tool_choice": "auto"}]
    for members in silent:
        body, lost = ask(*history, **members)
        assert (body["tools"], body["tool_choice"], lost) == (past, {"type": "none"}, ())
    assert [tool["name"] for tool in ask(*history, tools=[TOOL]).body["tools"]] == ["look"]
    assert "tools" not in ask().body


def test_a_model_that_cannot_be_forced_chooses_itself_and_that_is_told() -> None:
    other = {"type": "function", "function": {"name": "other"}}
    body, lost = ask(tools=[TOOL, other], tool_choice="required", call=able(forced_tools=False))
    assert (body["tool_choice"], len(body["tools"]), lost) == ({"type": "auto"}, 2, ("tool_choice",))
    assert body["system"] == [{"type": "text", "text": "Answer by calling one of the tools."}]


def test_a_model_that_cannot_be_forced_is_offered_none_but_the_tool_that_was_named_and_asked_in_words_to_call_it() -> None:
    other = {"type": "function", "function": {"name": "other"}}
    named = {"type": "function", "function": {"name": "other"}}
    body, lost = ask(tools=[TOOL, other], tool_choice=named, call=able(forced_tools=False))
    assert (body["tool_choice"], [tool["name"] for tool in body["tools"]], lost) == ({"type": "auto"}, ["other"], ("tool_choice",))
    assert body["system"] == [{"type": "text", "text": "Answer by calling the tool other."}]
    assert "system" not in ask(tools=[TOOL, other], tool_choice=named).body


def test_tools_that_were_called_are_named_where_none_is_offered_any_more_for_the_provider_wants_to_know_them() -> None:
    history = [HI, called(("1", "look", ""), ("2", "go", "{}"), ("3", "look", "{}"))]
    history += [{"role": "tool", "tool_call_id": identifier, "content": "x"} for identifier in "123"]
    for body, lost in (ask(*history), ask(*history, tools=[], tool_choice="auto")):
        assert body["tools"] == [{"name": name, "input_schema": {"type": "object", "properties": {}}} for name in ("look", "go")]
        assert (body["tool_choice"], lost) == ({"type": "none"}, ())
    assert [tool["name"] for tool in ask(*history, tools=[TOOL]).body["tools"]] == ["look"]
    assert "tools" not in ask(HI).body
