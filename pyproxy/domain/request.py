"""What a client asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyproxy.domain.operations import CHAT, Operation
from pyproxy.rust_core import scan_envelope

if TYPE_CHECKING:
    from pyproxy.rust_core import Envelope

__all__ = ["PRIORITIES", "Request"]

PRIORITIES = {"high": 0, "normal": 1, "low": 2}


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived, its body untouched.

    Attributes:
        id: the request id, the client's own or one that was made for it.
        route: the path asked for, such as ``/v1/chat/completions``.
        query: the raw query string, without ``?``.
        body: the body's bytes, exactly as they came.
        envelope: what the core read from the body: model, stream, where ``model`` stands.
        headers: the client's headers, lower-case names, as they came.
        arrived_ns: monotonic nanoseconds of arrival.
        node: the caller's name (``x-pyproxy-node``), if it gave one.
        priority: who goes first among those who wait (``x-pyproxy-priority``): 0 for high, 1 for normal, 2 for low.
        timeout_ns: the time the caller allows (``x-pyproxy-timeout``), if it gave one.
        fallback_groups: the caller's own fallback targets (``x-pyproxy-fallback-groups``), if it gave any.
        operation: what is asked, in which API.
        in_array: whether the answer is wanted as the one item of an array: Gemini's stream for who does not ask for events.
        continues: the response that it went on with, where the body holds that conversation now instead of its name.
        shortest: whether the shortest answer does: one that leaves its bound open gets the least that each model takes.
    """

    id: str
    route: str
    query: bytes
    body: bytes
    envelope: Envelope
    headers: tuple[tuple[bytes, bytes], ...]
    arrived_ns: int
    node: str | None = None
    priority: int = 1
    timeout_ns: int | None = None
    fallback_groups: tuple[str, ...] | None = None
    operation: Operation = CHAT
    in_array: bool = False
    continues: str | None = None
    shortest: bool = False

    def with_body(self, body: bytes) -> Request:
        """The same request with another body, read anew."""
        by_path = self.operation.wire == "gemini"
        model, stream = (self.envelope.model, self.envelope.stream) if by_path else (None, None)
        return replace(self, body=body, envelope=scan_envelope(body, self.operation.wire, model=model, stream=stream))

    @property
    def target(self) -> str:
        """The name in ``model``."""
        return self.envelope.model

    @property
    def stream(self) -> bool:
        """Whether the answer is wanted as server-sent events."""
        return self.envelope.stream
