import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.sessions import Kept, Origin, Pin, Place
from pyproxy.sessions.rows import Clocks, kept_of, row_of

MS = 1_000_000
NOW = Clocks(now_ns=5_000 * MS, wall_ms=1_000_000)
PLACES = st.builds(Place, st.text(max_size=3), st.text(max_size=3), st.text(max_size=3))
TIMES = st.integers(0, 5_000).map(lambda ms: ms * MS)
PINS = st.builds(Pin, PLACES, TIMES, st.integers(1, 9), st.booleans())


@st.composite
def kept(draw: st.DrawFn) -> Kept:
    responses = draw(st.dictionaries(st.text(max_size=3), st.tuples(st.text(max_size=3), PLACES), max_size=3))
    origins = {response: Origin("key", target, place) for response, (target, place) in responses.items()}
    return Kept("key", draw(TIMES), draw(st.dictionaries(st.text(max_size=3), PINS, max_size=3)), origins)


@given(kept(), st.integers(0, 10_000), st.integers(0, 100))
def test_a_row_reads_as_what_it_was_written_from_after_a_restart(session: Kept, away_ms: int, booted_ms: int) -> None:
    later = Clocks(now_ns=booted_ms * MS, wall_ms=NOW.wall_ms + away_ms)
    back = kept_of(row_of(session, NOW), later)
    assert back is not None
    assert later.now_ns - back.used_ns == NOW.now_ns - session.used_ns + away_ms * MS
    assert [(t, p.place, p.turns, p.mixed, later.now_ns - p.since_ns) for t, p in back.pins.items()] == [
        (t, p.place, p.turns, p.mixed, NOW.now_ns - p.since_ns + away_ms * MS) for t, p in session.pins.items()
    ]
    assert list(back.responses.items()) == list(session.responses.items())


def test_a_clock_that_was_set_back_makes_nothing_younger_than_now() -> None:
    back = kept_of(("key", NOW.wall_ms + 60_000, '{"pins":{},"responses":{}}'), NOW)
    assert back is not None
    assert back.used_ns == NOW.now_ns


def test_a_row_holds_names_and_numbers_and_nothing_else() -> None:
    pin = Pin(Place("a#1", "a", "north"), 4_000 * MS, 2, mixed=False)
    row = row_of(Kept("key", 4_500 * MS, {"group": pin}, {"r": Origin("key", "group", pin.place)}), NOW)
    place = {"instance": "a#1", "model": "a", "provider": "north"}
    state = {
        "pins": {"group": {**place, "since_ms": 999_000, "turns": 2, "mixed": False}},
        "responses": {"r": {**place, "target": "group"}},
    }
    assert (row[0], row[1], json.loads(row[2])) == ("key", 999_500, state)


PLACE = {"instance": "a", "model": "a", "provider": "p"}


@pytest.mark.parametrize(
    "row",
    [
        (),
        ("key", 1),
        ("key", 1, None),
        ("key", 1, "{"),
        ("key", 1, "[" * 50_000),
        ("key", 1, "[]"),
        ("key", 1, '{"pins": {}}'),
        ("key", 1, '{"pins": [], "responses": {}}'),
        ("key", "soon", '{"pins": {}, "responses": {}}'),
        (7, 1, '{"pins": {}, "responses": {}}'),
        ("key", 1, json.dumps({"pins": {"g": {**PLACE, "since_ms": "x", "turns": 1, "mixed": False}}, "responses": {}})),
        ("key", 1, json.dumps({"pins": {"g": {**PLACE, "since_ms": 1, "turns": True, "mixed": False}}, "responses": {}})),
        ("key", 1, json.dumps({"pins": {"g": {**PLACE, "instance": 1, "since_ms": 1, "turns": 1, "mixed": False}}, "responses": {}})),
        ("key", 1, json.dumps({"pins": {}, "responses": {"r": PLACE}})),
    ],
)
def test_a_row_that_is_no_session_is_left_out(row: tuple[Any, ...]) -> None:
    assert kept_of(row, NOW) is None
