"""Sessions as rows of a table, and back. A row tells wall-clock time: the monotonic clock begins anew with the machine.

A row that does not read as a session is left out, whoever wrote it: a file must never fail a start.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from pyproxy.sessions.pins import Kept, Origin, Pin, Place

__all__ = ["Clocks", "Row", "kept_of", "row_of"]

Row = tuple[str, int, str]
"""A session's key, the wall-clock milliseconds of its last use, and its pins and responses as JSON."""
_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Clocks:
    """Both clocks at one moment.

    Attributes:
        now_ns: the monotonic one, in nanoseconds.
        wall_ms: the wall clock, in milliseconds since the epoch.
    """

    now_ns: int
    wall_ms: int

    def to_wall(self, at_ns: int) -> int:
        """The wall clock at a monotonic time."""
        return self.wall_ms - (self.now_ns - at_ns) // _MS

    def to_monotonic(self, at_ms: int) -> int:
        """The monotonic clock at a wall time; a time yet to come, after the wall clock was set back, is now."""
        return self.now_ns - max(0, self.wall_ms - at_ms) * _MS


def row_of(kept: Kept, clocks: Clocks) -> Row:
    """Return the row of a session."""
    pins = {
        target: {**asdict(pin.place), "since_ms": clocks.to_wall(pin.since_ns), "turns": pin.turns, "mixed": pin.mixed}
        for target, pin in kept.pins.items()
    }
    responses = {response: {**asdict(origin.place), "target": origin.target} for response, origin in kept.responses.items()}
    state = json.dumps({"pins": pins, "responses": responses}, separators=(",", ":"))
    return kept.session, clocks.to_wall(kept.used_ns), state


def kept_of(row: tuple[Any, ...], clocks: Clocks) -> Kept | None:
    """Return the session of a row, or None if it does not read as one."""
    try:
        session, used_ms, state = row
        told = json.loads(state)
        pins = {_text(target): _pin(pin, clocks) for target, pin in told["pins"].items()}
        responses = {
            _text(response): Origin(_text(session), _text(origin["target"]), _place(origin))
            for response, origin in told["responses"].items()
        }
        return Kept(_text(session), clocks.to_monotonic(_number(used_ms)), pins, responses)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _pin(told: dict[str, Any], clocks: Clocks) -> Pin:
    since_ns = clocks.to_monotonic(_number(told["since_ms"]))
    return Pin(_place(told), since_ns, _number(told["turns"]), told["mixed"] is True)


def _place(told: dict[str, Any]) -> Place:
    return Place(_text(told["instance"]), _text(told["model"]), _text(told["provider"]))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value


def _number(value: object) -> int:
    if type(value) is not int:
        raise TypeError("a whole number was expected")
    return value
