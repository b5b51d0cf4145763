"""Who waits for several scopes at once: claims, order between routes, and nobody forgotten."""

from __future__ import annotations

import pytest
from support.admission import drain, grant_of, granted, refused, waiting

from pyproxy.rust_core import AdmissionController, RateLimit, Ticket

LONG = 10**15


def define(controller: AdmissionController, **concurrency: int | None) -> None:
    for key, bound in concurrency.items():
        controller.define(key, concurrency=bound, now_ns=0)


def test_the_more_urgent_goes_first_at_a_shared_scope_whichever_way_he_came() -> None:
    controller = AdmissionController()
    define(controller, one=None, two=None, model=1)
    held = granted(controller.try_acquire(["one", "model"], now_ns=0))
    urgent = waiting(controller.enqueue(["two", "model"], priority=0, now_ns=1))
    for at in range(2, 5):
        waiting(controller.enqueue(["one", "model"], priority=9, now_ns=at))
    assert controller.release(held, now_ns=9) == [urgent]


def test_two_groups_that_share_a_model_take_turns_at_it() -> None:
    controller = AdmissionController()
    define(controller, one=None, two=None, model=1)
    held = granted(controller.try_acquire(["one", "model"], now_ns=0))
    tickets = [waiting(controller.enqueue([group, "model"], flow=group, now_ns=0)) for group in ["one", "two"] * 4]
    assert drain(controller, held) == tickets


def test_one_who_needs_two_scopes_that_come_free_by_turns_is_let_in_in_the_end() -> None:
    """A and B are each passed on all the time; whoever needs both finds the other taken, until it is held for him."""
    controller = AdmissionController()
    define(controller, A=1, B=1)
    holders = {key: granted(controller.try_acquire([key], now_ns=0)) for key in ("A", "B")}
    both = waiting(controller.enqueue(["A", "B"], flow="both", now_ns=0))
    for now in range(1, 100):
        key = "AB"[now % 2]
        waiting(controller.enqueue([key], flow=f"{key} alone", now_ns=now))
        let_in = controller.release(holders[key], now_ns=now)
        if both in let_in:
            break
        for ticket in let_in:
            holders[key] = grant_of(ticket)
        if not let_in:  # it is held for the one who needs both
            other = "BA"[now % 2]
            assert controller.release(holders[other], now_ns=now) == [both]
            break
    assert both.state == "granted"
    assert now < 40


def test_a_slow_call_below_does_not_hold_up_the_others_above() -> None:
    controller = AdmissionController()
    define(controller, group=2, slow=1, fast=None)
    granted(controller.try_acquire(["group", "slow"], now_ns=0))
    waiting(controller.enqueue(["group", "slow"], now_ns=0))
    for now in range(100):
        controller.release(granted(controller.try_acquire(["group", "fast"], now_ns=now)), now_ns=now)


def test_a_claim_stands_when_somebody_more_urgent_comes_between() -> None:
    controller = AdmissionController()
    define(controller, top=1)
    controller.define("shared", rates=[RateLimit("tokens", 100, LONG)], now_ns=0)
    controller.try_acquire(["shared"], tokens=50, now_ns=0)
    controller.try_acquire(["top"], now_ns=0)
    waiting(controller.enqueue(["top", "shared"], tokens=100, flow="wide", now_ns=1))
    waiting(controller.enqueue(["top", "shared"], tokens=1, priority=-1, flow="urgent", now_ns=2))
    assert refused(controller.try_acquire(["shared"], tokens=50, now_ns=3)).reason == "reserved"


def test_whose_cost_a_lowered_limit_can_never_hold_is_told_and_holds_up_nobody() -> None:
    dropped: list[Ticket] = []
    controller = AdmissionController(on_dropped=dropped.extend)
    controller.define("model", rates=[RateLimit("tokens", 10, 1000)], now_ns=0)
    controller.try_acquire(["model"], tokens=10, now_ns=0)
    wide = waiting(controller.enqueue(["model"], tokens=10, flow="wide", now_ns=0))
    narrow = waiting(controller.enqueue(["model"], tokens=1, flow="narrow", now_ns=0))
    controller.define("model", rates=[RateLimit("tokens", 5, 1000)], now_ns=0)
    assert (wide.state, dropped) == ("refused", [wide])
    assert controller.next_wakeup(now_ns=0) == 200
    assert controller.advance(now_ns=200) == [narrow]


@pytest.mark.parametrize("due", ["room", "deadline"])
def test_a_ticket_given_up_in_the_moment_its_wait_ends_leaves_nothing_behind(due: str) -> None:
    controller = AdmissionController()
    controller.define("model", concurrency=5, rates=[RateLimit("requests", 1, 1000)], now_ns=0)
    held = granted(controller.try_acquire(["model"], now_ns=0))
    ticket = waiting(controller.enqueue(["model"], now_ns=0, deadline_ns=1000))
    now = 1000 if due == "room" else 1001
    if due == "deadline":
        controller.block_until("model", 2000, now_ns=0)
    assert controller.cancel(ticket, now_ns=now) == []
    controller.release(held, now_ns=now)
    assert (controller.in_flight("model"), controller.waiting()) == (0, 0)
    assert ticket.state == ("cancelled" if due == "room" else "expired")


def test_giving_up_a_ticket_whose_call_has_been_made_gives_nothing_back() -> None:
    controller = AdmissionController()
    controller.define("model", rates=[RateLimit("requests", 1, LONG)], now_ns=0)
    ticket = controller.enqueue(["model"], now_ns=0)
    assert isinstance(ticket, Ticket)
    controller.release(grant_of(ticket), now_ns=0)
    assert controller.cancel(ticket, now_ns=0) == []
    assert not controller.try_acquire(["model"], now_ns=0)


def test_new_names_do_not_keep_a_flow_from_its_turn() -> None:
    controller = AdmissionController()
    define(controller, group=1)
    held = granted(controller.try_acquire(["group"], now_ns=0))
    for _ in range(2):
        patient = waiting(controller.enqueue(["group"], tokens=10, flow="patient", now_ns=0))
    for stranger in range(10):
        waiting(controller.enqueue(["group"], tokens=10, flow=f"stranger {stranger}", now_ns=0))
        (let_in,) = controller.release(held, now_ns=0)
        held = grant_of(let_in)
        if let_in is patient:
            break
    assert patient.state == "granted"


def test_a_flow_held_up_elsewhere_saves_up_no_more_than_one_call() -> None:
    controller = AdmissionController()
    define(controller, group=1, paused=None, free=None)
    controller.block_until("paused", 1000, now_ns=0)
    held = granted(controller.try_acquire(["group"], now_ns=0))
    for _ in range(50):
        waiting(controller.enqueue(["group", "paused"], flow="paused", now_ns=0))
    others = [waiting(controller.enqueue(["group", "free"], flow="free", now_ns=0)) for _ in range(60)]
    for _ in range(40):
        (let_in,) = controller.release(held, now_ns=10)
        assert let_in in others
        held = grant_of(let_in)
    after = []
    for _ in range(10):
        (let_in,) = controller.release(held, now_ns=1000)
        after.append(let_in in others)
        held = grant_of(let_in)
    assert after.count(True) >= 4


def test_time_that_lifts_somebody_is_a_time_to_wake_up() -> None:
    controller = AdmissionController(aging_ns=1000)
    controller.define("model", concurrency=1, rates=[RateLimit("tokens", 1000, 10**12)], now_ns=0)
    held = granted(controller.try_acquire(["model"], tokens=500, now_ns=0))
    low = waiting(controller.enqueue(["model"], tokens=1, priority=1, flow="low", now_ns=0))
    waiting(controller.enqueue(["model"], tokens=1000, priority=0, flow="wide", now_ns=1))
    assert controller.release(held, now_ns=2) == []
    assert controller.next_wakeup(now_ns=2) == 1000
    assert controller.advance(now_ns=999) == []
    assert controller.advance(now_ns=1000) == [low]


def test_closing_tells_of_those_it_lets_in_last() -> None:
    controller = AdmissionController()
    controller.define("model", rates=[RateLimit("requests", 1, 1000)], now_ns=0)
    controller.try_acquire(["model"], now_ns=0)
    due, late = (waiting(controller.enqueue(["model"], now_ns=0)) for _ in range(2))
    assert sorted(ticket.id for ticket in controller.close(now_ns=1000)) == [due.id, late.id]
    assert (due.state, late.state) == ("granted", "closed")


def test_a_parent_that_would_make_a_path_too_long_is_refused_and_nothing_is_changed() -> None:
    controller = AdmissionController()
    controller.define("top", concurrency=1, now_ns=0)
    for depth in range(64):
        controller.define(f"scope {depth}", parent=f"scope {depth - 1}" if depth else None, now_ns=0)
    assert controller.try_acquire(["scope 63"], now_ns=0)
    with pytest.raises(ValueError, match="a path through 65 scopes is too long"):
        controller.define("scope 0", parent="top", now_ns=0)
    assert controller.snapshot(now_ns=0)[1]["parent"] is None
    assert controller.try_acquire(["scope 63"], now_ns=0)


def test_where_two_scopes_come_free_at_once_each_goes_to_who_is_first_there() -> None:
    """The first at A is older, but at B, where there is room for one, another flow has had less."""
    controller = AdmissionController()
    define(controller, A=1, B=1)
    held = granted(controller.try_acquire(["B"], now_ns=0))
    served = waiting(controller.enqueue(["B"], flow="served", now_ns=0))
    controller.block_until("A", 100, now_ns=0)
    older = waiting(controller.enqueue(["A", "B"], flow="served", now_ns=0))
    fair = waiting(controller.enqueue(["B"], flow="fresh", now_ns=0))
    assert controller.release(held, now_ns=0) == [served]
    controller.block_until("B", 100, now_ns=0)
    assert controller.release(grant_of(served), now_ns=0) == []
    assert controller.advance(now_ns=100) == [fair]
    assert controller.release(grant_of(fair), now_ns=100) == [older]


def test_a_deadline_is_not_given_up_for_one_ahead_who_may_never_come_to_his_turn() -> None:
    """He waits for a permit, not for the rate, and his own deadline ends before that of the one behind him."""
    controller = AdmissionController()
    controller.define("model", rates=[RateLimit("tokens", 10, 1000)], now_ns=0)
    define(controller, node=1)
    held = granted(controller.try_acquire(["node"], now_ns=0))
    ahead = waiting(controller.enqueue(["node", "model"], tokens=10, deadline_ns=100, now_ns=0))
    behind = waiting(controller.enqueue(["node", "model"], tokens=10, deadline_ns=500, now_ns=0))
    assert controller.release(held, now_ns=101) == [behind]
    assert ahead.state == "expired"
