"""The transport port: one call to one instance, answered with a head and body pieces, or with a classified failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["Transport", "TransportFailure", "UpstreamCall", "UpstreamResponse"]


@dataclass(frozen=True, slots=True)
class UpstreamCall:
    """What is to be sent.

    Attributes:
        instance: the instance to call; the transport knows its address and credential.
        path: the path below the provider's base_url, such as ``/chat/completions``.
        query: the raw query string, without ``?``.
        headers: the client's headers as they came; the transport drops what must not be forwarded.
        body: the body's bytes.
        connect_timeout: seconds to establish a connection.
        method: ``GET`` for what has no body.
    """

    instance: str
    path: str
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    connect_timeout: float
    method: str = "POST"


class TransportFailure(Exception):
    """The call failed before its answer was whole.

    Attributes:
        signal: the classifier's word for it: ``connect_failed``, ``connect_timeout`` or ``reset``.
        body: the error that came under a good status, if one did.
    """

    def __init__(self, signal: str, detail: str, body: bytes | None = None) -> None:
        super().__init__(detail)
        self.signal = signal
        self.detail = detail
        self.body = body


class UpstreamResponse(Protocol):
    """An answer whose head has come. It must be closed; closing early ends the call."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers, as they came."""

    def chunks(self) -> AsyncGenerator[bytes]:
        """The body's pieces, decoded if it was compressed. Raises `TransportFailure` with ``reset`` if it breaks off."""

    async def aclose(self) -> None:
        """Give the connection back, or close it if the body was not read to its end."""


class Transport(Protocol):
    """Opens calls. Adapters hold the connections; nobody else does."""

    async def open(self, call: UpstreamCall) -> UpstreamResponse:
        """Send a call and wait for the head of its answer.

        Raises:
            TransportFailure: no connection, or it broke before the head came.
        """

    async def aclose(self) -> None:
        """Close every connection."""
