"""What a session means for one request: asked before its first attempt, told after its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyproxy.sessions.identity import LONGEST_ID, response_key, session_id, session_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyproxy.sessions.memory import Sessions
    from pyproxy.sessions.pins import Change, Pin, Place

__all__ = ["Affinity", "affinity_of", "served"]

_LONGEST_TARGET = 256


@dataclass(frozen=True, slots=True)
class Affinity:
    """The session of one request, and where it draws it.

    Attributes:
        session: the session's key, or None for a request that belongs to none.
        caller: the node that asks, if it gave its name.
        target: the target it asks for, or a digest of a name that is very long.
        pin: where the session's turns for this target go, if that is known.
        stored_at: who made the response that the request continues, if that is known: only there can it be continued.
    """

    session: str | None
    caller: str | None
    target: str
    pin: Pin | None = None
    stored_at: Place | None = None

    @property
    def wanted(self) -> Place | None:
        """Who should be asked first."""
        return self.stored_at or (None if self.pin is None else self.pin.place)

    def foreign_to(self, provider: str) -> bool:
        """Whether the conversation so far holds reasoning that a provider did not sign: strip it before asking this one."""
        return self.pin is not None and (self.pin.mixed or self.pin.place.provider != provider)


def affinity_of(
    sessions: Sessions,
    headers: Iterable[tuple[bytes, bytes]],
    *,
    caller: str | None,
    target: str,
    now_ns: int,
    previous_response_id: str | None = None,
) -> Affinity:
    """Return which session a request belongs to, and who should be asked first.

    A header names the session; without one, a request that continues a response belongs to that response's.

    Args:
        sessions: those that are remembered.
        headers: the client's, lower-case names with values.
        caller: the node that asks, if it gave its name.
        target: the target it asks for, as it wrote it.
        now_ns: monotonic nanoseconds.
        previous_response_id: what the body says under this name, if anything.
    """
    named = session_id(headers)
    session = None if named is None else session_key(caller, named)
    origin = None
    if previous_response_id and len(previous_response_id) <= LONGEST_ID:
        origin = sessions.origin(response_key(caller, previous_response_id), now_ns)
    if session is None and origin is not None:
        session = origin.session
    asked = target if len(target) <= _LONGEST_TARGET else response_key(None, target)  # a wildcard lets clients write what they like
    pin = None if session is None else sessions.pinned(session, asked, now_ns)
    return Affinity(session, caller, asked, pin, None if origin is None else origin.place)


def served(sessions: Sessions, affinity: Affinity, place: Place, now_ns: int, response_id: str | None = None) -> Change | None:
    """Note who answered; returns what that did to the session's pin, or None for a request that belongs to no session.

    Args:
        sessions: those that are remembered.
        affinity: what `affinity_of` returned for the request.
        place: who answered.
        now_ns: monotonic nanoseconds.
        response_id: the answer's id if the provider stores it, so that ``previous_response_id`` can name it. It begins a session if the
            request belonged to none.
    """
    response = response_key(affinity.caller, response_id) if response_id and len(response_id) <= LONGEST_ID else None
    session = affinity.session or response
    if session is None:
        return None
    change = sessions.pin(session, affinity.target, place, now_ns)
    if response is not None:
        sessions.remember_response(response, session, affinity.target, place, now_ns)
    return change
