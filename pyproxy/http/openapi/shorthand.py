"""The few pieces of JSON Schema that the document is written in."""

from __future__ import annotations

from typing import Any, TypeAlias

__all__ = [
    "ANYTHING",
    "BOOLEAN",
    "COUNT",
    "NUMBER",
    "OBJECT",
    "STRING",
    "Json",
    "array",
    "described",
    "nullable",
    "one_of",
    "record",
    "ref",
    "said",
]

Json: TypeAlias = dict[str, Any]

ANYTHING: Json = {}
STRING: Json = {"type": "string"}
BOOLEAN: Json = {"type": "boolean"}
NUMBER: Json = {"type": "number"}
COUNT: Json = {"type": "integer", "minimum": 0}
OBJECT: Json = {"type": "object"}


def described(schema: Json, description: str) -> Json:
    """The same schema with what it is for."""
    return {**schema, "description": description}


def said(*values: str) -> Json:
    """One of these texts."""
    return {"type": "string", "enum": list(values)}


def array(items: Json) -> Json:
    """A list of such items."""
    return {"type": "array", "items": items}


def one_of(*schemas: Json) -> Json:
    """Any of these."""
    return {"anyOf": list(schemas)}


def nullable(schema: Json) -> Json:
    """The same, or null."""
    return one_of(schema, {"type": "null"})


def record(required: Json | None = None, /, **optional: Json) -> Json:
    """An object with members that are always there and others that may be; whatever else it holds passes."""
    needed = required or {}
    names = {"required": list(needed)} if needed else {}
    return {"type": "object", "properties": {**needed, **optional}, **names}


def ref(section: str, name: str) -> Json:
    """What stands under a name among the components."""
    return {"$ref": f"#/components/{section}/{name}"}
