"""What one request came to, for the access line, the demo and whoever else listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyproxy.domain.attempt import Attempt
    from pyproxy.domain.usage import Usage

__all__ = ["RequestRecord"]


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One finished request.

    Attributes:
        request_id: the id also sent as ``x-request-id``.
        route: the path asked for.
        status: the HTTP status the client got, or None if it left before one was sent.
        flag: why it ended as it did, such as ``saturated`` or ``client_gone``; ``-`` for an ordinary end.
        target: the name in ``model``, or ``-`` if the body could not be read.
        attempts: every upstream call, in order.
        provider: the provider that answered, or ``-``.
        model: the model that answered, or ``-``.
        stream: whether the client asked for a stream.
        queue_ns: nanoseconds spent waiting for admission.
        first_byte_ns: nanoseconds from arrival to the first byte to the client, or None.
        total_ns: nanoseconds from arrival to the end.
        sent_bytes: bytes of body delivered to the client.
        usage: tokens as the provider counted them, or None.
        revision: the configuration it was served with, or ``-`` if it came to nobody who looks into one.
        node: the caller, if the configuration knows it, or ``-``.
    """

    request_id: str
    route: str
    status: int | None
    flag: str
    target: str
    attempts: tuple[Attempt, ...]
    provider: str
    model: str
    stream: bool
    queue_ns: int
    first_byte_ns: int | None
    total_ns: int
    sent_bytes: int
    usage: Usage | None
    revision: str = "-"
    node: str = "-"
