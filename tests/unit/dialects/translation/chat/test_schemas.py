"""Schemas as OpenAI takes them: strict where they can be, and held against the mock, which refuses as OpenAI does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.dialects.translation.chat.schemas import rooted, strict_schema
from pyproxy.providers.mock.openai.schemas import check_schemas

TEXT = {"type": "string"}


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


@pytest.mark.parametrize(
    ("asked", "strict", "exact"),
    [
        (of(a=TEXT), of(a=TEXT), True),
        (of(a={"enum": ["x", None]}), of(a={"enum": ["x", None], "type": ["string", "null"]}), True),
        (of(a={"const": 1}), of(a={"const": 1, "type": "integer"}), True),
        (of(a={"oneOf": [TEXT, {"type": "null"}]}), of(a={"anyOf": [TEXT, {"type": "null"}]}), True),
        (of(a={"allOf": [TEXT], "description": "b"}), of(a={**TEXT, "description": "b"}), True),
        (of(a={**TEXT, "default": "x"}), of(a={**TEXT, "description": '{"default":"x"}'}), True),
        (of(a={**TEXT, "maxLength": 3, "description": "b"}), of(a={**TEXT, "description": 'b\n\n{"maxLength":3}'}), False),
        (of(a={**TEXT, "format": "iban"}), of(a={**TEXT, "description": '{"format":"iban"}'}), False),
        (of(a={**TEXT, "format": "uuid"}), of(a={**TEXT, "format": "uuid"}), True),
        (of(a={**TEXT, "pattern": "^(?!x)"}), of(a={**TEXT, "description": '{"pattern":"^(?!x)"}'}), False),
        (of(a={"type": "number", "minimum": 1}), of(a={"type": "number", "minimum": 1}), True),
        (
            {**of(a={"$ref": "#/$defs/T", "description": "b"}), "$defs": {"T": TEXT}},
            {**of(a={"anyOf": [{"$ref": "#/$defs/T"}], "description": "b"}), "$defs": {"T": TEXT}},
            True,
        ),
        ({"type": "array", "items": of(a=TEXT)}, {"type": "array", "items": of(a=TEXT)}, True),
        (
            of(a={"oneOf": [of(k={"const": "b"}), of(k={"const": "c"})], "discriminator": {"propertyName": "k"}}),
            of(a={"anyOf": [of(k={"const": "b", "type": "string"}), of(k={"const": "c", "type": "string"})]}),
            True,
        ),
        # An optional member, others than those that are named, anything at all, and what is put together in ways that are refused.
        ({**of(a=TEXT), "required": []}, None, False),
        ({**of(a=TEXT), "required": ["a", "b"]}, None, False),
        ({**of(a=TEXT), "additionalProperties": TEXT}, None, False),
        ({"type": "object", "properties": {"a": TEXT}, "required": ["a"]}, None, False),
        (of(a={"type": "object"}), None, False),
        (of(a={}), None, False),
        (of(a=True), None, False),
        (of(a={"type": "array"}), None, False),
        (of(a={"allOf": [TEXT, TEXT]}), None, False),
        (of(a={"oneOf": [TEXT], "anyOf": [TEXT]}), None, False),
        ({**of(a=TEXT), "patternProperties": {"x": TEXT}}, None, False),
    ],
)
def test_a_schema_is_strict_where_nothing_is_left_open(asked: Any, strict: Any, exact: bool) -> None:  # noqa: FBT001
    made = strict_schema(asked)
    assert (made and made.schema, bool(made and made.exact)) == (strict, exact)


def test_one_whose_objects_give_no_more_than_they_name_is_closed_first() -> None:
    made = strict_schema({"type": "object", "properties": {"a": TEXT}, "required": ["a"]}, close=True)
    assert made is not None
    assert made.schema == of(a=TEXT)
    assert strict_schema(of(a={"type": "object"}), close=True) is None  # of which nobody knows the members


def test_one_that_is_nested_too_deeply_is_not_strict() -> None:
    deep: dict[str, Any] = TEXT
    for _ in range(10):
        deep = of(a=deep)
    assert strict_schema(deep) is not None
    assert strict_schema(of(a=deep)) is None
    assert strict_schema({"type": "array", "items": deep}) is None


def test_a_root_that_refers_to_a_definition_is_what_that_is() -> None:
    definitions = {"$defs": {"A": {"$ref": "#/$defs/B"}, "B": of(a={"$ref": "#/$defs/B"})}}
    assert rooted({"$ref": "#/$defs/A", **definitions}) == {**of(a={"$ref": "#/$defs/B"}), **definitions}
    for dead_end in (
        {"$ref": "#/$defs/X"},
        {"$ref": "#"},
        {"$ref": "http://x"},
        {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}},
    ):
        assert "$ref" in rooted(dead_end)


SCHEMAS = st.recursive(
    st.sampled_from(
        [TEXT, {"type": "integer", "minimum": 0}, {"enum": ["a", "b"]}, {"const": None}, {}, {**TEXT, "minLength": 1, "default": "x"}, True]
    ),
    lambda inner: st.one_of(
        st.builds(lambda items: {"type": "array", "items": items, "uniqueItems": True}, inner),
        st.builds(lambda parts: {"anyOf": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"oneOf": parts, "title": "t"}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"allOf": [part], "description": "d"}, inner),
        st.builds(lambda properties: of(**properties), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)),
        st.builds(lambda properties: {"properties": properties}, st.dictionaries(st.sampled_from("abc"), inner, max_size=3)),
    ),
    max_leaves=12,
)


@given(SCHEMAS, st.booleans())
def test_whatever_is_strict_is_taken_and_was_not_changed(schema: Any, close: bool) -> None:  # noqa: FBT001
    before = json.dumps(schema)
    asked = of(it=schema)
    made = strict_schema(asked, close=close)
    assert json.dumps(schema) == before
    if made is not None:
        check_schemas({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": made.schema, "strict": True}}})
