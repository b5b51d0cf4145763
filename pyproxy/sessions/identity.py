"""Which session a request belongs to, by what its client says of itself.

Ids are digested together with the caller's name before anything is remembered. So no character in an id can do harm, no id is written
down as it came, and two callers that use the same id have two sessions: neither can move the other's away from its prompt cache.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LONGEST_ID", "response_key", "session_id", "session_key"]

LONGEST_ID = 512
"""Bytes in an id; who sends more has no session."""

_OURS = (b"x-pyproxy-session", b"x-claude-code-session-id")
_OF_CODEX = (b"session-id", b"session_id", b"conversation_id")
"""Codex has changed the name twice; each carries the same UUID. The names are common ones, and a constant in one of them would send all
the traffic of its client to one instance: so only a UUID counts there."""
_UUID = re.compile(rb"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def session_id(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """Return the session that the headers name, the sidecar's own header before those of known clients.

    Args:
        headers: lower-case names with values; of two with one name the first counts.
    """
    given: dict[bytes, bytes] = {}
    for name, value in headers:
        given.setdefault(name, value)
    for name in _OURS:
        value = given.get(name, b"").strip()
        if 0 < len(value) <= LONGEST_ID:
            return value
    for name in _OF_CODEX:
        value = given.get(name, b"").strip()
        if _UUID.fullmatch(value):
            return value
    return None


def session_key(caller: str | None, name: bytes) -> str:
    """Return what a session is remembered by: 32 hexadecimal digits.

    Args:
        caller: the node that asks, if it gave its name.
        name: what `session_id` returned.
    """
    return _digest(caller, name, b"pyproxy.session")


def response_key(caller: str | None, response_id: str) -> str:
    """Return what a response is remembered by, and the session it began if no header named one.

    Args:
        caller: the node that asks, if it gave its name.
        response_id: the ``id`` of the response, or a request's ``previous_response_id``.
    """
    return _digest(caller, response_id.encode("utf-8", "surrogatepass"), b"pyproxy.response")


def _digest(caller: str | None, name: bytes, purpose: bytes) -> str:
    owner = b"-" if caller is None else caller.encode("utf-8", "surrogatepass")
    length = b"-" if caller is None else b"%d" % len(owner)  # nobody can be named so that owner and id run into each other
    return hashlib.blake2b(b"%b:%b:%b" % (length, owner, name), digest_size=16, person=purpose).hexdigest()
