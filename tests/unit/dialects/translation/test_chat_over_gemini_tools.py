"""The tools of a chat as Gemini has them, the choice among them, and JSON beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.chat_over_gemini import CALL, TOOL, asked

from pyproxy.dialects.translation.translator import Call
from pyproxy.domain.capabilities import Capabilities


def test_tools_keep_their_schemas_whole() -> None:
    described = {"type": "function", "function": {"name": "b", "description": "does", "strict": True}}
    translated = asked(tools=[TOOL, described])
    assert translated.body["tools"] == [
        {
            "functionDeclarations": [
                {"name": "look", "parametersJsonSchema": {"type": "object", "additionalProperties": False}},
                {"name": "b", "description": "does"},
            ]
        }
    ]
    assert translated.lost == ("tools[].function.strict",)


@pytest.mark.parametrize(
    ("choice", "calling"),
    [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        ({"type": "function", "function": {"name": "look"}}, {"mode": "ANY", "allowedFunctionNames": ["look"]}),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [TOOL]}},
            {"mode": "VALIDATED", "allowedFunctionNames": ["look"]},
        ),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [TOOL]}},
            {"mode": "ANY", "allowedFunctionNames": ["look"]},
        ),
    ],
)
def test_the_choice_of_tools_is_carried(choice: Any, calling: Any) -> None:
    assert asked(tools=[TOOL], tool_choice=choice).body["toolConfig"] == {"functionCallingConfig": calling}
    assert "toolConfig" not in asked(tool_choice=choice).body


def test_a_model_that_cannot_be_forced_is_left_free_and_this_is_told() -> None:
    call = replace(CALL, capabilities=Capabilities(forced_tools=False))
    translated = asked(call, tools=[TOOL], tool_choice="required", parallel_tool_calls=False)
    assert translated.body["toolConfig"] == {"functionCallingConfig": {"mode": "AUTO"}}
    assert translated.lost == ("parallel_tool_calls", "tool_choice")


def test_tools_of_another_provider_s_own_are_left_out_and_told() -> None:
    translated = asked(tools=[{"type": "web_search"}, TOOL], tool_choice="required", web_search_options={})
    assert len(translated.body["tools"][0]["functionDeclarations"]) == 1
    assert translated.lost == ("web_search_options", "tools[].web_search")
    alone = asked(tools=[{"type": "web_search"}], tool_choice="auto")
    assert not {"tools", "toolConfig"} & alone.body.keys()
    assert alone.lost == ("tools[].web_search",)


FORM = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object", "title": "Weather"}}}


@pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-2.0-flash-lite", "models/gemini-1.5-pro"])
@pytest.mark.parametrize("form", [FORM, {"type": "json_object"}])
def test_older_models_are_held_to_no_json_beside_tools_for_they_refuse_both_at_once(model: str, form: Any) -> None:
    body, lost = asked(Call(model), tools=[TOOL], response_format=form)
    assert (lost, "generationConfig" in body) == (("response_format",), False)
    (words,) = body["systemInstruction"]["parts"]
    assert "JSON" in words["text"]
    assert ("Weather" in words["text"]) == (form is FORM)
    assert asked(Call(model), response_format=form).lost == ()


@pytest.mark.parametrize("model", ["gemini-3-flash-preview", "gemini-3.1-pro", "gemini-flash-latest"])
def test_newer_models_call_tools_and_answer_in_json(model: str) -> None:
    body, lost = asked(Call(model), tools=[TOOL], response_format=FORM)
    assert (lost, body["generationConfig"]["responseJsonSchema"]["title"]) == ((), "Weather")


def test_a_function_with_an_empty_schema_is_one_without_parameters() -> None:
    body = asked(tools=[{"type": "function", "function": {"name": "now", "parameters": {}}}]).body
    assert body["tools"] == [{"functionDeclarations": [{"name": "now"}]}]
