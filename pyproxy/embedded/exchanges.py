"""The ingress port inside a program: an answer that is kept whole, or handed over piece by piece."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyproxy.embedded.completion import Completion
from pyproxy.embedded.events import payloads
from pyproxy.errors import InternalError, ShuttingDown, StreamInterrupted, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproxy.errors import RequestError

__all__ = ["Buffer", "Handover", "Head"]

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Head:
    """The head of an answer, and the path it took."""

    status: int
    target: str
    model: str
    provider: str
    attempts: tuple[str, ...]

    @classmethod
    def read(cls, status: int, headers: Headers) -> Head:
        """Take from the headers what the sidecar says of the path."""
        named = {name.decode(): value.decode() for name, value in headers if name.startswith(b"x-pyproxy-")}
        return cls(
            status=status,
            target=named.get("x-pyproxy-target", ""),
            model=named.get("x-pyproxy-model", ""),
            provider=named.get("x-pyproxy-provider", ""),
            attempts=tuple(attempt for attempt in named.get("x-pyproxy-attempts", "").split(", ") if attempt),
        )

    @property
    def good(self) -> bool:
        """Whether an answer follows, and not a provider's error."""
        return 200 <= self.status < 300  # noqa: PLR2004

    def refusal(self, body: bytes | bytearray) -> UpstreamError:
        """A provider's error, in its own words."""
        return UpstreamError(_message(body), target=self.target, attempts=self.attempts, status=self.status)

    def interruption(self, payload: Mapping[str, Any] | None) -> RequestError:
        """The error that ends a stream, from the event that told it, if there was one."""
        told = (payload or {}).get("error")
        error = told if isinstance(told, dict) else {"message": told} if told else {}
        match error.get("code"):
            case ShuttingDown.code:
                return ShuttingDown()
            case InternalError.code:
                return InternalError()
        message = str(error.get("message") or "The stream was cut before its end.")
        return StreamInterrupted(message, target=self.target, attempts=self.attempts)


class Buffer:
    """An exchange that keeps what it is given."""

    def __init__(self) -> None:
        self._head: Head
        self._body = bytearray()
        self._error: RequestError | None = None

    async def start(self, status: int, headers: Headers) -> None:
        """Keep the head."""
        self._head = Head.read(status, headers)

    async def send(self, chunk: bytes) -> None:
        """Keep a piece of the body."""
        self._body += chunk

    async def finish(self) -> None:
        """Nothing follows."""

    async def error(self, error: RequestError, headers: Headers) -> int:  # noqa: ARG002 - the port's shape
        """Keep the error."""
        self._error = error
        return 0

    def abort(self) -> None:
        """A whole answer is asked for, and those are never cut."""

    def completion(self) -> Completion:
        """The answer, once the request has ended.

        Raises:
            RequestError: it got an error for an answer.
        """
        if self._error is not None:
            raise self._error
        head = self._head
        if not head.good:
            raise head.refusal(self._body)
        raw = json.loads(self._body)
        message = raw["choices"][0]["message"] if raw.get("choices") else {}
        return Completion(
            text=message.get("content") or "",
            target=head.target,
            model=head.model,
            provider=head.provider,
            attempts=head.attempts,
            usage=raw.get("usage") or {},
            raw=raw,
        )


class Handover:
    """An exchange from which another task takes each piece; the next is not accepted before.

    So a reader that does not read leaves everything else with the provider.

    Attributes:
        head: the head, once it has come.
    """

    def __init__(self) -> None:
        self.head: Head | None = None
        self._piece: bytes | None = None
        self._latest = b""
        self._error: RequestError | None = None
        self._ended = False
        self._taken = asyncio.Event()
        self._given = asyncio.Event()

    async def start(self, status: int, headers: Headers) -> None:
        """Take the head."""
        self.head = Head.read(status, headers)

    async def send(self, chunk: bytes) -> None:
        """Take a piece as soon as the one before has been read."""
        self._latest = chunk
        while self._piece is not None:
            self._taken.clear()
            await self._taken.wait()
        self._piece = chunk
        self._given.set()

    async def finish(self) -> None:
        """End the body."""
        self.end()

    async def error(self, error: RequestError, headers: Headers) -> int:  # noqa: ARG002 - the port's shape
        """Take an error in place of an answer."""
        self._error = error
        self.end()
        return 0

    def abort(self) -> None:
        """End the body with the error that was sent last, though perhaps nobody had read enough to take it."""
        if self.head is not None:
            told = next((payload for payload in payloads(self._latest) if "error" in payload), None)
            self._error = self.head.interruption(told)
        self.end()

    def end(self) -> None:
        """Let the reader know that nothing follows."""
        self._ended = True
        self._given.set()

    async def read(self) -> bytes:
        """The next piece, or none at the end.

        Raises:
            RequestError: the answer is an error, or has ended in one.
        """
        while self._piece is None:
            if self._error is not None:
                raise self._error
            if self._ended:
                return b""
            self._given.clear()
            await self._given.wait()
        piece, self._piece = self._piece, None
        self._taken.set()
        return piece


def _message(body: bytes | bytearray) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return bytes(body[:500]).decode("utf-8", "replace")
