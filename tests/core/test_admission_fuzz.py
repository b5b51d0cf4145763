"""Whatever a program passes in, it gets an answer, a ValueError or a TypeError; a panic would be an error of another class."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pyproxy.rust_core import AdmissionController, Grant, RateLimit, Ticket

Given = st.SearchStrategy[Any]

edges = st.sampled_from([-1, 0, 1, 2, 2**31 - 1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**30])
numbers = edges | st.integers(0, 1000)
keys = st.sampled_from(["a", "b", "c", "", "é"])
odd: Given = st.none() | st.text(max_size=3) | st.floats() | st.booleans() | st.lists(st.integers(), max_size=2)
anything: Given = numbers | odd
paths: Given = st.lists(keys, max_size=4) | keys | odd
rates: Given = st.lists(st.builds(RateLimit, st.just("tokens"), st.integers(1, 2**64 - 1), st.sampled_from([1, 100, 2**40])), max_size=2)
cost = {"path": paths, "requests": anything, "tokens": anything}

CALLS: dict[str, dict[str, Given]] = {
    "define": {
        "key": keys,
        "parent": st.none() | keys,
        "concurrency": anything,
        "rates": rates,
        "queue_size": anything,
        "weight": anything,
    },
    "try_acquire": cost,
    "enqueue": {**cost, "priority": anything, "deadline_ns": anything, "flow": st.none() | keys},
    "release": {},
    "settle": {"tokens": anything, "exact": st.booleans()},
    "refund": {},
    "cancel": {},
    "advance": {},
    "next_wakeup": {},
    "block_until": {"key": keys, "until_ns": anything},
}
RETURNED = {"release": "grant", "settle": "grant", "refund": "grant", "cancel": "ticket"}


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_no_sequence_of_calls_however_wrong_breaks_the_controller(data: st.DataObject) -> None:
    controller = AdmissionController()
    held: list[Any] = [None, "grant", 3]
    for _ in range(data.draw(st.integers(1, 25))):
        name = data.draw(st.sampled_from(sorted(CALLS)))
        arguments = {key: data.draw(values) for key, values in CALLS[name].items()}
        if name in RETURNED:
            arguments[RETURNED[name]] = data.draw(st.sampled_from(held))
        with suppress(ValueError, TypeError):
            answer = getattr(controller, name)(**arguments, now_ns=data.draw(anything))
            held += [one for one in (answer if isinstance(answer, list) else [answer]) if isinstance(one, Grant | Ticket)]
    for ticket in held:
        if isinstance(ticket, Ticket):
            controller.cancel(ticket, now_ns=2**64 - 1)
    assert controller.waiting() == 0
