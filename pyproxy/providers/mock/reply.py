"""What an API gives the player: a whole answer, or a stream in parts between which faults can fall.

A new API is a folder of modules that render these, and its paths in `Routes`.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from pyproxy.providers.mock.behaviour import Behaviour

COMMENT: Final = b": keep-alive\n\n"


class Stream(NamedTuple):
    """The events of a stream, each with the line ends that close it.

    Attributes:
        opening: What comes before the content.
        content: The content chunks that faults are counted in; made one by one, for a stream may be long.
        closing: What makes the stream complete; never empty.
        error: The API's error event.
        malformed: An event that no client can parse.
        keep_alive: What the API sends to keep a connection alive; empty if it has nothing of the kind.
    """

    opening: Sequence[bytes]
    content: Iterator[bytes]
    closing: Sequence[bytes]
    error: bytes
    malformed: bytes
    keep_alive: bytes = COMMENT


class Reply(NamedTuple):
    """An answer and how to deliver it.

    Attributes:
        status: HTTP status.
        payload: The body, or the stream in its place.
        behaviour: Delays, headers and faults of the delivery.
        headers: The API's own headers, in lower case.
        content_type: Media type of the payload.
    """

    status: int
    payload: bytes | Stream
    behaviour: Behaviour
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"


class BadRequestError(ValueError):
    """A request that the API refuses; the message is for the client.

    Args:
        message: What the API says to it.
        code: Its code, where the API has one for it.
        param: The parameter that it names.
        status: HTTP status.
        body: All of its answer, where it is not in the API's own shape.
    """

    def __init__(
        self, message: str, *, code: str | None = None, param: str | None = None, status: int = 400, body: bytes | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.param = param
        self.status = status
        self.body = body
