"""JSON schemas that an answer is to follow: as each API wants them, and as words for models that are not held to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.arguments import arguments_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyproxy.dialects.translation.translator import Json

__all__ = ["DEEPEST", "choice_instruction", "closed", "each_within", "instruction", "is_object", "within"]

DEEPEST = 60
"""No schema that is meant for a model is nested so deeply; what is deeper stays as it is."""

_ONE = frozenset({"items", "additionalProperties", "not", "if", "then", "else", "contains"})
_LISTS = frozenset({"anyOf", "allOf", "oneOf", "prefixItems"})
_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions"})


def instruction(schema: Json | None) -> str:
    """Say in words what an answer is to look like; without a schema, any JSON object will do."""
    if schema is None:
        return "Answer with one JSON object and with nothing else: no explanation, no code fence."
    written = arguments_text(schema)
    return f"Answer with one JSON value that follows this JSON schema and with nothing else, no explanation, no code fence: {written}"


def choice_instruction(schema: Json) -> str:
    """Say in words that an answer is one of the texts that a schema allows."""
    described = schema.get("description")
    before = f"{described}\n\n" if isinstance(described, str) and described else ""
    listed = "\n".join(str(text) for text in schema["enum"])
    return f"{before}Answer with one of the following lines and with nothing else, no explanation, no quotation marks:\n{listed}"


def closed(schema: Any, depth: int = 0) -> Any:
    """Return the schema with ``additionalProperties: false`` on each object that does not say, as the messages API demands."""
    if not isinstance(schema, dict) or depth > DEEPEST:
        return schema
    inner = {keyword: each_within(keyword, value, lambda part: closed(part, depth + 1)) for keyword, value in schema.items()}
    if is_object(inner):
        inner.setdefault("additionalProperties", False)
    return inner


def is_object(schema: Json) -> bool:
    """Whether a schema is one of objects."""
    return schema.get("type") == "object" or "properties" in schema


def within(schema: Json) -> Iterator[Any]:
    """Give the schemas right inside of a schema."""
    for keyword, value in schema.items():
        if keyword in _ONE:
            yield value
        elif keyword in _LISTS and isinstance(value, list):
            yield from value
        elif keyword in _MAPS and isinstance(value, dict):
            yield from value.values()


def each_within(keyword: str, value: Any, change: Callable[[Any], Any]) -> Any:
    """Return what a keyword of a schema says, with each schema in it changed."""
    if keyword in _ONE:
        return change(value)
    if keyword in _LISTS and isinstance(value, list):
        return [change(part) for part in value]
    if keyword in _MAPS and isinstance(value, dict):
        return {name: change(part) for name, part in value.items()}
    return value
