"""Asks the orchestrator from inside the process."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from pyproxy.domain import ChatRequest
from pyproxy.embedded.completion import Completion
from pyproxy.errors import InvalidRequest, UpstreamError
from pyproxy.rust_core import EnvelopeError, scan_envelope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyproxy.errors import RequestError
    from pyproxy.orchestration import Orchestrator

__all__ = ["EmbeddedClient"]

Headers = list[tuple[bytes, bytes]]


class EmbeddedClient:
    """Builds requests and reads answers; the way between is the one that every request takes."""

    def __init__(self, orchestrator: Orchestrator) -> None:
        self._orchestrator = orchestrator

    async def generate(
        self, target: str, messages: str | Sequence[Mapping[str, Any]], *, node: str | None, **parameters: Any
    ) -> Completion:
        """Ask `target` and wait for the whole answer. See `pyproxy.Sidecar.generate`."""
        turns = [{"role": "user", "content": messages}] if isinstance(messages, str) else [dict(message) for message in messages]
        if parameters.pop("stream", False):
            raise InvalidRequest("generate() gives whole answers: leave 'stream' out.", param="stream")
        body = json.dumps({"model": target, "messages": turns, **parameters}, ensure_ascii=False).encode()
        exchange = _Buffer()
        await self._orchestrator.handle(_request(body, node), exchange)
        return exchange.completion()


class _Buffer:
    """An exchange that keeps what it is given."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.failure: RequestError | None = None

    async def start(self, status: int, headers: Headers) -> None:
        self.status = status
        self.headers = {name.decode(): value.decode() for name, value in headers}

    async def send(self, chunk: bytes) -> None:
        self.body += chunk

    async def finish(self) -> None:
        """Nothing follows."""

    async def error(self, error: RequestError, headers: Headers) -> int:  # noqa: ARG002 - the port's shape
        self.failure = error
        return 0

    def abort(self) -> None:
        """A whole answer is asked for, and those are never cut."""

    def completion(self) -> Completion:
        if self.failure is not None:
            raise self.failure
        attempts = tuple(attempt for attempt in self.headers["x-pyproxy-attempts"].split(", ") if attempt)
        if not 200 <= self.status < 300:  # noqa: PLR2004
            raise UpstreamError(_message(self.body), target=self.headers["x-pyproxy-target"], attempts=attempts, status=self.status)
        raw = json.loads(self.body)
        message = raw["choices"][0]["message"] if raw.get("choices") else {}
        return Completion(
            text=message.get("content") or "",
            target=self.headers["x-pyproxy-target"],
            model=self.headers["x-pyproxy-model"],
            provider=self.headers["x-pyproxy-provider"],
            attempts=attempts,
            usage=raw.get("usage") or {},
            raw=raw,
        )


def _request(body: bytes, node: str | None) -> ChatRequest:
    try:
        envelope = scan_envelope(body)
    except EnvelopeError as error:
        raise InvalidRequest(str(error), param=error.param) from None
    return ChatRequest(
        id=f"req_{uuid.uuid4().hex}",
        route="/v1/chat/completions",
        query=b"",
        body=body,
        envelope=envelope,
        headers=(),
        arrived_ns=time.monotonic_ns(),
        node=node,
    )


def _message(body: bytes | bytearray) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return bytes(body[:500]).decode("utf-8", "replace")
