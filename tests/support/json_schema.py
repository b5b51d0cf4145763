"""A validator for the part of JSON Schema that ours uses: slow, short, and it refuses keywords that it does not know."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["faults_of"]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}
_SAYS_NOTHING = {"$schema", "$defs", "title", "description", "default", "examples", "properties", "additionalProperties"}


def faults_of(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any] | None = None, path: str = "") -> list[str]:
    """The key paths at which a value breaks a schema."""
    return list(_faults(value, schema, schema if root is None else root, path))


def _in_a_table(value: dict[str, Any], schema: Mapping[str, Any], root: Mapping[str, Any], path: str) -> Iterator[str]:
    for key, item in value.items():
        inner = schema.get("properties", {}).get(key, schema.get("additionalProperties", {}))
        yield from [f"{path}.{key}"] if inner is False else faults_of(item, inner, root, f"{path}.{key}")


def _faults(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], path: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _in_a_table(value, schema, root, path)
    for keyword, said in schema.items():
        if keyword == "$ref":
            yield from faults_of(value, root["$defs"][said.removeprefix("#/$defs/")], root, path)
        elif keyword == "anyOf":
            if all(faults_of(value, choice, root, path) for choice in said):
                yield path
        elif keyword == "items":
            for number, item in enumerate(value) if isinstance(value, list) else ():
                yield from faults_of(item, said, root, f"{path}[{number}]")
        elif keyword not in _SAYS_NOTHING and not _holds(keyword, said, value):
            yield path


def _holds(keyword: str, said: Any, value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    rules: dict[str, Callable[[], bool]] = {
        "type": lambda: isinstance(value, _TYPES[said]) and (said == "boolean" or not isinstance(value, bool)),
        "enum": lambda: value in said,
        "required": lambda: not isinstance(value, dict) or set(said) <= set(value),
        "pattern": lambda: not isinstance(value, str) or re.search(said, value) is not None,
        "minLength": lambda: not isinstance(value, str) or len(value) >= said,
        "minItems": lambda: not isinstance(value, list) or len(value) >= said,
        "minimum": lambda: not number or value >= said,
        "exclusiveMinimum": lambda: not number or value > said,
        "maximum": lambda: not number or value <= said,
    }
    return rules[keyword]()
