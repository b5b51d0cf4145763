"""What a dialect gives the player: a whole answer, or a stream in parts between which faults can fall.

A new dialect is a module that renders these, and its paths in `Routes`.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pyproxy.providers.mock.behaviour import Behaviour


class Stream(NamedTuple):
    """The events of a stream, each with the line ends that close it.

    Attributes:
        opening: What comes before the content.
        content: The content chunks that faults are counted in; made one by one, for a stream may be long.
        closing: What makes the stream complete; never empty.
        error: The dialect's error event.
        malformed: An event that no client can parse.
    """

    opening: Sequence[bytes]
    content: Iterator[bytes]
    closing: Sequence[bytes]
    error: bytes
    malformed: bytes


class Reply(NamedTuple):
    """An answer and how to deliver it.

    Attributes:
        status: HTTP status.
        payload: The body, or the stream in its place.
        behaviour: Delays, headers and faults of the delivery.
        request_id: Value of the `x-request-id` header, or None for none.
        content_type: Media type of the payload.
    """

    status: int
    payload: bytes | Stream
    behaviour: Behaviour
    request_id: str | None = None
    content_type: str = "application/json"


class BadRequestError(ValueError):
    """A request body that the dialect cannot answer; the message is for the client."""
