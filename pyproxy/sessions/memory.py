"""The sessions remembered now: bounded in number and in time, and nothing here waits for a disk.

A session's use moves it to the end of one ordered dictionary. So the order is by last use: the front is both the one to expire next and
the one to give way when there are too many, and every operation costs the same however many there are.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from itertools import islice
from typing import TYPE_CHECKING

from pyproxy.sessions.pins import Change, Kept, Origin, Page, Pin, SessionView
from pyproxy.sessions.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyproxy.sessions.pins import Place

__all__ = ["MOST_RESPONSES", "MOST_TARGETS", "Sessions"]

MOST_TARGETS = 8
"""Targets that one session is pinned for; asking for more forgets the one asked longest ago."""
MOST_RESPONSES = 16
"""Responses remembered of one session, the last ones."""
_SWEPT_WITH_ONE_ADDED = 2


class _Session:
    """What `Kept` tells, while it changes."""

    __slots__ = ("pins", "responses", "used_ns")

    def __init__(self) -> None:
        self.pins: dict[str, Pin] = {}
        self.responses: dict[str, Origin] = {}
        self.used_ns = 0


class Sessions:
    """Who served which session last. May be used from several threads; has no clock of its own.

    Time is monotonic nanoseconds and never goes back: an operation that comes late counts as one at the latest time heard of.

    Attributes:
        turns: conversations of the responses API that no provider keeps; of one event loop's thread.
    """

    def __init__(self, *, ttl_ns: int, max_sessions: int) -> None:
        """Begin with no session.

        Args:
            ttl_ns: nanoseconds that a session is remembered after its last use.
            max_sessions: how many are remembered; one more pushes out the one that rested longest.
        """
        self.turns = Turns()
        self._lock = threading.Lock()
        self._ttl_ns = ttl_ns
        self._max = max_sessions
        self._now_ns = 0
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._responses: dict[str, Origin] = {}
        self._changed: dict[str, None] = {}
        self._forgotten: dict[str, None] = {}

    def __len__(self) -> int:
        """Sessions held, those included that have expired and were not swept yet."""
        return len(self._sessions)

    @property
    def ttl_ns(self) -> int:
        """Nanoseconds that a session is remembered after its last use."""
        return self._ttl_ns

    @property
    def max_sessions(self) -> int:
        """How many are remembered."""
        return self._max

    def configure(self, *, ttl_ns: int, max_sessions: int) -> None:
        """Put other bounds into force; what they leave no room for is forgotten now, everything else stays."""
        with self._lock:
            self._ttl_ns, self._max = ttl_ns, max_sessions
            self._make_room(0)

    def pinned(self, session: str, target: str, now_ns: int) -> Pin | None:
        """Return where the session's turns for a target go, if that is known; asking counts as use."""
        with self._lock:
            held = self._use(session, now_ns)
            return None if held is None else held.pins.get(target)

    def pin(self, session: str, target: str, place: Place, now_ns: int) -> Change:
        """Note who served a turn; a session that is not known begins with it."""
        with self._lock:
            held = self._use(session, now_ns) or self._begin(session)
            before = held.pins.pop(target, None)
            if before is None and len(held.pins) >= MOST_TARGETS:
                del held.pins[next(iter(held.pins))]
            held.pins[target] = _after(before, place, self._now_ns)
            self._changed[session] = None
            return Change.NEW if before is None else Change.KEPT if before.place.instance == place.instance else Change.MOVED

    def unpin(self, session: str, target: str, instance: str) -> bool:
        """Forget a pin to an instance that there is no more; one that went elsewhere meanwhile stays. Returns whether it was there."""
        with self._lock:
            held = self._sessions.get(session)
            if held is None or target not in held.pins or held.pins[target].place.instance != instance:
                return False
            del held.pins[target]
            self._changed[session] = None
            return True

    def remember_response(self, response: str, session: str, target: str, place: Place, now_ns: int) -> None:
        """Note that a response belongs to a session; one that is not known begins with it.

        Args:
            response: its key, see `response_key`.
            session: the key of its session.
            target: the target that was asked.
            place: who made it.
            now_ns: monotonic nanoseconds.
        """
        with self._lock:
            held = self._use(session, now_ns) or self._begin(session)
            self._forget_response(response)
            if len(held.responses) >= MOST_RESPONSES:
                self._forget_response(next(iter(held.responses)))
            held.responses[response] = self._responses[response] = Origin(session, target, place)
            self._changed[session] = None

    def origin(self, response: str, now_ns: int) -> Origin | None:
        """Return where a response came from, if that is known; asking counts as use of its session."""
        with self._lock:
            origin = self._responses.get(response)
            return origin if origin is not None and self._use(origin.session, now_ns) is not None else None

    def forget(self, session: str) -> bool:
        """Forget a session, in the file too; returns whether it was known."""
        with self._lock:
            known = session in self._sessions
            if known:
                self._drop(session)
            self._forgotten[session] = None
            if len(self._forgotten) > self._max:  # nothing is written down, perhaps never: this must not grow, either
                del self._forgotten[next(iter(self._forgotten))]
            return known

    def page(self, now_ns: int, *, offset: int = 0, limit: int = 100) -> Page:
        """Return a page of sessions, the one used last first; pages shift as sessions are used."""
        with self._lock:
            self._sweep(now_ns, len(self._sessions))
            total = len(self._sessions)
            shown = islice(reversed(self._sessions.items()), offset, offset + limit)
            views = tuple(self._view(session, held) for session, held in shown)
            following = offset + len(views)
            return Page(views, total, following if views and following < total else None)

    def sweep(self, now_ns: int, limit: int = 1_000) -> int:
        """Forget sessions that have expired, at most `limit`; returns how many. Nobody needs to call this: adding sweeps, too."""
        with self._lock:
            return self._sweep(now_ns, limit)

    def changes(self, limit: int) -> tuple[list[Kept], list[str]]:
        """Take what is to be written down: sessions that changed, and keys of sessions to be erased; at most `limit` of each.

        What was taken is not given again; `put_back` what could not be written.
        """
        with self._lock:
            changed = [self._kept(session) for session in _taken(self._changed, limit)]
            return changed, _taken(self._forgotten, limit)

    def put_back(self, changed: Iterable[str], forgotten: Iterable[str]) -> None:
        """Let `changes` give these again, as they will be then."""
        with self._lock:
            self._changed.update((session, None) for session in changed if session in self._sessions)
            free = self._max - len(self._forgotten)
            self._forgotten.update((session, None) for session in islice(forgotten, max(0, free)) if session not in self._sessions)

    def restore(self, kept: Iterable[Kept]) -> None:
        """Take in what was written down, the one used last first. All of it counts as older than what is known already."""
        with self._lock:
            for each in kept:
                if len(self._sessions) >= self._max:
                    break
                if each.session not in self._sessions:
                    self._restore(each)

    def _restore(self, kept: Kept) -> None:
        held = self._sessions[kept.session] = _Session()
        self._sessions.move_to_end(kept.session, last=False)
        held.used_ns = kept.used_ns
        held.pins.update(islice(kept.pins.items(), MOST_TARGETS))
        for response, origin in islice(kept.responses.items(), MOST_RESPONSES):
            if response not in self._responses:
                held.responses[response] = self._responses[response] = origin

    def _use(self, session: str, now_ns: int) -> _Session | None:
        self._now_ns = max(self._now_ns, now_ns)
        held = self._sessions.get(session)
        if held is None:
            return None
        if self._expired(held):
            self._drop(session)
            return None
        held.used_ns = self._now_ns
        self._sessions.move_to_end(session)
        return held

    def _begin(self, session: str) -> _Session:
        self._sweep(self._now_ns, _SWEPT_WITH_ONE_ADDED)
        self._make_room(1)
        self._forgotten.pop(session, None)
        held = self._sessions[session] = _Session()
        held.used_ns = self._now_ns
        return held

    def _expired(self, held: _Session) -> bool:
        return held.used_ns + self._ttl_ns <= self._now_ns

    def _sweep(self, now_ns: int, limit: int) -> int:
        self._now_ns = max(self._now_ns, now_ns)
        swept = 0
        while swept < limit and self._sessions and self._expired(next(iter(self._sessions.values()))):
            self._drop(next(iter(self._sessions)))
            swept += 1
        return swept

    def _make_room(self, wanted: int) -> None:
        while len(self._sessions) + wanted > self._max:
            self._drop(next(iter(self._sessions)))

    def _drop(self, session: str) -> None:
        """Its row in the file goes by age or by number, as it went here."""
        for response in self._sessions.pop(session).responses:
            del self._responses[response]
        self._changed.pop(session, None)

    def _forget_response(self, response: str) -> None:
        origin = self._responses.pop(response, None)
        if origin is not None:
            del self._sessions[origin.session].responses[response]
            self._changed[origin.session] = None

    def _kept(self, session: str) -> Kept:
        held = self._sessions[session]
        return Kept(session, held.used_ns, dict(held.pins), dict(held.responses))

    def _view(self, session: str, held: _Session) -> SessionView:
        idle_ns = self._now_ns - held.used_ns
        return SessionView(session, dict(held.pins), idle_ns, self._ttl_ns - idle_ns)


def _after(before: Pin | None, place: Place, now_ns: int) -> Pin:
    """The pin once a turn was served at `place`."""
    if before is None:
        return Pin(place, since_ns=now_ns, turns=1, mixed=False)
    mixed = before.mixed or before.place.provider != place.provider
    if before.place.instance != place.instance:
        return Pin(place, since_ns=now_ns, turns=1, mixed=mixed)
    return Pin(place, before.since_ns, before.turns + 1, mixed)


def _taken(keys: dict[str, None], limit: int) -> list[str]:
    taken = list(islice(keys, limit))
    for key in taken:
        del keys[key]
    return taken
