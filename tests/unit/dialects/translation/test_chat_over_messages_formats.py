"""The format that a chat client asks for: held by the provider, or asked for in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.chat_over_messages import HI, able, ask

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Translated


def test_a_schema_is_held_by_the_provider_or_asked_for_in_words() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "object", "properties": {"properties": {"type": "string"}}}}}
    asked = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    body, lost = ask(response_format=asked)
    inner = {"type": "object", "properties": {"properties": {"type": "string"}}, "additionalProperties": False}
    closed = {"type": "object", "properties": {"a": inner}, "additionalProperties": False}
    assert (body["output_config"], lost) == ({"format": {"type": "json_schema", "schema": closed}}, ())
    body, lost = ask({"role": "system", "content": "s"}, HI, response_format=asked, call=able(json_schema=False))
    assert '{"type":"object"' in body["system"][1]["text"]
    assert ("output_config" in body, lost) == (False, ("response_format",))
    assert "JSON object" in ask(response_format={"type": "json_object"}).body["system"][0]["text"]
    assert ask(response_format={"type": "text"}) == ask()


CONSTRAINED = {
    "type": "object",
    "properties": {
        "minimum": {"type": "integer", "minimum": 1, "description": "at least"},
        "days": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "string", "format": "email"}},
        "weeks": {"type": "array", "minItems": 2},
        "unit": {"oneOf": [{"type": "string", "format": "roman"}, {"type": "null"}]},
        "either": {"anyOf": [{"type": "string"}], "oneOf": [{}]},
    },
    "additionalProperties": True,
}
IN_WORDS = {
    "type": "object",
    "properties": {
        "minimum": {"type": "integer", "description": 'at least\n\n{"minimum":1}'},
        "days": {"type": "array", "minItems": 1, "items": {"type": "string", "format": "email"}, "description": '{"maxItems":3}'},
        "weeks": {"type": "array", "description": '{"minItems":2}'},
        "unit": {"anyOf": [{"type": "string", "description": '{"format":"roman"}'}, {"type": "null"}]},
        "either": {"anyOf": [{"type": "string"}], "description": '{"oneOf":[{}]}'},
    },
    "additionalProperties": False,
}


def test_constraints_that_the_provider_refuses_in_a_schema_are_told_in_words() -> None:
    body, lost = ask(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": CONSTRAINED}})
    assert (body["output_config"]["format"]["schema"], lost) == (IN_WORDS, ("response_format.json_schema.schema",))
    tool = {"type": "function", "function": {"name": "look", "strict": True, "parameters": CONSTRAINED}}
    body, lost = ask(tools=[tool])
    assert (body["tools"], lost) == ([{"name": "look", "strict": True, "input_schema": IN_WORDS}], ("tools[].function.strict",))
    body, lost = ask(tools=[tool], call=able(json_schema=False))
    assert (body["tools"], lost) == ([{"name": "look", "input_schema": CONSTRAINED}], ("tools[].function.strict",))
    loose = {"type": "function", "function": {"name": "look", "parameters": CONSTRAINED}}
    assert ask(tools=[loose]) == ({**ask().body, "tools": [{"name": "look", "input_schema": CONSTRAINED}]}, ())


@pytest.mark.parametrize(
    "members",
    [
        {"additionalProperties": {"type": "string"}},
        {"properties": {}, "additionalProperties": {}},
        {"properties": {"a": {"type": "object"}}},
        {},
    ],
    ids=str,
)
def test_objects_whose_members_have_no_names_are_not_closed_but_asked_for_in_words(members: dict[str, Any]) -> None:
    schema = {"type": "object", **members}
    body, lost = ask(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}})
    assert ("output_config" in body, lost) == (False, ("response_format",))
    assert '{"type":"object"' in body["system"][0]["text"]
    body, lost = ask(tools=[{"type": "function", "function": {"name": "look", "strict": True, "parameters": schema}}])
    assert ("strict" in body["tools"][0], lost) == (False, ("tools[].function.strict",))


def test_effort_and_format_share_their_place() -> None:
    asked = {"type": "json_schema", "json_schema": {"schema": {"type": "string"}}}
    config = ask(response_format=asked, reasoning_effort="low", call=able(thinking="effort")).body["output_config"]
    assert config == {"effort": "low", "format": {"type": "json_schema", "schema": {"type": "string"}}}


def formed(schema: Any, **members: Any) -> Translated:
    return ask(response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}, **members)


NODE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "object", "properties": {"any": {"type": "object", "additionalProperties": True}}},
        {"$defs": {"Node": NODE}, "type": "object", "properties": {"first": {"$ref": "#/$defs/Node"}}},
        {"$defs": {"Node": {"$ref": "#/$defs/Other"}, "Other": {"anyOf": [NODE, {"type": "null"}]}}, "$ref": "#/$defs/Node"},
        {"type": "object", "properties": {"child": {"$ref": "#"}}},
    ],
)
def test_a_schema_that_the_provider_cannot_hold_an_answer_to_is_asked_for_in_words(schema: Any) -> None:
    body, lost = formed(schema)
    assert (lost, "output_config" in body) == (("response_format",), False)
    assert "JSON schema" in body["system"][-1]["text"]


def test_definitions_that_do_not_hold_themselves_are_no_obstacle() -> None:
    leaf = {"type": "object", "properties": {"x": {"type": "string"}}, "additionalProperties": False}
    branch = {"type": "object", "properties": {"a": {"$ref": "#/$defs/Leaf"}, "b": {"$ref": "#/$defs/Leaf"}}, "additionalProperties": False}
    schema = {**branch, "$defs": {"Leaf": leaf, "Branch": branch}}
    body, lost = formed(schema)
    assert (body["output_config"]["format"]["schema"], lost) == (schema, ())
