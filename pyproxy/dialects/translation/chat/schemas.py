"""Schemas as OpenAI holds a model to them: it refuses a strict one that leaves anything open, or says more than it can hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pyproxy.dialects.translation.arguments import arguments_text
from pyproxy.dialects.translation.schemas import each_within

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Json

__all__ = ["Strict", "rooted", "strict_schema"]

_HELD = frozenset(
    {
        "$defs", "$ref", "$schema", "additionalProperties", "anyOf", "const", "definitions", "description", "enum", "exclusiveMaximum",
        "exclusiveMinimum", "format", "items", "maxItems", "maximum", "minItems", "minimum", "multipleOf", "pattern", "properties",
        "required", "title", "type",
    }
)  # fmt: skip
# What names things for programs, and asks nothing of an answer.
_FOR_PROGRAMS = frozenset({"$anchor", "$comment", "$id", "discriminator", "externalDocs", "propertyOrdering", "xml"})
# What tells the model something, and asks nothing of it either.
_REMARKS = frozenset({"contentEncoding", "contentMediaType", "default", "deprecated", "example", "examples", "readOnly", "writeOnly"})
_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_DEFINITIONS = ("$defs", "definitions")
_DEFINITION = re.compile(r"#/(\$defs|definitions)/[^/]+")
_LEVELS = 10
_PROPERTIES = 5_000
# JSON's names for the types of values that stand in a schema.
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}


class Strict(NamedTuple):
    """A schema that is taken as a strict one, and whether it asks for all that was asked."""

    schema: Json
    exact: bool


class _OpenError(ValueError):
    """A schema leaves open what no strict one may."""


def strict_schema(schema: Json, *, close: bool = False) -> Strict | None:
    """Return a schema as a strict one; what cannot be held is told to the model in words, as descriptions.

    Args:
        schema: the schema; its root may be anything.
        close: whether objects that do not say so allow no members but those that they name.

    Returns:
        None where it leaves members out or open, or is too large.
    """
    making = _Making(close=close, keeps_root=_is_object(schema))
    try:
        made = making.part(schema, 0 if _is_object(schema) else 1)
    except _OpenError:
        return None
    return Strict(made, making.exact)


def rooted(schema: Json) -> Json:
    """Return a schema whose root says itself what it is, where it only refers to a definition."""
    seen: set[str] = set()
    while isinstance(reference := schema.get("$ref"), str) and reference not in seen:
        seen.add(reference)
        holder, _, name = reference.removeprefix("#/").partition("/")
        definitions = schema.get(holder) if holder in _DEFINITIONS and reference.startswith("#/") else None
        target = definitions.get(name) if isinstance(definitions, dict) else None
        if not isinstance(target, dict):
            break
        schema = {**target, **{keyword: value for keyword, value in schema.items() if keyword != "$ref"}}
    return schema


class _Making:
    def __init__(self, *, close: bool, keeps_root: bool) -> None:
        self.exact = True
        self._keeps_root = keeps_root
        self._close = close
        self._properties = 0

    def part(self, schema: Any, level: int) -> Json:
        """Make one schema strict that stands within so many objects."""
        if not isinstance(schema, dict) or level > _LEVELS:
            raise _OpenError
        given = _plain(schema)
        if "$ref" in given and not self._leads_somewhere(given["$ref"]):
            raise _OpenError
        if not given.keys() & {"$ref", "anyOf"}:
            given["type"] = _type_of(given)
        if _is_object(given):
            self._close_object(given)
        if "array" in _kinds(given) and not isinstance(given.get("items"), dict):
            raise _OpenError
        inner = level + _is_object(given)
        made = {
            keyword: each_within(keyword, value, lambda part: self.part(part, inner)) if keyword != "additionalProperties" else value
            for keyword, value in given.items()
            if _is_held(keyword, value)
        }
        self._tell(made, {keyword: value for keyword, value in given.items() if keyword not in made})
        return _alone(made)

    def _leads_somewhere(self, reference: Any) -> bool:
        """Whether it names a definition at the top, or the root itself, where that stays the root."""
        if reference == "#":
            return self._keeps_root
        return isinstance(reference, str) and _DEFINITION.fullmatch(reference) is not None

    def _close_object(self, given: Json) -> None:
        if self._close and "properties" in given:
            given.setdefault("additionalProperties", False)
        properties, required = given.setdefault("properties", {}), given.setdefault("required", [])
        if given.get("additionalProperties") is not False or not isinstance(properties, dict) or not isinstance(required, list):
            raise _OpenError
        self._properties += len(properties)
        if set(properties) != set(map(str, required)) or self._properties > _PROPERTIES:
            raise _OpenError

    def _tell(self, made: Json, others: Json) -> None:
        """Say in words what cannot be held."""
        said = {keyword: value for keyword, value in others.items() if keyword not in _FOR_PROGRAMS}
        if not said.keys() <= _REMARKS:
            self.exact = False
        if said:
            described, words = made.get("description"), arguments_text(said)
            made["description"] = f"{described}\n\n{words}" if isinstance(described, str) and described else words


def _plain(schema: Json) -> Json:
    """The schema without the ways of putting schemas together that are refused, where there are others for them."""
    given = dict(schema)
    parts = given.pop("allOf", None)
    if parts is not None:
        if not isinstance(parts, list) or len(parts) != 1 or not isinstance(parts[0], dict):
            raise _OpenError
        if parts[0].keys() & (given.keys() - _REMARKS - {"description", "title"}):
            raise _OpenError
        given = {**parts[0], **given}
    if "oneOf" in given:
        if "anyOf" in given:
            raise _OpenError
        given["anyOf"] = given.pop("oneOf")
    if "patternProperties" in given or "allOf" in given:
        raise _OpenError
    return given


def _type_of(schema: Json) -> Any:
    if schema.get("type") is not None:
        return schema["type"]
    if "properties" in schema:
        return "object"
    if "items" in schema:
        return "array"
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if not isinstance(values, list) or not values or not all(type(value) in _TYPES for value in values):
        raise _OpenError
    kinds = list(dict.fromkeys(_TYPES[type(value)] for value in values))
    return kinds[0] if len(kinds) == 1 else kinds


def _kinds(schema: Json) -> list[Any]:
    kind = schema.get("type")
    return kind if isinstance(kind, list) else [kind]


def _is_object(schema: Json) -> bool:
    return "object" in _kinds(schema) or ("properties" in schema and "type" not in schema)


def _is_held(keyword: str, value: Any) -> bool:
    if keyword == "format":
        return isinstance(value, str) and value in _FORMATS
    if keyword == "pattern":
        return not any(sign in str(value) for sign in ("(?=", "(?!", "(?<"))  # its expressions do not look around
    return keyword in _HELD


def _alone(schema: Json) -> Json:
    """The schema with a reference that stands beside nothing else, which would be refused."""
    if "$ref" not in schema or len(schema) == 1:
        return schema
    if "anyOf" in schema:
        raise _OpenError
    others = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
    return {**others, "anyOf": [{"$ref": schema["$ref"]}]}
