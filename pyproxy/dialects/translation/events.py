"""Server-sent events as values, and back: read from the whole events that the core's framer lets through."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pyproxy.dialects.translation.writing import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["DONE", "Event", "encode", "read"]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_LINE = re.compile(rb"\r\n|\n|\r")


class Event(NamedTuple):
    """One event: its data, decoded, and its name where it has one. ``[DONE]`` is the data `DONE`."""

    data: Any
    name: str | None = None


DONE = "[DONE]"


def read(stream: bytes) -> Iterator[Event]:
    """Read whole events; comments and events without data are left out.

    Raises:
        ValueError: the data of one is not JSON.
    """
    for block in _END.split(stream.removeprefix(_BYTE_ORDER_MARK)):
        name, data = None, []
        for line in _LINE.split(block):
            field, _, value = line.partition(b":")
            value = value.removeprefix(b" ")
            if field == b"event":
                name = value.decode()
            elif field == b"data":
                data.append(value)
        if data:
            text = b"\n".join(data)
            yield Event(DONE if text.strip() == b"[DONE]" else json.loads(text), name)


def encode(events: Iterable[Event]) -> bytes:
    """Write events, one line of data each."""
    return b"".join(_encoded(event) for event in events)


def _encoded(event: Event) -> bytes:
    data = DONE.encode() if event.data == DONE else written(event.data)  # half of a surrogate pair may come with the next event
    head = b"" if event.name is None else f"event: {event.name}\n".encode()
    return head + b"data: " + data + b"\n\n"
