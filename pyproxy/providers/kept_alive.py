"""Connections that know whether a request found them closed, and whether they may serve another.

A provider may close an idle connection in the very moment in which a request is on its way to it. Nobody has read that
request then, but all its sender sees is an end without a byte of an answer: it is safe to repeat it on a fresh connection.

And a provider may say more than it was asked. httpcore2 keeps what comes behind an answer, and would take it for the beginning of the
next one, which may be another client's.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpcore2

from pyproxy.providers.connections import STALE_WITHIN_S

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

__all__ = ["KeptAliveBackend", "StaleConnectionError", "keep_only_if_clean"]


class StaleConnectionError(httpcore2.ReadError):
    """A connection that had served before ended, with no byte of an answer to this request."""


def keep_only_if_clean(response: httpcore2.Response) -> None:
    """Let the connection serve nobody else, if anything came behind this answer; to be called at its end, before it is closed."""
    stream = response.extensions["network_stream"]
    body: Any = response.stream
    left_over, _ = body._stream._connection._h11_state.trailing_data  # noqa: SLF001 - nothing else knows, and a test holds us to it
    if left_over and isinstance(stream, _Stream):
        stream.spoiled = True


class KeptAliveBackend(httpcore2.AsyncNetworkBackend):
    """Opens connections that raise `StaleConnectionError` when they are."""

    def __init__(self, stale_within: float = STALE_WITHIN_S) -> None:
        self._sockets = httpcore2.AnyIOBackend()
        self._stale_within = stale_within

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's signature, here and below
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Open a connection."""
        return _Stream(await self._sockets.connect_tcp(host, port, timeout, local_address, socket_options), self._stale_within)


class _Stream(httpcore2.AsyncNetworkStream):
    """Passes everything on, and notes what went which way.

    Attributes:
        spoiled: whether it may serve no more.
    """

    def __init__(self, inner: httpcore2.AsyncNetworkStream, stale_within: float) -> None:
        self._inner = inner
        self._stale_within = stale_within
        self._served = False  # an earlier request was answered on it
        self._answering = False  # bytes of the answer to this request have come
        self._sent_at = 0.0
        self.spoiled = False

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Send; the first write after an answer begins the next request."""
        if self._answering:
            self._served, self._answering = True, False
        self._sent_at = asyncio.get_running_loop().time()
        await self._inner.write(buffer, timeout)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Receive; b"" at the end."""
        try:
            data = await self._inner.read(max_bytes, timeout)
        except httpcore2.ReadError as error:
            if self._stale():
                raise StaleConnectionError(str(error)) from error
            raise
        if not data and self._stale():
            raise StaleConnectionError("the provider had closed the connection")
        self._answering = self._answering or bool(data)
        return data

    def _stale(self) -> bool:
        soon = asyncio.get_running_loop().time() - self._sent_at < self._stale_within
        return self._served and not self._answering and soon

    async def aclose(self) -> None:
        """Close."""
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore2.AsyncNetworkStream:
        """Go on in TLS, in which requests are counted anew."""
        return _Stream(await self._inner.start_tls(ssl_context, server_hostname, timeout), self._stale_within)

    def get_extra_info(self, info: str) -> Any:
        """What the socket knows of itself. An idle one is closed where it is readable: where the provider has ended it, or said more."""
        if info == "is_readable" and self.spoiled:
            return True
        return self._inner.get_extra_info(info)
