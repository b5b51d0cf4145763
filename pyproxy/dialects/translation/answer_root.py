"""Answers whose schema is no object, from chat providers: OpenAI's knows no others, so they come within one and are taken out of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.schemas import each_within

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Json

__all__ = ["AnswerRoot"]

_MEMBER = "answer"
_BEGINNING = f'{{"{_MEMBER}":'
_OPENING = re.compile(rf'\s*\{{\s*"{_MEMBER}"\s*:\s*(?=\S)')
_SPACE = re.compile(r"\s+")
_DEFINITIONS = ("$defs", "definitions")


class AnswerRoot:
    """The root of one call's answer: an array, a text or one of several things within an object, where the provider wants an object.

    Args:
        wire: the provider's API.
    """

    def __init__(self, wire: str) -> None:
        self._is_chat = wire == "openai"
        self._wrapped: dict[int, _Inner] | None = None

    def replace(self, request: Json) -> None:
        """Put the schema of the answer within that of an object, if the request has one that is none."""
        form = request.get("response_format") if self._is_chat else None
        described = form.get("json_schema") if isinstance(form, dict) else None
        schema = described.get("schema") if isinstance(described, dict) else None
        if isinstance(described, dict) and isinstance(schema, dict) and not _is_plain_object(schema):
            described["schema"] = _within_object(schema)
            self._wrapped = {}

    def restore(self, told: Any) -> None:
        """Take what is said out of the object, in a whole answer or a piece of it."""
        choices = told.get("choices") if self._wrapped is not None and isinstance(told, dict) else None
        for place, choice in enumerate(choices if isinstance(choices, list) else []):
            if isinstance(choice, dict):
                index = choice.get("index")
                self._restore(choice.get("message"), _Inner())
                self._restore(choice.get("delta"), self._inner(index if isinstance(index, int) else place))

    def _inner(self, index: int) -> _Inner:
        assert self._wrapped is not None  # noqa: S101 - it was looked at
        return self._wrapped.setdefault(index, _Inner())

    def _restore(self, message: Any, inner: _Inner) -> None:
        if not isinstance(message, dict):
            return
        content = message.get("content")
        if isinstance(content, str):
            message["content"] = inner.of(content)
        for part in content if isinstance(content, list) else []:
            if isinstance(part, dict) and isinstance(part.get("text"), str):
                part["text"] = inner.of(part["text"])


class _Inner:
    """The value of an object's only member, as the object comes; whatever is no such object stays as it is."""

    def __init__(self) -> None:
        self._before: str | None = ""
        self._follows = True
        self._depth = 0
        self._quoted = False
        self._escaped = False

    def of(self, text: str) -> str:
        """Return what a piece of the object's text has of the value's."""
        if self._before is not None:
            self._before += text
            opening = _OPENING.match(self._before)
            if opening is None:
                if _BEGINNING.startswith(_SPACE.sub("", self._before)):
                    return ""
                self._follows = False
            text, self._before = self._before[opening.end() if opening is not None else 0 :], None
        return self._within(text) if self._follows else text

    def _within(self, text: str) -> str:
        for index, character in enumerate(text):
            if self._ends(character):
                return text[:index]
        return text

    def _ends(self, character: str) -> bool:
        """Take one character, and tell whether the value has come to its end before it."""
        if self._depth < 0:
            return True
        if self._escaped:
            self._escaped = False
        elif self._quoted:
            self._escaped, self._quoted = character == "\\", character != '"'
        elif character == '"':
            self._quoted = True
        elif character in "{[":
            self._depth += 1
        elif character in "}]":
            self._depth -= 1
        return self._depth < 0


def _is_plain_object(schema: Json) -> bool:
    """Whether the root says that it is an object, and does not leave open which."""
    return schema.get("type", "object" if "properties" in schema else None) == "object" and "anyOf" not in schema


def _within_object(schema: Json) -> Json:
    shared = {name: schema[name] for name in _DEFINITIONS if name in schema}
    inner = {keyword: value for keyword, value in schema.items() if keyword not in shared}
    made = {"type": "object", "properties": {_MEMBER: inner}, "required": [_MEMBER], "additionalProperties": False, **shared}
    pointed: Json = _moved(made)
    return pointed


def _moved(schema: Any) -> Any:
    """The schema with what refers to its root referring to where that stands now."""
    if not isinstance(schema, dict):
        return schema
    moved = {keyword: each_within(keyword, value, _moved) for keyword, value in schema.items()}
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#") and reference.split("/")[1:2] not in [[name] for name in _DEFINITIONS]:
        moved["$ref"] = f"#/properties/{_MEMBER}{reference[1:]}"
    return moved
