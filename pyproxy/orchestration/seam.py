"""Where a stream that broke off goes on in another answer: the client sees one stream, from its first event to its last.

What it has already is swallowed; the event in which the new answer goes beyond it is written anew, to hold the rest only; and every
later event bears the id, the time and the model that the first ones had. An answer that does not begin with what the client has
is of no use: nobody can take words back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyproxy.dialects.openai import DONE_EVENT
from pyproxy.providers.transport import TransportFailure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Delivered", "Seam", "identity_of"]

# What says of each event whose it is: clients put a stream together by its id.
_IDENTITY = ("id", "created", "model", "system_fingerprint")
# What a model gives beside text, or the end of it.
_NO_TEXT = ("tool_calls", "function_call", "refusal", "audio")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Chunk = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a client has of a stream that broke off: all of its text, and what its events are known by."""

    text: str
    identity: Mapping[str, Any]


class Seam:
    """Reads the events of an answer that goes on with what was delivered.

    Attributes:
        found: whether the answer has gone beyond what was delivered, so that events are passed on.
    """

    def __init__(self, delivered: Delivered, *, prefilled: bool) -> None:
        self._delivered = delivered
        self._prefilled = prefilled
        self._left = b"" if prefilled else _units(delivered.text)
        self._begun = False
        self.found = False

    def pass_on(self, events: bytes) -> bytes:
        """What the client is to have of whole events, in their order.

        Raises:
            TransportFailure: the answer is another one (``diverged``).
        """
        passed = bytearray()
        for payload in _payloads(events if self._begun else events.removeprefix(_BYTE_ORDER_MARK)):
            if payload.strip() == b"[DONE]":
                self._end()
                passed += DONE_EVENT
            elif (chunk := self._take(_chunk(payload))) is not None:
                passed += b"data: " + json.dumps(chunk, separators=(",", ":")).encode() + b"\n\n"
        self._begun |= bool(events)
        return bytes(passed)

    def delivered(self, text: str) -> Delivered:
        """What the client has once the answer's own `text` has been passed on, too."""
        return Delivered(self._delivered.text + text if self._prefilled else text, self._delivered.identity)

    def _end(self) -> None:
        if self._left:
            raise _diverged("it ends before what was delivered does")
        self.found = True

    def _take(self, chunk: Chunk) -> Chunk | None:
        """The chunk as one of the stream that broke off; None if there is nothing in it that the client lacks."""
        for name in _IDENTITY:
            chunk.pop(name, None)
        chunk = {**self._delivered.identity, **chunk}
        choices = [_table(choice) for choice in chunk.get("choices") or ()]
        deltas = [_table(choice.get("delta") or {}) for choice in choices]
        for delta in deltas:
            delta.pop("role", None)
        if not self.found:
            for choice, delta in zip(choices, deltas, strict=True):
                self._look_for_more(choice, delta)
        return chunk if self.found else None

    def _look_for_more(self, choice: Chunk, delta: Chunk) -> None:
        """Swallow what was delivered of a choice, and note whether there is more."""
        content = delta.get("content") or ""
        if choice.get("index") or choice.get("text") or not isinstance(content, str):
            raise _diverged("it has more than one text")
        units = _units(content)
        swallowed, self._left = len(units[: len(self._left)]), self._unlike(units)
        rest = _text(units[swallowed:])
        has_more = bool(choice.get("finish_reason")) or any(delta.get(name) for name in _NO_TEXT)
        if has_more and self._left:
            raise _diverged("it goes on otherwise before what was delivered ends")
        if swallowed:
            # What else is told of the text is told of all of it.
            delta["content"] = rest
            choice.pop("logprobs", None)
        self.found = bool(rest) or has_more

    def _unlike(self, units: bytes) -> bytes:
        """What is left of the delivered text after these units, which must be its next ones as far as it goes."""
        common = units[: len(self._left)]
        if not self._left.startswith(common):
            raise _diverged("it is not what was delivered")
        return self._left[len(common) :]


def identity_of(events: bytes) -> dict[str, Any]:
    """What the events of a stream are known by, as its first ones have it; some providers leave it empty in the very first."""
    identity: dict[str, Any] = {}
    for payload in _payloads(events.removeprefix(_BYTE_ORDER_MARK)):
        if payload.strip() != b"[DONE]":
            chunk = _chunk(payload)
            for name in _IDENTITY:
                if chunk.get(name):
                    identity.setdefault(name, chunk[name])
    return identity


def _payloads(events: bytes) -> Iterator[bytes]:
    """The data of each event that has some."""
    data: list[bytes] = []
    for line in events.splitlines():
        name, _, value = line.partition(b":")
        if name == b"data":
            data.append(value.removeprefix(b" "))
        elif not line and data:
            yield b"\n".join(data)
            data.clear()


def _chunk(payload: bytes) -> Chunk:
    try:
        return _table(json.loads(payload))
    except ValueError:
        raise _diverged("it has an event that cannot be read") from None


def _table(value: object) -> Chunk:
    if not isinstance(value, dict):
        raise _diverged("it has an event of another kind")
    return value


def _units(text: str) -> bytes:
    """UTF-16, in which JSON may cut a character in two: each half may come in an event of its own."""
    return text.encode("utf-16-le", "surrogatepass")


def _text(units: bytes) -> str:
    return units.decode("utf-16-le", "surrogatepass")


def _diverged(why: str) -> TransportFailure:
    return TransportFailure("diverged", f"its answer does not go on with what was delivered: {why}")
