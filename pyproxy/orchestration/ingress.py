"""The ingress port: the way back to one client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pyproxy.errors import RequestError

__all__ = ["Exchange"]

Headers = list[tuple[bytes, bytes]]


class Exchange(Protocol):
    """One request's answer, as an adapter delivers it.

    A client that goes away cancels the task that serves it; adapters watch for that. Sending waits while the
    client is slow, so that what is not wanted yet stays with the provider.
    """

    async def start(self, status: int, headers: Headers) -> None:
        """Send the head."""

    async def send(self, chunk: bytes) -> None:
        """Send a piece of the body."""

    async def finish(self) -> None:
        """End the body: the answer is whole."""

    async def error(self, error: RequestError, headers: Headers) -> int:
        """Answer with an error of ours in the client's dialect, with these headers beside its own; returns the bytes of its body."""

    def abort(self) -> None:
        """End the connection without ending the body, so that no client can take the answer for whole."""
