"""The queue's promises over random histories, each checked from outside after every step.

Nothing here repeats how the core orders those who wait: only what must hold whatever it decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pyproxy.rust_core import AdmissionController, Grant, RateLimit, Refusal, Ticket

PARENTS = {"group": None, "group.one": "group", "group.two": "group", "model": None, "node:a": None, "node:b": None}
PATHS = [
    ["group.one", "model", "node:a"],
    ["group.one", "model", "node:b"],
    ["group.two", "model", "node:a"],
    ["group.two", "node:b"],
    ["model"],
    ["group"],
]
BOUND = 6

keys = st.sampled_from(sorted(PARENTS))


def route(path: list[str]) -> list[str]:
    steps: list[str] = []
    for key in path:
        parent = PARENTS[key]
        steps += [step for step in (parent, key) if step and step not in steps]
    return steps


@dataclass
class Waiter:
    ticket: Ticket
    route: list[str]
    tokens: int
    line: tuple[object, ...]
    deadline: int | None


class KeepsItsPromises(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.core = AdmissionController(aging_ns=200, on_dropped=self.note_dropped)
        self.limits: dict[str, tuple[int | None, int | None]] = {}
        self.waiting: dict[int, Waiter] = {}
        self.held: dict[int, tuple[Grant, list[str]]] = {}
        self.tickets: dict[int, Ticket] = {}
        for key in PARENTS:
            self.define(key, None, None)

    def note(self, let_in: list[Ticket]) -> None:
        for ticket in let_in:
            waiter = self.waiting.pop(ticket.id)
            assert ticket is waiter.ticket
            assert ticket.grant is not None
            assert waiter.deadline is None or self.now <= waiter.deadline, "let in after its deadline"
            earlier = [other for other in self.waiting.values() if other.line == waiter.line and other.ticket.id < ticket.id]
            assert not earlier, "passed one of its own line"
            self.held[ticket.id] = (ticket.grant, waiter.route)
            self.tickets[ticket.id] = ticket

    def note_dropped(self, dropped: list[Ticket]) -> None:
        for ticket in dropped:
            waiter = self.waiting.pop(ticket.id)
            if ticket.state == "expired":
                assert waiter.deadline is not None
                assert waiter.deadline < self.now
            else:
                assert ticket.state == "refused"
                assert any(self.capacity(key) < waiter.tokens for key in waiter.route)

    def capacity(self, key: str) -> int:
        tokens = self.limits[key][1]
        return 99 if tokens is None else tokens

    @rule(step=st.integers(0, 150))
    def time_passes(self, step: int) -> None:
        self.now += step
        self.note(self.core.advance(now_ns=self.now))

    @rule(step=st.integers(0, 150))
    def time_passes_unnoticed(self, step: int) -> None:
        self.now += step

    @rule()
    def time_passes_to_the_next_wakeup(self) -> None:
        due = self.core.next_wakeup(now_ns=self.now)
        if due is not None:
            assert due > self.now, "due, but not done"
            before = self.core.waiting()
            if due - self.now > 1:
                assert self.core.advance(now_ns=due - 1) == [], "somebody could have gone before the wakeup"
            assert self.core.waiting() == before
            self.now = due
            self.note(self.core.advance(now_ns=self.now))

    @rule(key=keys, concurrency=st.none() | st.integers(1, 3), tokens=st.none() | st.integers(5, 30))
    def define(self, key: str, concurrency: int | None, tokens: int | None) -> None:
        rates = [] if tokens is None else [RateLimit("tokens", tokens, 100)]
        self.limits[key] = (concurrency, tokens)
        self.note(self.core.define(key, PARENTS[key], concurrency, rates, queue_size=BOUND, now_ns=self.now))

    @rule(
        path=st.sampled_from(PATHS),
        tokens=st.integers(0, 12),
        priority=st.integers(-1, 1),
        flow=st.sampled_from([None, "x", "y", "node:a"]),
        patience=st.none() | st.integers(0, 300),
    )
    def enqueue(self, path: list[str], tokens: int, priority: int, flow: str | None, patience: int | None) -> None:
        self.note(self.core.advance(now_ns=self.now))
        before = self.core.snapshot(now_ns=self.now)
        ahead = [waiter for waiter in self.waiting.values() if waiter.line[1:] == (priority, flow)]
        claimed = {key for waiter in ahead for key in self.lacking(waiter)}
        deadline = None if patience is None else self.now + patience
        answer = self.core.enqueue(path, 1, tokens, priority, flow, deadline, now_ns=self.now)
        if isinstance(answer, Refusal):
            assert self.core.snapshot(now_ns=self.now) == before, "a refusal left a trace"
            assert answer.reason in {"queue_full", "deadline", "rate"}
            return
        waiter = Waiter(answer, route(path), tokens, (tuple(path), priority, flow), deadline)
        self.waiting[answer.id] = waiter
        if answer.grant is not None:
            assert not claimed.intersection(route(path)), "passed one of its own flow who lacks room there"
            self.note([answer])
        else:
            assert answer.state == "waiting"

    @rule(path=st.sampled_from(PATHS), tokens=st.integers(0, 12))
    def acquire(self, path: list[str], tokens: int) -> None:
        self.note(self.core.advance(now_ns=self.now))
        snapshot = self.core.snapshot(now_ns=self.now)
        claimed = {key for waiter in self.waiting.values() for key in self.lacking(waiter)}
        answer = self.core.try_acquire(path, 1, tokens, now_ns=self.now)
        if isinstance(answer, Grant):
            assert not claimed.intersection(route(path)), "passed one who waits"
            self.held[-answer.id] = (answer, route(path))
            return
        assert self.core.snapshot(now_ns=self.now) == snapshot, "a refusal left a trace"
        if answer.reason == "reserved":
            assert answer.scope in claimed

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        if self.held:
            grant, _ = self.held.pop(data.draw(st.sampled_from(sorted(self.held))))
            self.note(self.core.release(grant, now_ns=self.now))
            assert self.core.release(grant, now_ns=self.now) == []

    @rule(data=st.data(), tokens=st.integers(0, 20), exact=st.booleans())
    def settle(self, data: st.DataObject, tokens: int, *, exact: bool) -> None:
        if self.held:
            grant, _ = self.held[data.draw(st.sampled_from(sorted(self.held)))]
            self.note(self.core.settle(grant, tokens, exact, now_ns=self.now))
            again = self.core.snapshot(now_ns=self.now)
            assert self.core.settle(grant, 0, now_ns=self.now) == []
            assert self.core.refund(grant, now_ns=self.now) == []
            assert self.core.snapshot(now_ns=self.now) == again, "settled twice"

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        if self.waiting:
            waiter = self.waiting[data.draw(st.sampled_from(sorted(self.waiting)))]
            self.note(self.core.cancel(waiter.ticket, now_ns=self.now))
            assert self.core.cancel(waiter.ticket, now_ns=self.now) == []
            assert waiter.ticket.state in {"cancelled", "expired"}
            self.waiting.pop(waiter.ticket.id, None)

    @rule(data=st.data())
    def give_up_what_was_granted(self, data: st.DataObject) -> None:
        tickets = [number for number in self.tickets if number in self.held]
        if tickets:
            number = data.draw(st.sampled_from(sorted(tickets)))
            self.held.pop(number)
            self.note(self.core.cancel(self.tickets.pop(number), now_ns=self.now))

    @rule(key=keys, ahead=st.integers(0, 200))
    def block(self, key: str, ahead: int) -> None:
        self.note(self.core.advance(now_ns=self.now))
        self.core.block_until(key, self.now + ahead, now_ns=self.now)

    def scopes(self) -> dict[str, dict[str, object]]:
        return {scope["key"]: dict(scope) for scope in self.core.snapshot(now_ns=self.now)}

    def lacking(self, waiter: Waiter) -> list[str]:
        """The scopes of its route that have no room for it now."""
        lacking = []
        for scope in self.core.snapshot(now_ns=self.now):
            if scope["key"] in waiter.route:
                full = scope["concurrency"] is not None and scope["in_flight"] >= scope["concurrency"]
                short = any(waiter.tokens and Fraction(*rate["level"]) < waiter.tokens for rate in scope["rates"])
                if full or short or scope["blocked_until_ns"] is not None:
                    lacking.append(scope["key"])
        return lacking

    @invariant()
    def nobody_waits_who_could_go_unless_one_who_lacks_room_holds_it(self) -> None:
        self.note(self.core.advance(now_ns=self.now))
        claims: dict[str, list[Waiter]] = {}
        for waiter in self.waiting.values():
            for key in self.lacking(waiter):
                claims.setdefault(key, []).append(waiter)
        for waiter in self.waiting.values():
            if not self.lacking(waiter):
                assert any(other is not waiter for key in waiter.route for other in claims.get(key, []))

    @invariant()
    def every_scope_counts_whoever_passes_it_and_whoever_waits_for_it(self) -> None:
        self.note(self.core.advance(now_ns=self.now))
        for key, scope in self.scopes().items():
            assert scope["in_flight"] == sum(key in held for _, held in self.held.values())
            assert scope["waiting"] == sum(key in waiter.route for waiter in self.waiting.values())
            assert self.core.waiting(key) <= BOUND
        assert self.core.waiting() == len(self.waiting)

    def teardown(self) -> None:
        for _ in range(400):
            for number in list(self.held):
                self.note(self.core.release(self.held.pop(number)[0], now_ns=self.now))
            due = self.core.next_wakeup(now_ns=self.now)
            if due is not None:
                self.now = max(self.now, due)
                self.note(self.core.advance(now_ns=self.now))
            if not self.held and not self.core.waiting():
                break
        assert not self.waiting, "starved"


TestKeepsItsPromises = KeepsItsPromises.TestCase
TestKeepsItsPromises.settings = settings(deadline=None, stateful_step_count=40)
