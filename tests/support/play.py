"""A driver that performs an engine's actions by script, on virtual time, and holds it to its promises."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from pyproxy.domain import Candidate, FallbackPolicy, Plan, Request, Step, Timeouts
from pyproxy.orchestration.actions import (
    Action,
    Admit,
    Admitted,
    Answer,
    Attempt,
    Broken,
    Committed,
    Done,
    Event,
    Failed,
    NotAdmitted,
    OneMore,
    Relay,
    Sleep,
    TooMany,
    Wait,
)
from pyproxy.orchestration.engine import conduct
from pyproxy.orchestration.journey import Journey
from pyproxy.orchestration.strategies import STRATEGIES
from pyproxy.rust_core import Scheduler, classify, scan_envelope

SECOND = 1_000_000_000
TIMEOUTS = Timeouts(connect=5, first_byte=10, idle=10, total=60)


def step(name: str, *models: str, max_retries: int = 1, group: str = "g", windows: dict[str, int] | None = None, **fields: Any) -> Step:
    """An echelon; a model written as ``name@provider`` is another provider's."""
    known = windows or {}
    candidates = tuple(
        Candidate(model, model, provider or "p", model, (group, name, model), f"{name}/{model}", context_window=known.get(model))
        for model, _, provider in (written.partition("@") for written in models)
    )
    scheduler = Scheduler("round_robin", weights=[1] * len(models))
    return Step(name, candidates, scheduler, max_retries, TIMEOUTS, group=group, **fields)


def plan(*steps: Step, **policy: Any) -> Plan:
    settings = {"strategy": "echelon_down", "max_attempts": 3, "attempt_budget": 6, "retry_delay": 1.0, "retry_after_wait": 3.0, **policy}
    return Plan("g", steps, 60.0, FallbackPolicy(**settings))


@dataclass
class FakeLease:
    candidate: Candidate


@dataclass
class Play:
    """Answers the engine's actions; time passes only where the script says so.

    `outcomes` maps a model to what its calls come to, one after the other, the last for ever: a status, a pair of a
    status and a Retry-After in seconds, or a signal. `full` holds models that have no room, and after how many nanoseconds they say
    to have some; `opens` says when there really is room for one who waits. After `extra_allowed` extra calls there are too many, and
    to models that are `given_up` there are at once.
    `breaks` holds the signals by which the first answers break off, to be gone on with; `broken` how any other does, for good.
    """

    outcomes: dict[str, list[Any]]
    full: dict[str, int | None] = field(default_factory=dict)
    opens: dict[str, int] = field(default_factory=dict)
    extra_allowed: int = 1000
    given_up: frozenset[str] = frozenset()
    body: bytes = b"{}"
    call_ns: int = 0
    broken: str | None = None
    breaks: list[str] = field(default_factory=list)
    now_ns: int = 0
    actions: list[Action] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    went_on: list[str | None] = field(default_factory=list)
    sleeps: list[int] = field(default_factory=list)
    held: int = 0

    def run(self, chosen: Plan) -> Action:
        body = b'{"model": "g"}'
        request = Request("id", "/v1/chat/completions", b"", body, scan_envelope(body), (), self.now_ns)
        self.journey = Journey(request, chosen)
        engine = conduct(self.journey, STRATEGIES[chosen.policy.strategy], random.Random(7))
        try:
            action = next(engine)
            while True:
                self.actions.append(action)
                action = engine.send(self.perform(action))
        except StopIteration:
            return self.actions[-1]

    def perform(self, action: Action) -> Event:
        match action:
            case Admit():
                return self.admit(action)
            case Wait():
                return self.wait(action)
            case OneMore():
                assert self.held == 0, "no permit is held while the budget is asked"
                self.extra_allowed -= 1
                return TooMany(self.now_ns) if self.extra_allowed < 0 or action.instances <= self.given_up else Done(self.now_ns)
            case Attempt():
                return self.attempt(action)
            case Sleep(until_ns=until_ns):
                assert self.held == 0, "no permit is held while waiting"
                self.sleeps.append(until_ns - self.now_ns)
                self.now_ns = until_ns
            case Relay():
                return self.relay()
        return Done(self.now_ns)

    def relay(self) -> Event:
        self.held -= 1
        if self.breaks:
            return Broken(self.now_ns, self.breaks.pop(0), "it broke", resumable=True)
        return Done(self.now_ns) if self.broken is None else Broken(self.now_ns, "reset", self.broken)

    def admit(self, action: Admit) -> Event:
        for candidate in action.step.candidates:
            wanted = candidate.instance == action.only if action.only else candidate.instance not in action.excluded
            if not wanted:
                continue
            if candidate.model in self.full:
                return NotAdmitted(self.now_ns, candidate.model, "rate", self.full[candidate.model])
            self.held += 1
            return Admitted(self.now_ns, FakeLease(candidate))  # type: ignore[arg-type]
        return NotAdmitted(self.now_ns, None, "excluded", None)

    def wait(self, action: Wait) -> Event:
        assert self.held == 0, "no permit is held while waiting"
        asked = action.admit
        for candidate in asked.step.candidates:
            wanted = candidate.instance == asked.only if asked.only else candidate.instance not in asked.excluded
            opens_ns = self.opens.get(candidate.model)
            if wanted and opens_ns is not None and opens_ns <= action.until_ns:
                self.now_ns = max(self.now_ns, opens_ns)
                self.held += 1
                return Admitted(self.now_ns, FakeLease(candidate))  # type: ignore[arg-type]
        self.now_ns = action.until_ns
        return NotAdmitted(self.now_ns, action.refused, "deadline", None)

    def attempt(self, action: Attempt) -> Event:
        model = action.lease.candidate.model
        self.calls.append(model)
        self.went_on.append(action.goes_on)
        self.now_ns += self.call_ns
        left = self.outcomes[model]
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if outcome == 200:
            return Committed(self.now_ns, 200)
        self.held -= 1
        if isinstance(outcome, str):
            return Failed(self.now_ns, classify(outcome), outcome)
        status, retry_after = outcome if isinstance(outcome, tuple) else (outcome, None)
        wait_ns = None if retry_after is None else round(retry_after * SECOND)
        return Failed(self.now_ns, classify("status", status, self.body), f"status {status}", status, (), self.body, wait_ns)


def error(action: Action) -> Any:
    assert isinstance(action, Answer)
    return action.error
