"""Who is next at one scope: classes, age, fair shares and arrival, against a model that sorts everybody anew each time."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from pyproxy.rust_core import AdmissionController, Grant, Ticket

AGING = 10
WEIGHTS = {"a": 1, "b": 2, "c": 4}


@dataclass
class Waiter:
    ticket: Ticket
    flow: str
    priority: int
    cost: int
    since: int


class TakesThemInTheirOrder(RuleBasedStateMachine):
    """One permit, passed on and on. All weights are powers of two, so that virtual time is exact in the core as well."""

    def __init__(self) -> None:
        super().__init__()
        self.core = AdmissionController(aging_ns=AGING)
        for flow, weight in WEIGHTS.items():
            self.core.define(flow, weight=weight, now_ns=0)
        self.core.define("model", concurrency=1, now_ns=0)
        held = self.core.try_acquire(["model"], now_ns=0)
        assert isinstance(held, Grant)
        self.held = held
        self.now = 0
        self.waiting: list[Waiter] = []
        self.forget()

    def forget(self) -> None:
        """Shares, clock and classes begin anew when nobody waits."""
        self.served: dict[str, Fraction] = {}
        self.clock = self.largest = Fraction(0)
        self.top: int | None = None

    def heads(self) -> list[Waiter]:
        """The first of each line: of each flow and class."""
        lines: dict[tuple[str, int], Waiter] = {}
        for waiter in self.waiting:
            lines.setdefault((waiter.flow, waiter.priority), waiter)
        return list(lines.values())

    def rank(self, waiter: Waiter) -> tuple[int, Fraction, int]:
        assert self.top is not None
        lifted = max(waiter.priority - (self.now - waiter.since) // AGING, self.top)
        return lifted, self.served[waiter.flow], waiter.ticket.id

    @rule(step=st.integers(0, 25))
    def time_passes(self, step: int) -> None:
        self.now += step
        assert self.core.advance(now_ns=self.now) == []

    @rule(flow=st.sampled_from(sorted(WEIGHTS)), priority=st.integers(-2, 3), cost=st.integers(1, 8))
    def somebody_comes(self, flow: str, priority: int, cost: int) -> None:
        ticket = self.core.enqueue(["model"], tokens=cost, priority=priority, flow=flow, now_ns=self.now)
        assert isinstance(ticket, Ticket)
        assert ticket.state == "waiting"
        if not any(waiter.flow == flow for waiter in self.waiting):
            self.served[flow] = max(self.served.get(flow, Fraction(0)), self.clock)
        self.top = priority if self.top is None else min(self.top, priority)
        self.waiting.append(Waiter(ticket, flow, priority, cost, self.now))

    @rule()
    def the_permit_is_passed_on(self) -> None:
        let_in = self.core.release(self.held, now_ns=self.now)
        if not self.waiting:
            assert let_in == []
            held = self.core.try_acquire(["model"], now_ns=self.now)
            assert isinstance(held, Grant)
            self.held = held
            return
        first = min(self.heads(), key=self.rank)
        assert let_in == [first.ticket]
        assert first.ticket.grant is not None
        self.held = first.ticket.grant
        contending = sum(WEIGHTS[flow] for flow in {waiter.flow for waiter in self.waiting})
        own = Fraction(first.cost, WEIGHTS[first.flow])
        self.served[first.flow] = max(self.served[first.flow], self.clock - self.largest) + own
        self.clock += Fraction(int(Fraction(first.cost, contending) * 2**20), 2**20)
        self.largest = max(self.largest, own)
        self.gone(first)

    @rule(data=st.data())
    def somebody_gives_up(self, data: st.DataObject) -> None:
        if self.waiting:
            waiter = data.draw(st.sampled_from(self.waiting))
            assert self.core.cancel(waiter.ticket, now_ns=self.now) == []
            self.gone(waiter)

    def gone(self, waiter: Waiter) -> None:
        self.waiting.remove(waiter)
        if not self.waiting:
            self.forget()
        elif not any(other.flow == waiter.flow for other in self.waiting) and self.served[waiter.flow] <= self.clock:
            del self.served[waiter.flow]


TestTakesThemInTheirOrder = TakesThemInTheirOrder.TestCase
TestTakesThemInTheirOrder.settings = settings(deadline=None, stateful_step_count=50, max_examples=150)
