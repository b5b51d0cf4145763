"""Schemas that the messages API can hold an answer to: it refuses those that ask for more than their members and their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pyproxy.dialects.translation.arguments import arguments_text
from pyproxy.dialects.translation.schemas import DEEPEST, closed, each_within, is_object, within

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Json

__all__ = ["Held", "held"]

_REFUSED = frozenset(
    {
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems",
        "uniqueItems", "contains", "minContains", "maxContains", "prefixItems", "minProperties", "maxProperties", "patternProperties",
        "propertyNames", "dependentRequired", "dependentSchemas", "unevaluatedProperties", "oneOf", "not", "if", "then", "else",
    }
)  # fmt: skip
_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"})
_FEW_ITEMS = (0, 1)


class Held(NamedTuple):
    """A schema that the API takes, and whether it asks for all that was asked."""

    schema: Json
    exact: bool


def held(schema: Json) -> Held | None:
    """Return the schema with each object closed, and with the constraints that would be refused in words, as its descriptions.

    None where it cannot be held at all: it has objects whose members nobody can name in advance, which closed would have none, or it
    holds itself.
    """
    if _is_open(schema) or _holds_itself(schema):
        return None
    made = _held(schema)
    return Held(made, exact=made == closed(schema))


def _is_open(schema: Any, depth: int = 0) -> bool:
    if not isinstance(schema, dict) or depth > DEEPEST:
        return False
    if is_object(schema):
        others = schema.get("additionalProperties")
        if isinstance(others, dict) or (others is not False and "properties" not in schema):
            return True
    return any(_is_open(part, depth + 1) for part in within(schema))


def _held(schema: Any, depth: int = 0) -> Any:
    if not isinstance(schema, dict) or depth > DEEPEST:
        return schema
    given = dict(schema)
    if "oneOf" in given and "anyOf" not in given:
        given["anyOf"] = given.pop("oneOf")
    refused = {keyword: value for keyword, value in given.items() if _is_refused(keyword, value)}
    made = {
        keyword: each_within(keyword, value, lambda part: _held(part, depth + 1))
        for keyword, value in given.items()
        if keyword not in refused
    }
    if refused:
        described = schema.get("description")
        words = arguments_text(refused)
        made["description"] = f"{described}\n\n{words}" if isinstance(described, str) and described else words
    if is_object(made):
        made["additionalProperties"] = False
    return made


def _is_refused(keyword: str, value: Any) -> bool:
    if keyword == "minItems" and value in _FEW_ITEMS:
        return False
    return keyword in _REFUSED or (keyword == "format" and value not in _FORMATS)


def _holds_itself(schema: Json) -> bool:
    """Whether a definition refers to itself, be it through others."""
    defined = {
        name: part for holder in ("$defs", "definitions") if isinstance(schema.get(holder), dict) for name, part in schema[holder].items()
    }
    refers = {name: _references(part) for name, part in defined.items()}
    if "#" in _references({name: part for name, part in schema.items() if name not in ("$defs", "definitions")}):
        return True
    return any(_leads_to(name, name, refers, set()) or "#" in refers[name] for name in refers)


def _references(schema: Any, depth: int = 0) -> set[str]:
    """The names of the definitions that a schema refers to; ``#`` is the whole of it."""
    if not isinstance(schema, dict) or depth > DEEPEST:
        return set()
    reference = schema.get("$ref")
    own = {reference.rpartition("/")[2]} if isinstance(reference, str) else set()
    return own.union(*(_references(part, depth + 1) for part in within(schema)))


def _leads_to(goal: str, name: str, refers: dict[str, set[str]], seen: set[str]) -> bool:
    for other in refers.get(name, set()) - seen:
        seen.add(other)
        if other == goal or _leads_to(goal, other, refers, seen):
            return True
    return False
