import threading
from itertools import count

import pytest

from pyproxy.sessions import Change, Kept, Origin, Pin, Place, Sessions
from pyproxy.sessions.memory import MOST_RESPONSES, MOST_TARGETS

A = Place("a#1", "a", "north")
A2 = Place("a#2", "a", "north")
B = Place("b", "b", "south")
TTL = 1_000


def sessions(*, ttl_ns: int = TTL, max_sessions: int = 3) -> Sessions:
    return Sessions(ttl_ns=ttl_ns, max_sessions=max_sessions)


def names(held: Sessions, now_ns: int) -> list[str]:
    return [view.session for view in held.page(now_ns).sessions]


def test_a_session_stays_with_the_instance_that_served_it() -> None:
    held = sessions()
    assert held.pinned("s", "group", 0) is None
    assert held.pin("s", "group", A, 1) is Change.NEW
    assert held.pinned("s", "group", 2) == Pin(A, since_ns=1, turns=1, mixed=False)
    assert held.pin("s", "group", A, 3) is Change.KEPT
    assert held.pinned("s", "group", 4) == Pin(A, since_ns=1, turns=2, mixed=False)


def test_a_session_that_another_served_goes_there_from_then_on() -> None:
    held = sessions()
    held.pin("s", "group", A, 1)
    assert held.pin("s", "group", A2, 5) is Change.MOVED
    assert held.pinned("s", "group", 6) == Pin(A2, since_ns=5, turns=1, mixed=False)


def test_a_session_that_two_providers_served_is_mixed_for_good() -> None:
    held = sessions()
    mixed = []
    for place in (A, A2, B, B, A, A2):
        held.pin("s", "group", place, 1)
        pin = held.pinned("s", "group", 1)
        mixed.append(pin is not None and pin.mixed)
    assert mixed == [False, False, True, True, True, True]


def test_each_target_of_a_session_has_its_own_pin() -> None:
    held = sessions()
    held.pin("s", "small", A, 1)
    assert held.pin("s", "large", B, 1) is Change.NEW
    small, large = held.pinned("s", "small", 2), held.pinned("s", "large", 2)
    assert small is not None
    assert large is not None
    assert (small.place, small.mixed, large.place, large.mixed) == (A, False, B, False)


def test_a_session_is_forgotten_when_it_has_rested_for_its_time() -> None:
    held = sessions()
    held.pin("s", "group", A, 0)
    assert held.pinned("s", "group", TTL - 1) is not None  # and this was a use
    assert held.pinned("s", "group", 2 * TTL - 2) is not None
    assert held.pinned("s", "group", 3 * TTL - 2) is None
    assert len(held) == 0


def test_the_session_that_rested_longest_gives_way() -> None:
    held = sessions(max_sessions=2)
    held.pin("one", "group", A, 0)
    held.pin("two", "group", A, 1)
    held.pinned("one", "group", 2)
    held.pin("three", "group", A, 3)
    assert names(held, 3) == ["three", "one"]


def test_other_bounds_hold_at_once_and_the_rest_stays() -> None:
    held = sessions(max_sessions=3)
    for number, session in enumerate(("one", "two", "three")):
        held.pin(session, "group", A, number)
    held.configure(ttl_ns=TTL, max_sessions=2)
    assert len(held) == 2
    assert names(held, 3) == ["three", "two"]
    held.configure(ttl_ns=10, max_sessions=2)
    assert held.pinned("two", "group", 11) is None
    assert held.pinned("three", "group", 11) is not None
    held.configure(ttl_ns=100 * TTL, max_sessions=2)
    assert held.pinned("three", "group", 50 * TTL) is not None


def test_adding_sweeps_what_has_expired() -> None:
    held = sessions(max_sessions=100)
    for number in range(50):
        held.pin(f"old {number}", "group", A, 0)
    for number in range(25):
        held.pin(f"new {number}", "group", A, TTL)
    assert len(held) == 25


def test_a_sweep_stops_at_its_limit_and_at_the_first_that_has_not_expired() -> None:
    held = sessions(max_sessions=100)
    for number in range(5):
        held.pin(f"{number}", "group", A, number)
    assert held.sweep(TTL + 2, limit=2) == 2
    assert held.sweep(TTL + 2) == 1
    assert names(held, TTL + 2) == ["4", "3"]


def test_a_pin_to_an_instance_that_is_gone_can_be_taken_off_and_no_other() -> None:
    held = sessions()
    held.pin("s", "group", A, 0)
    assert not held.unpin("s", "group", "b")
    assert not held.unpin("s", "other", "a#1")
    assert not held.unpin("t", "group", "a#1")
    assert held.unpin("s", "group", "a#1")
    assert held.pinned("s", "group", 0) is None


def test_a_session_is_pinned_for_a_bounded_number_of_targets() -> None:
    held = sessions()
    for number in range(MOST_TARGETS):
        held.pin("s", f"{number}", A, 0)
    held.pin("s", "0", A, 0)
    held.pin("s", "one more", A, 0)
    assert [target for target in map(str, range(MOST_TARGETS)) if held.pinned("s", target, 0) is None] == ["1"]


def test_a_response_names_its_session_and_who_made_it() -> None:
    held = sessions()
    held.pin("s", "group", A, 0)
    held.remember_response("r1", "s", "group", A, 0)
    held.pin("s", "group", B, 1)
    held.remember_response("r2", "s", "group", B, 1)
    assert held.origin("r1", 2) == Origin("s", "group", A)
    assert held.origin("r2", 2) == Origin("s", "group", B)
    assert held.origin("r3", 2) is None


def test_the_last_responses_of_a_session_are_remembered() -> None:
    held = sessions()
    for number in range(MOST_RESPONSES + 1):
        held.remember_response(f"{number}", "s", "group", A, 0)
    assert held.origin("0", 0) is None
    assert held.origin("1", 0) is not None


def test_a_response_that_turns_up_in_another_session_belongs_to_that_one() -> None:
    held = sessions()
    held.remember_response("r", "s", "group", A, 0)
    held.remember_response("r", "t", "group", B, 0)
    held.forget("s")
    assert held.origin("r", 0) == Origin("t", "group", B)


@pytest.mark.parametrize("how", ["forget", "expire", "give way"])
def test_responses_go_with_their_session(how: str) -> None:
    held = sessions(max_sessions=1)
    held.remember_response("r", "s", "group", A, 0)
    now_ns = TTL if how == "expire" else 1
    if how == "forget":
        held.forget("s")
    elif how == "give way":
        held.pin("t", "group", A, now_ns)
    assert held.origin("r", now_ns) is None
    assert not held._responses


def test_a_session_can_be_forgotten_and_begins_anew() -> None:
    held = sessions()
    held.pin("s", "group", A, 0)
    assert held.forget("s")
    assert not held.forget("s")
    assert held.pin("s", "group", B, 0) is Change.NEW


def test_a_late_operation_counts_as_one_now() -> None:
    held = sessions()
    held.pin("late", "group", A, 500)
    held.pin("later", "group", A, 100)
    assert names(held, 0) == ["later", "late"]
    assert held.page(0).sessions[0].idle_ns == 0


def test_pages_hold_the_session_used_last_first_and_leave_expired_ones_out() -> None:
    held = sessions(max_sessions=10)
    for number in range(5):
        held.pin(f"{number}", "group", A, number)
    first = held.page(TTL, offset=0, limit=3)
    assert [view.session for view in first.sessions] == ["4", "3", "2"]
    assert (first.total, first.next_offset) == (4, 3)
    assert (first.sessions[0].idle_ns, first.sessions[0].expires_ns) == (TTL - 4, 4)
    assert first.sessions[0].pins == {"group": Pin(A, since_ns=4, turns=1, mixed=False)}
    last = held.page(TTL, offset=3, limit=3)
    assert ([view.session for view in last.sessions], last.next_offset) == (["1"], None)
    assert held.page(TTL, offset=9).sessions == ()


def test_a_page_that_was_taken_does_not_change() -> None:
    held = sessions()
    held.pin("s", "group", A, 0)
    page = held.page(0)
    held.pin("s", "group", B, 1)
    assert page.sessions[0].pins["group"].place == A


def test_what_changed_is_given_once_and_again_if_it_was_put_back() -> None:
    held = sessions()
    held.pin("s", "group", A, 7)
    held.forget("gone")
    changed, forgotten = held.changes(10)
    assert changed == [Kept("s", 7, {"group": Pin(A, 7, 1, mixed=False)}, {})]
    assert forgotten == ["gone"]
    assert held.changes(10) == ([], [])
    held.pin("gone", "group", A, 8)
    held.forget("s")
    held.put_back(["s"], ["gone"])
    changed, forgotten = held.changes(10)
    assert ([kept.session for kept in changed], forgotten) == (["gone"], ["s"])


def test_changes_come_in_batches() -> None:
    held = sessions(max_sessions=10)
    for number in range(5):
        held.pin(f"{number}", "group", A, 0)
    assert [len(held.changes(2)[0]) for _ in range(4)] == [2, 2, 1, 0]


def test_what_nobody_writes_down_does_not_pile_up() -> None:
    held = sessions(max_sessions=3)
    for number in range(100):
        held.pin(f"{number}", "group", A, number)
        held.forget(f"{number - 1}")
        held.put_back([f"{number - 5}"], [f"{number - 6}"])
    assert len(held._changed) <= 3
    assert len(held._forgotten) <= 3


def test_what_was_kept_comes_back_as_older_than_what_is_known() -> None:
    held = sessions(max_sessions=3)
    held.pin("now", "group", A, 100)
    pin = Pin(B, since_ns=1, turns=4, mixed=True)
    kept = [
        Kept(name, used_ns, {"group": pin}, {f"r {name}": Origin(name, "group", B)})
        for name, used_ns in (("x", 50), ("now", 40), ("y", 30), ("z", 2))
    ]
    held.restore(kept)
    assert names(held, 100) == ["now", "x", "y"]
    assert held.origin("r y", 100) == Origin("y", "group", B)
    assert held.pinned("x", "group", 100) == pin
    assert held.origin("r z", 100) is None
    assert [each.session for each in held.changes(10)[0]] == ["now"]


def test_threads_may_use_it_at_once() -> None:
    held = Sessions(ttl_ns=50, max_sessions=8)
    clock = count()
    failed: list[BaseException] = []

    def use(thread: int) -> None:
        try:
            for turn in range(2_000):
                now_ns, session = next(clock), f"{(turn * 7 + thread) % 20}"
                held.pin(session, "group", A if turn % 3 else B, now_ns)
                held.pinned(session, "group", now_ns)
                held.remember_response(f"{turn % 30}", session, "group", A, now_ns)
                held.origin(f"{turn % 17}", now_ns)
                held.page(now_ns, limit=3)
                if turn % 11 == 0:
                    held.forget(session)
                    held.changes(3)
                assert len(held) <= 8
        except BaseException as error:  # noqa: BLE001 - told to the test
            failed.append(error)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failed
    assert set(held._responses) == {response for each in held._sessions.values() for response in each.responses}
