"""What a client asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyproxy.rust_core import Envelope

__all__ = ["ChatRequest"]


@dataclass(frozen=True, slots=True)
class ChatRequest:
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
        timeout_ns: the time the caller allows (``x-pyproxy-timeout``), if it gave one.
        fallback_groups: the caller's own fallback targets (``x-pyproxy-fallback-groups``), if it gave any.
        session: the conversation it belongs to (``x-pyproxy-session``), if the caller named one.
        priority: ``high``, ``normal`` or ``low`` (``x-pyproxy-priority``), if the caller chose.
    """

    id: str
    route: str
    query: bytes
    body: bytes
    envelope: Envelope
    headers: tuple[tuple[bytes, bytes], ...]
    arrived_ns: int
    node: str | None = None
    timeout_ns: int | None = None
    fallback_groups: tuple[str, ...] | None = None
    session: str | None = None
    priority: str | None = None

    @property
    def target(self) -> str:
        """The name in ``model``."""
        return self.envelope.model

    @property
    def stream(self) -> bool:
        """Whether the answer is wanted as server-sent events."""
        return self.envelope.stream
