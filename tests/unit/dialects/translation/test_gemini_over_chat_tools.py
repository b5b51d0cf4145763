"""The tools of a request to Gemini as chat has them, their schemas, and the choice among them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.gemini_over_chat import CALL, asked, configured

from pyproxy.domain.capabilities import Capabilities

LOOK = {"name": "look", "parameters": {"type": "OBJECT", "properties": {"at": {"type": "STRING", "nullable": True}}}}


def test_declarations_become_tools_with_json_schemas() -> None:
    other = {"name": "b", "description": "does", "parametersJsonSchema": {"type": "object", "$defs": {}}, "behavior": "BLOCKING"}
    translated = asked(tools=[{"functionDeclarations": [LOOK]}, {"function_declarations": [other]}])
    assert [tool["function"] for tool in translated.body["tools"]] == [
        {"name": "look", "parameters": {"type": "object", "properties": {"at": {"type": ["string", "null"]}}}},
        {"name": "b", "description": "does", "parameters": {"type": "object", "$defs": {}}},
    ]
    assert translated.lost == ("tools[].functionDeclarations[].behavior",)


def test_a_schema_of_googles_kind_is_translated_at_every_depth() -> None:
    schema = {
        "type": "OBJECT",
        "propertyOrdering": ["a"],
        "properties": {
            "type": {"type": "ARRAY", "min_items": "1", "items": {"type": "INTEGER", "format": "int32"}},
            "nullable": {"anyOf": [{"type": "STRING"}, {"type": "NUMBER"}], "nullable": True},
            "choice": {"type": "STRING", "enum": ["a"], "nullable": True},
        },
        "required": ["type"],
    }
    body = configured(responseMimeType="application/json", responseSchema=schema)
    assert body["response_format"]["json_schema"] == {
        "name": "answer",
        "strict": False,
        "schema": {
            "type": "object",
            "properties": {
                "type": {"type": "array", "minItems": 1, "items": {"type": "integer", "format": "int32"}},
                "nullable": {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}]},
                "choice": {"type": ["string", "null"], "enum": ["a", None]},
            },
            "required": ["type"],
        },
    }


@pytest.mark.parametrize(
    ("calling", "choice", "names"),
    [
        ({}, None, ["look", "b"]),
        ({"mode": "AUTO"}, "auto", ["look", "b"]),
        ({"mode": "validated"}, "auto", ["look", "b"]),
        ({"mode": "NONE"}, "none", ["look", "b"]),
        ({"mode": "ANY"}, "required", ["look", "b"]),
        ({"mode": "ANY", "allowedFunctionNames": ["b"]}, {"type": "function", "function": {"name": "b"}}, ["b"]),
        ({"mode": "ANY", "allowed_function_names": ["b", "look"]}, "required", ["look", "b"]),
        ({"mode": "VALIDATED", "allowedFunctionNames": ["look"]}, "auto", ["look"]),
    ],
)
def test_the_choice_of_tools_is_carried(calling: Any, choice: Any, names: list[str]) -> None:
    tools = [{"functionDeclarations": [LOOK, {"name": "b"}]}]
    body = asked(tools=tools, toolConfig={"functionCallingConfig": calling}).body
    assert body.get("tool_choice") == choice
    assert [tool["function"]["name"] for tool in body["tools"]] == names


def test_a_single_tool_that_must_be_called_is_required_like_any() -> None:
    body = asked(tools=[{"functionDeclarations": [LOOK]}], toolConfig={"functionCallingConfig": {"mode": "ANY"}}).body
    assert body["tool_choice"] == "required"


def test_a_model_that_cannot_be_forced_is_left_free_and_this_is_told() -> None:
    translated = asked(
        replace(CALL, capabilities=Capabilities(forced_tools=False)),
        tools=[{"functionDeclarations": [LOOK]}],
        toolConfig={"functionCallingConfig": {"mode": "ANY"}, "retrievalConfig": {"languageCode": "de"}},
    )
    assert translated.body["tool_choice"] == "auto"
    assert translated.lost == ("toolConfig.functionCallingConfig.mode", "toolConfig.retrievalConfig")


def test_google_s_own_tools_are_left_out_and_told() -> None:
    choice = {"functionCallingConfig": {"mode": "ANY"}}
    translated = asked(tools=[{"googleSearch": {}}, {"functionDeclarations": [LOOK], "code_execution": {}}], toolConfig=choice)
    assert ([tool["function"]["name"] for tool in translated.body["tools"]], translated.body["tool_choice"]) == (["look"], "required")
    assert translated.lost == ("tools[].googleSearch", "tools[].codeExecution")
    alone = asked(tools=[{"google_search": {}}])
    assert ("tools" in alone.body, alone.lost) == (False, ("tools[].googleSearch",))
