"""Weighted fairness between flows that always have somebody waiting, and the settling of what was reserved."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import AdmissionController, Grant, RateLimit, Ticket

flows = st.lists(
    st.tuples(st.integers(1, 9), st.lists(st.integers(1, 50), min_size=30, max_size=30)),
    min_size=2,
    max_size=4,
)


def admitted(answer: object) -> Grant:
    assert isinstance(answer, Grant)
    return answer


@given(flows=flows, own_scopes=st.booleans())
def test_backlogged_flows_never_differ_by_more_than_two_of_the_largest_service(
    flows: list[tuple[int, list[int]]], *, own_scopes: bool
) -> None:
    controller = AdmissionController()
    controller.define("group", concurrency=1, now_ns=0)
    held = admitted(controller.try_acquire(["group"], now_ns=0))
    tickets: dict[int, tuple[int, int]] = {}
    for flow, (weight, costs) in enumerate(flows):
        controller.define(f"node:{flow}", weight=weight, now_ns=0)
        path = ["group", f"node:{flow}"] if own_scopes else ["group"]
        for cost in costs:
            ticket = controller.enqueue(path, tokens=cost, flow=f"node:{flow}", now_ns=0)
            assert isinstance(ticket, Ticket)
            tickets[ticket.id] = (flow, cost)
    served = [Fraction(0)] * len(flows)
    left = [len(costs) for _, costs in flows]
    most = max(Fraction(cost, weight) for weight, costs in flows for cost in costs)
    while all(left):
        (ticket,) = controller.release(held, now_ns=0)
        flow, cost = tickets[ticket.id]
        served[flow] += Fraction(cost, flows[flow][0])
        left[flow] -= 1
        assert max(served) - min(served) <= 2 * most
        held = admitted(ticket.grant)


@given(
    calls=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 60), st.integers(0, 50)), min_size=1, max_size=12),
    capacity=st.integers(40, 200),
)
def test_settling_comes_to_the_same_as_charging_the_real_cost_from_the_start(calls: list[tuple[int, int, int]], capacity: int) -> None:
    """While the bucket is never full in between: what overflows is gone, whoever it would have belonged to."""
    estimated, exact = AdmissionController(), AdmissionController()
    for controller in (estimated, exact):
        controller.define("model", rates=[RateLimit("tokens", 7, 1000, capacity=10**6)], now_ns=0)
        controller.try_acquire(["model"], tokens=10**6 - capacity, now_ns=0)
    now = 0
    open_calls: list[tuple[Grant, int]] = []
    for reserve, actual, wait in calls:
        now += wait
        one = estimated.try_acquire(["model"], tokens=reserve, now_ns=now)
        two = exact.try_acquire(["model"], tokens=actual, now_ns=now)
        if isinstance(one, Grant) and isinstance(two, Grant):
            open_calls.append((one, actual))
        else:  # only where both are admitted can they be compared
            for grant, controller in ((one, estimated), (two, exact)):
                if isinstance(grant, Grant):
                    controller.refund(grant, now_ns=now)
    for grant, actual in reversed(open_calls):
        estimated.settle(grant, actual, now_ns=now)
        estimated.settle(grant, 0, now_ns=now)
        estimated.refund(grant, now_ns=now)
    assert estimated.snapshot(now_ns=now)[0]["rates"] == exact.snapshot(now_ns=now)[0]["rates"]


@given(priorities=st.lists(st.integers(-3, 3), min_size=2, max_size=30))
def test_without_age_the_priorities_are_strict_and_within_one_the_order_is_that_of_arrival(priorities: list[int]) -> None:
    controller = AdmissionController()
    controller.define("group", concurrency=1, now_ns=0)
    held = admitted(controller.try_acquire(["group"], now_ns=0))
    order = {}
    for priority in priorities:
        ticket = controller.enqueue(["group"], priority=priority, flow="one", now_ns=0)
        assert isinstance(ticket, Ticket)
        order[ticket.id] = (priority, ticket.id)
    seen = []
    while let_in := controller.release(held, now_ns=0):
        seen.append(order[let_in[0].id])
        held = admitted(let_in[0].grant)
    assert len(seen) == len(priorities)
    assert all(one < two for one, two in pairwise(seen))
