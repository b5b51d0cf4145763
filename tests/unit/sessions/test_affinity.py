import pytest

from pyproxy.sessions import Affinity, Change, Place, Sessions, affinity_of, served

A = Place("a#1", "a", "north")
A2 = Place("a#2", "a", "north")
B = Place("b", "b", "south")
NAMED = [(b"x-pyproxy-session", b"talk")]


@pytest.fixture
def sessions() -> Sessions:
    return Sessions(ttl_ns=1_000, max_sessions=10)


def asked(
    sessions: Sessions,
    headers: list[tuple[bytes, bytes]] | None = None,
    previous: str | None = None,
    caller: str | None = "me",
    target: str = "group",
) -> Affinity:
    return affinity_of(sessions, headers or [], caller=caller, target=target, now_ns=0, previous_response_id=previous)


def test_a_request_that_names_nothing_belongs_to_no_session(sessions: Sessions) -> None:
    affinity = asked(sessions)
    assert (affinity.session, affinity.wanted) == (None, None)
    assert served(sessions, affinity, A, 0) is None
    assert len(sessions) == 0


def test_the_turns_of_a_named_session_want_who_served_the_last(sessions: Sessions) -> None:
    first = asked(sessions, NAMED)
    assert first.session is not None
    assert first.wanted is None
    assert served(sessions, first, A, 0) is Change.NEW
    second = asked(sessions, NAMED)
    assert second.wanted == A
    assert served(sessions, second, B, 0) is Change.MOVED
    assert asked(sessions, NAMED).wanted == B


def test_another_callers_session_of_the_same_name_is_another(sessions: Sessions) -> None:
    served(sessions, asked(sessions, NAMED), A, 0)
    other = asked(sessions, NAMED, caller="you")
    assert other.wanted is None
    served(sessions, other, B, 0)
    assert asked(sessions, NAMED).wanted == A


def test_a_response_begins_a_session_that_its_continuations_stay_in(sessions: Sessions) -> None:
    assert served(sessions, asked(sessions), A, 0, "r1") is Change.NEW
    second = asked(sessions, previous="r1")
    assert (second.wanted, second.stored_at) == (A, A)
    assert served(sessions, second, A, 0, "r2") is Change.KEPT
    third = asked(sessions, previous="r2")
    assert third.session == second.session
    assert third.pin is not None
    assert third.pin.turns == 2
    assert len(sessions) == 1


def test_a_response_can_be_continued_only_where_it_is_stored(sessions: Sessions) -> None:
    served(sessions, asked(sessions, NAMED), A, 0, "r1")
    served(sessions, asked(sessions, NAMED), B, 0, "r2")
    assert asked(sessions, NAMED, previous="r1").wanted == A
    assert asked(sessions, NAMED, previous="r2").wanted == B
    assert asked(sessions, NAMED, previous="unknown").wanted == B
    assert asked(sessions, NAMED, previous="unknown").stored_at is None


def test_another_callers_response_is_not_known(sessions: Sessions) -> None:
    served(sessions, asked(sessions), A, 0, "r1")
    assert asked(sessions, previous="r1", caller="you").session is None
    assert asked(sessions, previous="r1", caller=None).session is None


def test_a_header_goes_before_the_session_of_a_response(sessions: Sessions) -> None:
    served(sessions, asked(sessions), A, 0, "r1")
    named = asked(sessions, NAMED, previous="r1")
    assert named.session == asked(sessions, NAMED).session
    assert named.pin is None
    assert named.wanted == A


def test_reasoning_is_foreign_to_a_provider_that_did_not_do_all_of_it(sessions: Sessions) -> None:
    assert not asked(sessions, NAMED).foreign_to("north")
    served(sessions, asked(sessions, NAMED), A, 0)
    assert not asked(sessions, NAMED).foreign_to("north")
    assert asked(sessions, NAMED).foreign_to("south")
    served(sessions, asked(sessions, NAMED), A2, 0)
    assert not asked(sessions, NAMED).foreign_to("north")
    served(sessions, asked(sessions, NAMED), B, 0)
    assert asked(sessions, NAMED).foreign_to("south"), "the turns before are still sent along"
    assert asked(sessions, NAMED).foreign_to("north")


def test_no_name_that_a_client_chooses_takes_much_memory(sessions: Sessions) -> None:
    target, response = "g" * 1_000_000, "r" * 1_000_000
    affinity = asked(sessions, NAMED, target=target)
    assert len(affinity.target) == 32
    served(sessions, affinity, A, 0, response)
    assert asked(sessions, NAMED, target=target).wanted == A
    assert asked(sessions, NAMED, target=target[:-1]).wanted is None
    assert asked(sessions, previous=response).session is None
