"""Takes parts out of a JSON text and leaves every other character as it was: what stays is never written anew.

A text is walked as far as one looks into it; what is not looked into is skipped by the decoder of the standard library.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

__all__ = ["Cut", "Span", "decode", "items", "members", "replaced", "rewritten", "sifted", "without"]

_SPACE = re.compile(r"[ \t\n\r]*")
# Numbers are not looked at, and turning a long one into an integer takes its time, or fails.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str, strict=False)


@dataclass(frozen=True, slots=True)
class Span:
    """A member of an object or an item of an array, and where it stands.

    Attributes:
        key: the member's key; empty for an item.
        value: the value, decoded; numbers are texts.
        start: where it begins, the key included.
        inside: where the value begins.
        end: where it ends.
    """

    key: str
    value: Any
    start: int
    inside: int
    end: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch of the text, and what stands there afterwards."""

    start: int
    end: int
    text: str = ""


def decode(text: str) -> Span:
    """Return the value that is the whole text.

    Raises:
        ValueError: it is not JSON.
    """
    start = _skip(text, 0)
    value, end = _DECODER.raw_decode(text, start)
    if _skip(text, end) != len(text):
        raise ValueError("something follows the value")
    return Span("", value, start, start, end)


def members(text: str, span: Span) -> list[Span]:
    """Return the members of an object, those with the same key all of them."""
    found: list[Span] = []
    at = _skip(text, span.inside + 1)
    while text[at] != "}":
        key, after = scanstring(text, at + 1, False)  # noqa: FBT003 - the standard library takes it so
        inside = _skip(text, _skip(text, after) + 1)
        value, end = _DECODER.raw_decode(text, inside)
        found.append(Span(key, value, at, inside, end))
        at = _next(text, end)
    return found


def items(text: str, span: Span) -> list[Span]:
    """Return the items of an array."""
    found: list[Span] = []
    at = _skip(text, span.inside + 1)
    while text[at] != "]":
        value, end = _DECODER.raw_decode(text, at)
        found.append(Span("", value, at, at, end))
        at = _next(text, end)
    return found


def without(parts: Sequence[Span], gone: Collection[int]) -> list[Cut]:
    """Return the cuts that take some of an object's members, or of an array's items, out of it, each with one comma.

    Args:
        parts: all of them, in order.
        gone: the indices of those to take out; not all.
    """
    cuts: list[Cut] = []
    kept_before = False
    for index, part in enumerate(parts):
        if index not in gone:
            kept_before = True
        elif kept_before:
            cuts.append(Cut(parts[index - 1].end, part.end))
        else:
            cuts.append(Cut(part.start, parts[index + 1].start))
    return cuts


def replaced(text: str, cuts: Iterable[Cut]) -> str:
    """Return the text with the cuts made; they do not overlap."""
    pieces: list[str] = []
    at = 0
    for cut in sorted(cuts, key=lambda cut: cut.start):
        pieces += (text[at : cut.start], cut.text)
        at = cut.end
    pieces.append(text[at:])
    return "".join(pieces)


def sifted(text: str, span: Span, goes: Callable[[Any], bool], within: Callable[[str, Span], list[Cut]] | None = None) -> list[Cut]:
    """Return the cuts that take out an array's items that go, and what goes within the others; none if nothing would be left."""
    parts = items(text, span)
    gone = {index for index, part in enumerate(parts) if goes(part.value)}
    if len(gone) == len(parts):
        return []
    cuts = without(parts, gone)
    for index, part in enumerate(parts):
        if within is not None and index not in gone:
            cuts += within(text, part)
    return cuts


def rewritten(body: bytes, cuts_of: Callable[[str, Span], list[Cut]]) -> bytes | None:
    """Return the body without what is cut out of the arrays among its members, or None if nothing is, or if it is no JSON."""
    try:
        text = body.decode()
        whole = decode(text)
        arrays = [member for member in members(text, whole) if isinstance(member.value, list)] if isinstance(whole.value, dict) else []
        cuts = [cut for array in arrays for cut in cuts_of(text, array)]
    except (ValueError, RecursionError):
        return None
    return replaced(text, cuts).encode() if cuts else None


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return at if space is None else space.end()


def _next(text: str, end: int) -> int:
    """Where the next part begins, or the bracket that ends them."""
    at = _skip(text, end)
    return _skip(text, at + 1) if text[at] == "," else at
