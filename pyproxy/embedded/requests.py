"""From what a program asks to the request that every ingress makes of it."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from pyproxy.domain import PRIORITIES, Request
from pyproxy.embedded.messages import wire_messages
from pyproxy.errors import InvalidRequest
from pyproxy.rust_core import EnvelopeError, scan_envelope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproxy.embedded.messages import Messages

__all__ = ["chat_request"]

_OWN = ("node", "session", "priority", "timeout", "fallback_groups", "shortest")
_MAX_TIMEOUT_S = 86_400.0


def chat_request(target: str, messages: Messages, fields: Mapping[str, Any], *, stream: bool) -> Request:
    """A request that has just arrived.

    Args:
        target: the name to ask for.
        messages: the turns.
        fields: the keyword arguments of `pyproxy.Sidecar.generate`; what is not its own becomes a field of the body.
        stream: whether a stream is wanted.

    Raises:
        InvalidRequest: something in it cannot be sent.
    """
    own = {name: fields.get(name) for name in _OWN}
    parameters = {name: value for name, value in fields.items() if name not in _OWN}
    if "stream" in parameters:
        raise InvalidRequest("Leave 'stream' out: generate gives whole answers, and stream gives streams.", param="stream")
    streamed = {"stream": True} if stream else {}
    body = _body({"model": target, "messages": wire_messages(messages), **streamed, **parameters})
    try:
        envelope = scan_envelope(body)
    except EnvelopeError as error:
        raise InvalidRequest(str(error), param=error.param) from None
    groups = own["fallback_groups"]
    return Request(
        id=f"req_{uuid.uuid4().hex}",
        route="/v1/chat/completions",
        query=b"",
        body=body,
        envelope=envelope,
        headers=_headers(own["session"]),
        arrived_ns=time.monotonic_ns(),
        node=own["node"],
        timeout_ns=_timeout_ns(own["timeout"]),
        fallback_groups=None if groups is None else tuple(groups),
        priority=_priority(own["priority"]),
        shortest=bool(own["shortest"]),
    )


def _body(fields: dict[str, Any]) -> bytes:
    try:
        return json.dumps(fields, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidRequest(f"The request cannot be written as JSON: {error}.") from None


def _timeout_ns(seconds: float | None) -> int | None:
    if seconds is None:
        return None
    if not 0.0 < seconds <= _MAX_TIMEOUT_S:
        raise InvalidRequest(f"timeout must be seconds above 0, at most {_MAX_TIMEOUT_S:.0f}.", param="timeout")
    return round(seconds * 1e9)


def _priority(name: str | None) -> int:
    if name is None:
        return PRIORITIES["normal"]
    if name not in PRIORITIES:
        raise InvalidRequest(f"priority must be one of {', '.join(PRIORITIES)}.", param="priority")
    return PRIORITIES[name]


def _headers(session: str | None) -> tuple[tuple[bytes, bytes], ...]:
    """What a client of the server would say by a header, and what nobody forwards."""
    return () if session is None else ((b"x-pyproxy-session", session.encode()),)
