"""Writes a translated chat request for a provider that is not quite OpenAI."""

from __future__ import annotations

import hashlib
import string
from itertools import count
from typing import TYPE_CHECKING

from pyproxy.dialects.translation.places import places

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Json
    from pyproxy.domain.quirks import ChatQuirks

__all__ = ["fit_quirks"]

_CALL_IDS = ("messages[].tool_calls[].id", "messages[].tool_call_id")
_LETTERS_AND_DIGITS = string.ascii_letters + string.digits


def fit_quirks(request: Json, quirks: ChatQuirks) -> list[str]:
    """Change a request as its provider has it, and return the names of what it is not told."""
    lost: list[str] = []
    for name, own in quirks.renames:
        if name in request:
            request[own] = request.pop(name)
    if quirks.takes is not None:
        unknown = [name for name in request if name not in quirks.takes]
        lost += _without(request, unknown)
    for path in quirks.refuses:
        found = [holder for holder, _ in places(request, path)]
        name = path.rpartition(".")[2]
        for holder in found:
            del holder[name]
        lost += [path] if found else []
    if quirks.call_ids is not None:
        _fit_ids(request, quirks.call_ids)
    return lost


def _without(request: Json, names: list[str]) -> list[str]:
    """Take members out. How a stream is to be told is for whoever knows the provider's streams, and nothing that a client asked for."""
    for name in names:
        if name != "stream_options":
            del request[name]
    return [name for name in names if name != "stream_options"]


def _fit_ids(request: Json, length: int) -> None:
    """Give calls ids of that length, and their results the same ones; one that fits stays as it is.

    An id becomes the same other one in every turn, so that caches of prompts know the conversation again.
    """
    found = [place for path in _CALL_IDS for place in places(request, path) if isinstance(place[0][place[1]], str)]
    ids = list(dict.fromkeys(holder[key] for holder, key in found))
    given = {each: each for each in ids if len(each) == length and set(each) <= set(_LETTERS_AND_DIGITS)}
    taken = set(given)
    for each in ids:
        if each not in given:
            given[each] = _short(each, length, taken)
            taken.add(given[each])
    for holder, key in found:
        holder[key] = given[holder[key]]


def _short(identifier: str, length: int, taken: set[str]) -> str:
    for salt in count():  # two that become the same are rare, and the second is made another
        written = f"{salt or ''}{identifier}".encode(errors="surrogatepass")
        number = int.from_bytes(hashlib.sha256(written).digest())
        letters = []
        for _ in range(length):
            number, rest = divmod(number, len(_LETTERS_AND_DIGITS))
            letters.append(_LETTERS_AND_DIGITS[rest])
        if (short := "".join(letters)) not in taken:
            return short
    raise AssertionError("there is always another number")
