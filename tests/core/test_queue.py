"""Waiting for admission: what a caller meets."""

from __future__ import annotations

import queue
import threading
from random import Random

import pytest
from support.admission import drain, grant_of, granted, refused, waiting

from pyproxy.rust_core import AdmissionController, RateLimit, Ticket

SECOND = 1_000_000_000
MINUTE = 60 * SECOND


@pytest.fixture
def controller() -> AdmissionController:
    controller = AdmissionController()
    controller.define("group", concurrency=1, queue_size=1000, now_ns=0)
    return controller


def test_where_there_is_room_a_ticket_is_granted_at_once(controller: AdmissionController) -> None:
    ticket = controller.enqueue(["group"], now_ns=0)
    assert isinstance(ticket, Ticket)
    assert ticket
    assert grant_of(ticket).held
    assert controller.in_flight("group") == 1
    assert controller.advance(now_ns=0) == []


def test_a_release_lets_the_next_one_in_and_says_whom(controller: AdmissionController) -> None:
    grant = granted(controller.try_acquire(["group"], now_ns=0))
    first, second = (waiting(controller.enqueue(["group"], now_ns=0)) for _ in range(2))
    assert controller.release(grant, now_ns=1) == [first]
    assert grant_of(first).held
    assert second.state == "waiting"
    assert (controller.in_flight("group"), controller.waiting("group"), controller.waiting()) == (1, 1, 1)


def test_those_of_one_flow_come_in_the_order_of_their_arrival(controller: AdmissionController) -> None:
    grant = granted(controller.try_acquire(["group"], now_ns=0))
    tickets = [waiting(controller.enqueue(["group"], tokens=cost, flow="a", now_ns=0)) for cost in (50, 1, 90, 3)]
    assert drain(controller, grant) == tickets


def test_the_weights_of_two_nodes_divide_the_service(controller: AdmissionController) -> None:
    controller.define("node:a", weight=3, now_ns=0)
    controller.define("node:b", weight=1, now_ns=0)
    grant = granted(controller.try_acquire(["group"], now_ns=0))
    for node in ("node:a", "node:b"):
        for _ in range(40):
            controller.enqueue(["group", node], tokens=10, flow=node, now_ns=0)
    order = drain(controller, grant)
    first_forty = [ticket.id <= 40 for ticket in order[:40]]
    assert abs(sum(first_forty) - 30) <= 1


def test_a_flow_named_for_no_scope_has_the_weight_of_the_last_scope_of_its_path(controller: AdmissionController) -> None:
    controller.define("node:a", weight=3, now_ns=0)
    controller.define("node:b", now_ns=0)
    grant = granted(controller.try_acquire(["group"], now_ns=0))
    for node in ("a", "b"):
        for _ in range(40):
            controller.enqueue(["group", f"node:{node}"], tokens=10, flow=node, now_ns=0)
    assert abs(sum(ticket.id <= 40 for ticket in drain(controller, grant)[:40]) - 30) <= 1


def test_a_flow_that_was_away_has_saved_nothing_up(controller: AdmissionController) -> None:
    grant = granted(controller.try_acquire(["group"], now_ns=0))
    busy = [waiting(controller.enqueue(["group"], tokens=1, flow="busy", now_ns=0)) for _ in range(60)]
    for _ in range(30):
        (ticket,) = controller.release(grant, now_ns=0)
        grant = grant_of(ticket)
    late = [waiting(controller.enqueue(["group"], tokens=1, flow="late", now_ns=0)) for _ in range(20)]
    order = drain(controller, grant)
    assert abs(sum(ticket in late for ticket in order[:20]) - 10) <= 1
    assert order[-1] is busy[-1]


def test_the_lowest_priority_number_goes_first(controller: AdmissionController) -> None:
    grant = granted(controller.try_acquire(["group"], now_ns=0))
    low, normal, high = (waiting(controller.enqueue(["group"], priority=priority, now_ns=0)) for priority in (1, 0, -1))
    assert drain(controller, grant) == [high, normal, low]


def test_who_has_waited_long_is_lifted_and_not_starved_by_the_urgent() -> None:
    controller = AdmissionController(aging_ns=SECOND)
    controller.define("group", concurrency=1, now_ns=0)
    grant = granted(controller.try_acquire(["group"], now_ns=0))
    patient = waiting(controller.enqueue(["group"], priority=3, flow="patient", now_ns=0))
    now = 0
    for _ in range(100):
        now += SECOND // 10
        controller.enqueue(["group"], priority=0, flow="urgent", now_ns=now)
        (ticket,) = controller.release(grant, now_ns=now)
        grant = grant_of(ticket)
        if ticket is patient:
            break
    assert 3 * SECOND <= now <= 4 * SECOND


def test_one_more_than_the_queue_holds_is_refused_at_once(controller: AdmissionController) -> None:
    controller.define("group", concurrency=1, queue_size=2, now_ns=0)
    controller.try_acquire(["group"], now_ns=0)
    for _ in range(2):
        waiting(controller.enqueue(["group"], now_ns=0))
    before = controller.snapshot(now_ns=0)
    refusal = refused(controller.enqueue(["group"], now_ns=0))
    assert (refusal.scope, refusal.reason, refusal.permanent) == ("group", "queue_full", False)
    assert controller.snapshot(now_ns=0) == before


def test_a_queue_of_size_zero_admits_but_holds_nobody(controller: AdmissionController) -> None:
    controller.define("group", concurrency=1, queue_size=0, now_ns=0)
    assert isinstance(controller.enqueue(["group"], now_ns=0), Ticket)
    assert refused(controller.enqueue(["group"], now_ns=0)).reason == "queue_full"


def test_a_deadline_the_rates_cannot_meet_is_refused_at_once_and_one_they_can_is_met() -> None:
    controller = AdmissionController()
    controller.define("model", rates=[RateLimit("tokens", 60, MINUTE)], now_ns=0)
    granted(controller.try_acquire(["model"], tokens=60, now_ns=0))
    waiting(controller.enqueue(["model"], tokens=10, now_ns=0))
    before = controller.snapshot(now_ns=0)
    refusal = refused(controller.enqueue(["model"], tokens=10, deadline_ns=20 * SECOND - 1, now_ns=0))
    assert (refusal.reason, refusal.retry_after_ns) == ("deadline", 20 * SECOND)
    assert controller.snapshot(now_ns=0) == before
    ticket = waiting(controller.enqueue(["model"], tokens=10, deadline_ns=20 * SECOND, now_ns=0))
    assert controller.next_wakeup(now_ns=0) == 10 * SECOND
    assert len(controller.advance(now_ns=10 * SECOND)) == 1
    assert controller.next_wakeup(now_ns=10 * SECOND) == 20 * SECOND
    assert controller.advance(now_ns=20 * SECOND) == [ticket]


def test_nobody_is_let_in_after_the_deadline_and_the_observer_hears_of_it_once() -> None:
    expired: list[Ticket] = []
    controller = AdmissionController(on_dropped=expired.extend)
    controller.define("group", concurrency=1, now_ns=0)
    grant = granted(controller.try_acquire(["group"], now_ns=0))
    ticket = waiting(controller.enqueue(["group"], deadline_ns=10, now_ns=0))
    other = waiting(controller.enqueue(["group"], now_ns=0))
    assert controller.next_wakeup(now_ns=0) == 11
    assert controller.advance(now_ns=10) == []
    assert ticket.state == "waiting"
    assert controller.release(grant, now_ns=11) == [other]
    assert (ticket.state, ticket.grant, expired) == ("expired", None, [ticket])
    assert controller.advance(now_ns=12) == []
    assert expired == [ticket]


def test_at_its_very_deadline_a_ticket_is_still_let_in(controller: AdmissionController) -> None:
    grant = granted(controller.try_acquire(["group"], now_ns=0))
    ticket = waiting(controller.enqueue(["group"], deadline_ns=10, now_ns=0))
    assert controller.release(grant, now_ns=10) == [ticket]


def test_a_deadline_that_has_passed_is_refused_even_where_there_is_room(controller: AdmissionController) -> None:
    refusal = refused(controller.enqueue(["group"], deadline_ns=9, now_ns=10))
    assert (refusal.reason, refusal.permanent, refusal.retry_after_ns) == ("deadline", False, None)


def test_a_cost_above_a_capacity_is_refused_for_good() -> None:
    controller = AdmissionController()
    controller.define("model", rates=[RateLimit("tokens", 60, MINUTE)], now_ns=0)
    refusal = refused(controller.enqueue(["model"], tokens=61, now_ns=0))
    assert (refusal.reason, refusal.permanent) == ("rate", True)


def test_a_place_given_up_is_passed_on_and_giving_it_up_again_does_nothing(controller: AdmissionController) -> None:
    controller.define("model", rates=[RateLimit("tokens", 60, MINUTE)], now_ns=0)
    granted(controller.try_acquire(["model"], tokens=50, now_ns=0))
    large = waiting(controller.enqueue(["model"], tokens=60, now_ns=0))
    small = waiting(controller.enqueue(["model"], tokens=5, now_ns=0))
    assert controller.cancel(large, now_ns=0) == [small]
    assert controller.cancel(large, now_ns=0) == []
    assert large.state == "cancelled"


def test_a_grant_that_was_never_used_is_passed_on_with_its_charges(controller: AdmissionController) -> None:
    controller.define("group", concurrency=1, rates=[RateLimit("tokens", 60, MINUTE)], now_ns=0)
    grant = granted(controller.try_acquire(["group"], now_ns=0))
    first = waiting(controller.enqueue(["group"], tokens=60, now_ns=0))
    second = waiting(controller.enqueue(["group"], tokens=60, now_ns=0))
    assert controller.release(grant, now_ns=0) == [first]
    assert controller.cancel(first, now_ns=0) == [second]
    assert (first.state, first.grant, controller.in_flight("group")) == ("cancelled", None, 1)


def test_one_who_lacks_room_only_elsewhere_is_passed_over(controller: AdmissionController) -> None:
    controller.define("group", concurrency=2, now_ns=0)
    controller.define("slow", concurrency=1, now_ns=0)
    controller.define("quick", concurrency=1, now_ns=0)
    granted(controller.try_acquire(["group", "slow"], now_ns=0))
    held = granted(controller.try_acquire(["group"], now_ns=0))
    waiting(controller.enqueue(["group", "slow"], now_ns=0))
    passing = waiting(controller.enqueue(["group", "quick"], now_ns=0))
    assert controller.release(held, now_ns=0) == [passing]


def test_one_who_lacks_room_at_the_shared_level_is_passed_by_nobody() -> None:
    controller = AdmissionController()
    controller.define("model", rates=[RateLimit("tokens", 60, MINUTE)], now_ns=0)
    controller.define("node", now_ns=0)
    granted(controller.try_acquire(["model"], tokens=50, now_ns=0))
    waiting(controller.enqueue(["model"], tokens=60, now_ns=0))
    refusal = refused(controller.try_acquire(["model", "node"], tokens=1, now_ns=0))
    assert (refusal.scope, refusal.reason) == ("model", "reserved")
    waiting(controller.enqueue(["model", "node"], tokens=1, now_ns=0))


def test_who_comes_when_time_has_made_room_does_not_pass_those_who_waited_for_it() -> None:
    controller = AdmissionController()
    controller.define("model", rates=[RateLimit("requests", 1, MINUTE)], now_ns=0)
    granted(controller.try_acquire(["model"], now_ns=0))
    ticket = waiting(controller.enqueue(["model"], now_ns=0))
    assert not controller.try_acquire(["model"], now_ns=MINUTE)
    assert ticket.state == "granted"
    assert controller.next_wakeup(now_ns=MINUTE) == MINUTE
    assert controller.advance(now_ns=MINUTE) == [ticket]


def test_raising_a_limit_lets_in_at_once_and_lowering_it_revokes_nothing(controller: AdmissionController) -> None:
    granted(controller.try_acquire(["group"], now_ns=0))
    tickets = [waiting(controller.enqueue(["group"], now_ns=0)) for _ in range(3)]
    assert controller.define("group", concurrency=3, now_ns=0) == tickets[:2]
    assert controller.define("group", concurrency=1, now_ns=0) == []
    assert controller.in_flight("group") == 3
    assert controller.release(grant_of(tickets[0]), now_ns=0) == []


def test_a_settlement_gives_the_surplus_to_those_who_wait_for_it() -> None:
    controller = AdmissionController()
    controller.define("model", rates=[RateLimit("tokens", 60, MINUTE)], now_ns=0)
    grant = granted(controller.try_acquire(["model"], tokens=60, now_ns=0))
    ticket = waiting(controller.enqueue(["model"], tokens=20, now_ns=0))
    assert controller.settle(grant, tokens=50, now_ns=0) == []
    assert controller.settle(grant, tokens=0, now_ns=0) == []
    assert controller.advance(now_ns=10 * SECOND) == [ticket]


@pytest.mark.parametrize("give_back", ["settle", "refund", "cancel"])
def test_what_is_given_back_lets_the_next_one_in_in_the_same_step(give_back: str) -> None:
    controller = AdmissionController()
    controller.define("model", rates=[RateLimit("tokens", 60, MINUTE)], now_ns=0)
    held = controller.enqueue(["model"], tokens=60, now_ns=0)
    assert isinstance(held, Ticket)
    ticket = waiting(controller.enqueue(["model"], tokens=20, now_ns=0))
    if give_back == "settle":
        assert controller.settle(grant_of(held), tokens=40, now_ns=0) == [ticket]
    elif give_back == "refund":
        assert controller.refund(grant_of(held), now_ns=0) == [ticket]
    else:
        assert controller.cancel(held, now_ns=0) == [ticket]


def test_an_underestimate_never_refunds_and_an_overrun_becomes_debt() -> None:
    controller = AdmissionController()
    controller.define("model", rates=[RateLimit("tokens", 60, MINUTE)], now_ns=0)
    partial = granted(controller.try_acquire(["model"], tokens=20, now_ns=0))
    controller.settle(partial, tokens=5, exact=False, now_ns=0)
    assert controller.snapshot(now_ns=0)[0]["rates"][0]["level"] == (40 * MINUTE, MINUTE)
    overrun = granted(controller.try_acquire(["model"], tokens=20, now_ns=0))
    controller.release(overrun, now_ns=0)
    controller.settle(overrun, tokens=90, now_ns=0)
    assert controller.snapshot(now_ns=0)[0]["rates"][0]["level"] == (-50 * MINUTE, MINUTE)


def test_the_service_of_a_flow_is_corrected_when_its_real_cost_is_known(controller: AdmissionController) -> None:
    def first_ten_of_a(actual: int) -> int:
        grant = granted(controller.try_acquire(["group"], now_ns=0))
        wide = [waiting(controller.enqueue(["group"], tokens=10, flow="a", now_ns=0)) for _ in range(10)]
        for _ in range(10):
            waiting(controller.enqueue(["group"], tokens=10, flow="b", now_ns=0))
        order: list[Ticket] = []
        while let_in := controller.release(grant, now_ns=0):
            order += let_in
            grant = grant_of(let_in[0])
            if let_in[0] in wide:
                controller.settle(grant, tokens=actual, now_ns=0)
        return sum(ticket in wide for ticket in order[:10])

    assert first_ten_of_a(10) == 5
    assert first_ten_of_a(40) == 2
    assert first_ten_of_a(1) == 9


def test_closing_wakes_everybody_once_and_lets_nobody_in_any_more(controller: AdmissionController) -> None:
    grant = granted(controller.try_acquire(["group"], now_ns=0))
    tickets = [waiting(controller.enqueue(["group"], now_ns=0)) for _ in range(3)]
    assert controller.close(now_ns=0) == tickets
    assert controller.close(now_ns=0) == []
    assert [ticket.state for ticket in tickets] == ["closed"] * 3
    assert controller.release(grant, now_ns=0) == []
    assert controller.in_flight("group") == 0
    assert refused(controller.try_acquire(["group"], now_ns=0)).reason == "closed"
    assert refused(controller.enqueue(["group"], now_ns=0)).reason == "closed"


def test_a_ticket_of_another_controller_is_left_alone(controller: AdmissionController) -> None:
    stranger = AdmissionController()
    stranger.define("group", concurrency=1, now_ns=0)
    for each in (controller, stranger):
        each.try_acquire(["group"], now_ns=0)
    theirs = waiting(stranger.enqueue(["group"], now_ns=0))
    ours = waiting(controller.enqueue(["group"], now_ns=0))
    assert controller.cancel(theirs, now_ns=0) == []
    assert (ours.state, theirs.state) == ("waiting", "waiting")


def test_cancelling_half_of_a_hundred_thousand_leaves_nothing_behind(controller: AdmissionController) -> None:
    controller.define("group", concurrency=1, now_ns=0)
    grant = granted(controller.try_acquire(["group"], now_ns=0))
    tickets = [waiting(controller.enqueue(["group"], tokens=1, flow=f"flow {n % 100}", now_ns=0)) for n in range(100_000)]
    for ticket in tickets[::2]:
        controller.cancel(ticket, now_ns=0)
    assert controller.waiting() == 50_000
    assert {ticket.id for ticket in drain(controller, grant)} == {ticket.id for ticket in tickets[1::2]}
    assert (controller.waiting(), controller.in_flight("group")) == (0, 0)


def test_threads_that_share_a_controller_lose_no_permit_and_pass_no_bound(controller: AdmissionController) -> None:
    controller.define("group", concurrency=3, now_ns=0)
    failures: list[str] = []
    granted_tickets: queue.SimpleQueue[Ticket] = queue.SimpleQueue()

    def work(number: int) -> None:
        random = Random(number)
        for _ in range(2_000):
            ticket = controller.enqueue(["group"], flow=str(number % 3), now_ns=0)
            if isinstance(ticket, Ticket):
                granted_tickets.put(ticket)
            other = granted_tickets.get()
            if random.random() < 0.3 or other.grant is None:
                controller.cancel(other, now_ns=0)
            else:
                controller.release(other.grant, now_ns=0)
            if controller.in_flight("group") > 3:
                failures.append("the bound was passed")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert (controller.in_flight("group"), controller.waiting()) == (0, 0)
