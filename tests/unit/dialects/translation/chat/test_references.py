"""What a strict schema may refer to: OpenAI takes definitions at the top, and the root where it is the root."""

from __future__ import annotations

from typing import Any

import pytest

from pyproxy.dialects.translation.chat.schemas import strict_schema


def closed(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


@pytest.mark.parametrize("reference", ["#", "#/$defs/Leaf"])
def test_definitions_at_the_top_and_an_object_at_the_root_may_be_referred_to(reference: str) -> None:
    schema = {**closed(kids={"type": "array", "items": {"$ref": reference}}), "$defs": {"Leaf": closed(a={"type": "string"})}}
    assert strict_schema(schema) == (schema, True)


@pytest.mark.parametrize("reference", ["#/items", "#/properties/kids/items", "#/$defs/Leaf/properties/a", "other.json", 5])
def test_nothing_else_may(reference: Any) -> None:
    schema = {**closed(kids={"type": "array", "items": {"$ref": reference}}), "$defs": {"Leaf": closed(a={"type": "string"})}}
    assert strict_schema(schema) is None


def test_a_root_that_is_wrapped_is_the_root_no_more() -> None:
    assert strict_schema({"type": "array", "items": closed(kids={"type": "array", "items": {"$ref": "#"}})}) is None
