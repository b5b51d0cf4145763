"""Gemini's own kind of schema, a part of OpenAPI's, as JSON schema."""

from __future__ import annotations

from typing import Any

from pyproxy.dialects.translation.fields import camel

__all__ = ["json_schema_of"]

# No schema that is meant for a model is nested so deeply; what is deeper stays as it is.
_DEEPEST = 60
# Whole numbers that Google's JSON writes as strings.
_COUNTS = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"})
_LISTS = frozenset({"anyOf"})
_MAPS = frozenset({"properties", "$defs", "defs"})
_DROPPED = frozenset({"nullable", "propertyOrdering"})


def json_schema_of(schema: Any, depth: int = 0) -> Any:
    """Return the JSON schema that says the same."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return schema
    made = {}
    for written, value in schema.items():
        name = camel(written)
        if name not in _DROPPED:
            made[name] = _keyword(name, value, depth + 1)
    if schema.get("nullable") is True:
        _allow_null(made)
    return made


def _keyword(name: str, value: Any, depth: int) -> Any:
    if name == "type" and isinstance(value, str):
        return value.lower()
    if name in _COUNTS and isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:  # noqa: PLR2004 - 64 bits
        return int(value)
    if name in _LISTS and isinstance(value, list):
        return [json_schema_of(item, depth) for item in value]
    if name in _MAPS and isinstance(value, dict):
        return {inner: json_schema_of(item, depth) for inner, item in value.items()}
    if name in ("items", "additionalProperties"):
        return json_schema_of(value, depth)
    return value


def _allow_null(schema: dict[str, Any]) -> None:
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    elif isinstance(schema.get("anyOf"), list):
        schema["anyOf"] = [*schema["anyOf"], {"type": "null"}]
    if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
