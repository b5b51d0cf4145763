"""The arguments of a tool call: a string of JSON in the one API, an object in the other."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NamedTuple, NoReturn

from pyproxy.dialects.translation.translator import Json, UntranslatableError

__all__ = ["RAW", "Arguments", "JsonEnd", "arguments_text", "finite", "read_arguments"]

# Where a model's arguments are no JSON object they are handed on under this name: its tool then refuses them in words that the
# model reads, as it would have at home.
RAW = "arguments"


class Arguments(NamedTuple):
    """Arguments as an object, and whether they are what was written."""

    value: Json
    exact: bool = True


def read_arguments(written: Any) -> Arguments:
    """Return arguments as an object. Nothing, which models write for tools without parameters, is the empty one."""
    if isinstance(written, dict):  # some providers forget to write them as a string
        return Arguments(written)
    if written is None or (isinstance(written, str) and not written.strip()):
        return Arguments({})
    if not isinstance(written, str):
        return Arguments({RAW: written}, exact=False)
    try:
        value = json.loads(written, parse_constant=_refuse, parse_float=finite)
        # Half of a surrogate pair, written as an escape, could not be sent on.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return Arguments({RAW: written}, exact=False)
    if value is None:
        return Arguments({})
    return Arguments(value) if isinstance(value, dict) else Arguments({RAW: written}, exact=False)


def arguments_text(value: Any) -> str:
    """Write arguments as a string of JSON.

    Raises:
        UntranslatableError: they are nested too deeply.
    """
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        raise UntranslatableError("The JSON within a message, a tool or a schema is nested too deeply.") from None


class JsonEnd:
    """Tells when a JSON object that comes in pieces has ended, reading each character once."""

    # What changes where one is: inside of a string that is its end and what is escaped, outside brackets and its beginning.
    _INSIDE = re.compile(r'["\\]')
    _OUTSIDE = re.compile(r'["{}\[\]]')

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self.ended = False

    def feed(self, piece: str) -> None:
        """Take the next piece."""
        position = 0
        while position < len(piece):
            if self._escaped:
                self._escaped = False
                position += 1
                continue
            found = (self._INSIDE if self._in_string else self._OUTSIDE).search(piece, position)
            if found is None:
                return
            self._take(found[0])
            position = found.end()

    def _take(self, mark: str) -> None:
        if mark == "\\":
            self._escaped = True
        elif mark == '"':
            self._in_string = not self._in_string
        elif mark in "{[":
            self._depth += 1
        else:
            self._depth -= 1
            self.ended = self._depth <= 0


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def finite(number: str) -> float:
    """Read a number with a fraction or an exponent.

    Raises:
        ValueError: it is larger than any float; written again it would be no JSON.
    """
    value = float(number)
    if math.isinf(value):
        raise ValueError("the number is too large")
    return value
