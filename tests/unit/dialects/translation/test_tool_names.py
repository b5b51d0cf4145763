"""Names of tools, as each API takes them, and back."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.dialects.translation.tool_names import ToolNames

TAKES = {
    "openai": re.compile(r"[A-Za-z0-9_-]{1,64}"),
    "anthropic": re.compile(r"[A-Za-z0-9_-]{1,128}"),
    "gemini": re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}"),
}


def asking(wire: str, names: list[str]) -> dict[str, Any]:
    """A request that has each name wherever one may stand."""
    if wire == "openai":
        calls = [{"id": str(index), "function": {"name": name}} for index, name in enumerate(names)]
        messages = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None, "tool_calls": calls}]
        tools = [{"function": {"name": name}} for name in names]
        return {
            "messages": messages,
            "tools": tools,
            "tool_choice": {"function": {"name": names[0]}, "allowed_tools": {"tools": tools[:1]}},
        }
    if wire == "anthropic":
        blocks = [{"type": "text", "text": names[0]}, *({"type": "tool_use", "name": name} for name in names)]
        turns = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": blocks}]
        return {"messages": turns, "tools": [{"name": name} for name in names], "tool_choice": {"type": "tool", "name": names[0]}}
    parts = [{kind: {"name": name}} for name in names for kind in ("functionCall", "functionResponse")]
    declared = [{"functionDeclarations": [{"name": name} for name in names]}]
    config = {"functionCallingConfig": {"allowedFunctionNames": list(names)}}
    return {"contents": [{"parts": [{"text": "hi"}]}, {"parts": parts}], "tools": declared, "toolConfig": config}


def told(wire: str, names: list[str]) -> list[dict[str, Any]]:
    """What calls each of them: a whole answer, and events of a stream."""
    if wire == "openai":
        calls = [{"function": {"name": name}} for name in names]
        return [{"choices": [{member: {"tool_calls": calls}}]} for member in ("message", "delta")]
    if wire == "anthropic":
        blocks = [{"type": "tool_use", "name": name} for name in names]
        return [{"content": blocks}, *({"content_block": block} for block in blocks)]
    calls = [{member: {"name": name}} for name in names for member in ("functionCall", "function_call")]
    return [{"candidates": [{"content": {"parts": calls}}]}]


def of_tools(wire: str, request: dict[str, Any]) -> list[str]:
    tools: list[dict[str, Any]] = request["tools"][0]["functionDeclarations"] if wire == "gemini" else request["tools"]
    return [tool["function"]["name"] if wire == "openai" else tool["name"] for tool in tools]


NAMES = st.lists(
    st.one_of(st.text("ab.:-_ é1", min_size=1, max_size=6), st.text("ab_", min_size=60, max_size=140)), min_size=1, max_size=6, unique=True
)


@pytest.mark.parametrize("wire", TAKES)
@given(NAMES)
def test_a_provider_takes_every_name_tells_them_apart_and_its_client_reads_its_own(wire: str, names: list[str]) -> None:
    request, mapping = asking(wire, names), ToolNames(wire)
    mapping.replace(request)
    given_names = of_tools(wire, request)
    assert all(TAKES[wire].fullmatch(name) for name in given_names)
    assert len(set(given_names)) == len(names)
    assert request == asking(wire, given_names) | ({"messages": request["messages"]} if wire == "anthropic" else {})
    for answer, expected in zip(told(wire, given_names), told(wire, names), strict=True):
        mapping.restore(answer)
        assert answer == expected
    assert [new for old, new in zip(names, given_names, strict=True) if TAKES[wire].fullmatch(old)] == [
        name for name in names if TAKES[wire].fullmatch(name)
    ]


def test_a_name_is_replaced_by_one_that_tells_what_it_can_and_by_the_same_at_every_turn() -> None:
    long = "mcp__files__" + "read_" * 20
    first, second = asking("openai", ["weather", long]), asking("openai", ["files.read", long])
    for request in (first, second):
        ToolNames("openai").replace(request)
    assert of_tools("openai", first)[1] == of_tools("openai", second)[1]
    assert of_tools("openai", first)[1].startswith(long[:51])
    assert of_tools("openai", second)[0].startswith("files_read_")


def test_a_tool_of_the_client_s_own_keeps_the_name_that_another_would_be_given() -> None:
    request = asking("gemini", ["9"])
    ToolNames("gemini").replace(request)
    [taken] = of_tools("gemini", request)
    for names in (["9", taken], [taken, "9"]):
        request, mapping = asking("gemini", names), ToolNames("gemini")
        mapping.replace(request)
        given_names = of_tools("gemini", request)
        assert given_names[names.index(taken)] == taken
        assert given_names[names.index("9")] not in (taken, "9")


@pytest.mark.parametrize("wire", TAKES)
def test_what_is_no_name_stays_whatever_it_is(wire: str) -> None:
    odd: list[Any] = [
        {"tools": 5, "messages": None, "tool_choice": "auto", "contents": {}, "toolConfig": []},
        {"tools": [None, {"name": 5}, {"name": ""}, {"function": []}, {"functionDeclarations": [{}, {"name": None}]}]},
        {"messages": [{"content": "text", "tool_calls": [{"function": {}}]}], "contents": [{"parts": "x"}, 3]},
    ]
    for body in odd:
        before = copy.deepcopy(body)
        ToolNames(wire).replace(body)
        assert body == before
    mapping = ToolNames(wire)
    mapping.replace(asking(wire, ["a" * 200]))
    none: dict[str, Any] = {"choices": [{"delta": None}], "content": "x", "candidates": [{"content": {"parts": [{}]}}]}
    answers: list[Any] = ["[DONE]", None, [], none]
    for answer in answers:
        before = json.dumps(answer)
        mapping.restore(answer)
        assert json.dumps(answer) == before
