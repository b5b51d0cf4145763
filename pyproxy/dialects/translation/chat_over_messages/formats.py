"""What the messages API holds an answer to: a part of JSON schema. The rest it refuses, so it is asked for in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pyproxy.dialects.translation.arguments import arguments_text
from pyproxy.dialects.translation.reading import read_object
from pyproxy.dialects.translation.schemas import closed, each_within, instruction, within
from pyproxy.dialects.translation.translator import UntranslatableError

if TYPE_CHECKING:
    from pyproxy.dialects.translation.losses import Losses
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["Held", "add_format", "held"]

# Bounds of numbers, texts, lists and objects.
_REFUSED = frozenset(
    {
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "maxItems", "uniqueItems",
        "minContains", "maxContains", "minProperties", "maxProperties",
    }
)  # fmt: skip
_FEWEST = (0, 1)
_DEEPEST = 60


class Held(NamedTuple):
    """A schema that the API takes, and the keywords that are only words in it."""

    schema: Json
    told: tuple[str, ...]


def add_format(given: Json, request: Json, system: list[Json], call: Call, losses: Losses) -> None:
    """Hold the answer to a format where the provider can; else ask for it in words, and tell that nobody holds it.

    Raises:
        UntranslatableError: it is no format.
    """
    asked = read_object(given.get("response_format", {"type": "text"}), "response_format")
    kind = asked.get("type")
    if kind == "text":
        return
    if kind not in ("json_schema", "json_object"):
        raise UntranslatableError("response_format.type is none of text, json_object and json_schema.", "response_format.type")
    schema: Json | None = None
    if kind == "json_schema":
        described = read_object(asked.get("json_schema"), "response_format.json_schema")
        if described.get("schema") is not None:
            schema = read_object(described["schema"], "response_format.json_schema.schema")
    taken = held(schema) if schema is not None and call.capabilities.json_schema else None
    if taken is None:
        losses.add("response_format")
        system.append({"type": "text", "text": instruction(schema)})
        return
    for keyword in taken.told:
        losses.add(f"response_format.json_schema.schema.{keyword}")
    request.setdefault("output_config", {})["format"] = {"type": "json_schema", "schema": taken.schema}


def held(schema: Json) -> Held | None:
    """Return what the API takes of a schema; None if it cannot hold an answer to it at all: it has open objects, or holds itself."""
    shut = closed(schema)
    if not _is_shut(shut) or _holds_itself(schema):
        return None
    told: dict[str, None] = {}
    return Held(_in_words(shut, told, 0), tuple(told))


def _is_shut(schema: Any, depth: int = 0) -> bool:
    if not isinstance(schema, dict):
        return True
    return (
        depth <= _DEEPEST
        and schema.get("additionalProperties", False) is False
        and all(_is_shut(part, depth + 1) for part in within(schema))
    )


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
    if not isinstance(schema, dict) or depth > _DEEPEST:
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


def _in_words(schema: Any, told: dict[str, None], depth: int) -> Any:
    """The schema with what is refused as a part of its description."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return schema
    kept: Json = {}
    words: list[str] = []
    for keyword, value in schema.items():
        if keyword in _REFUSED or (keyword == "minItems" and value not in _FEWEST):
            told[keyword] = None
            words.append(f"{keyword}: {arguments_text(value)}")
        else:
            kept[keyword] = each_within(keyword, value, lambda part: _in_words(part, told, depth + 1))
    if words:
        described = [kept["description"]] if isinstance(kept.get("description"), str) else []
        kept["description"] = " ".join([*described, f"({', '.join(words)})"])
    return kept
