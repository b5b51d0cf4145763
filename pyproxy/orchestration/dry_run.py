"""What would happen to a request, without sending it: the engine itself, told that each call fails, and what it does then.

Limits, breakers and credentials are asked as they stand now, and nothing of them is touched. Whose turn it is among equals is not
asked, for asking would take the turn.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from pyproxy.orchestration.actions import Admit, Admitted, Answer, Attempt, Done, Failed, NotAdmitted, Sleep, Wait
from pyproxy.orchestration.caller import caller_of
from pyproxy.orchestration.conversation import conversation_of
from pyproxy.orchestration.engine import conduct
from pyproxy.orchestration.journey import Journey
from pyproxy.orchestration.strategies import STRATEGIES
from pyproxy.rust_core import Scheduler, classify

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyproxy.admission import Lease
    from pyproxy.domain import Candidate, Node, Plan, Request, Step
    from pyproxy.orchestration.actions import Action, Event
    from pyproxy.orchestration.snapshots import Snapshot

__all__ = ["Call", "Passed", "Pause", "Route", "foresee"]


@dataclass(frozen=True, slots=True)
class Call:
    """A call that would be made.

    Attributes:
        step: the step it belongs to.
        candidate: who would be called.
    """

    step: Step
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Passed:
    """Somebody who would not be called.

    Attributes:
        scope: the scope that has no room, or the instance that is left alone.
        reason: why.
        retry_after_ns: nanoseconds until that may change, if known.
        waited: whether the request would wait in its queue, as long as it may.
    """

    scope: str
    reason: str
    retry_after_ns: int | None
    waited: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """A back-off before the next call, `seconds` long at most."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Route:
    """What would happen.

    Attributes:
        plan: where the request can go.
        node: the caller, if the configuration knows it.
        events: the calls, one after the other, each as if all before it had failed; and who is passed over, and why.
        status: what the client would be answered if the last of them failed, too.
    """

    plan: Plan
    node: Node | None
    events: tuple[Call | Passed | Pause, ...]
    status: int


def foresee(snapshot: Snapshot, request: Request, fault: str) -> Route:
    """Tell what would happen to a request if every call failed.

    Args:
        snapshot: the configuration in force.
        request: what would be asked.
        fault: how each call fails: a signal of the core's classifier, or a status.

    Raises:
        RequestError: it would be refused before any call.
        ValueError: there is no such fault.
    """
    plan = snapshot.resolver.resolve(request.target, request.fallback_groups, conversation=conversation_of(request))
    node = snapshot.resolver.nodes.get(request.node or "", plan.node)
    steps = tuple(replace(step, scheduler=_in_order(step)) for step in plan.steps)
    journey = Journey(request, replace(plan, steps=steps), node)
    rehearsal = _Rehearsal(snapshot, journey, {step.name: step for step in plan.steps}, fault)
    status = rehearsal.play(journey)
    return Route(plan, node, tuple(rehearsal.events), status)


class _Rehearsal:
    """A driver that does nothing."""

    def __init__(self, snapshot: Snapshot, journey: Journey, steps: Mapping[str, Step], fault: str) -> None:
        self.events: list[Call | Passed | Pause] = []
        self._desk = snapshot.desk
        self._caller = caller_of(journey)
        self._now_ns = journey.request.arrived_ns
        self._steps = steps
        self._status = int(fault) if fault.isdigit() else None
        self._outcome = classify("status", self._status, b"") if self._status is not None else classify(fault)

    def play(self, journey: Journey) -> int:
        """Play to the end; returns the status that the client would get."""
        engine = conduct(journey, STRATEGIES[journey.plan.policy.strategy], _Longest())
        action = next(engine)
        while not isinstance(action, Answer):
            action = engine.send(self._answer(action))
        engine.close()
        error = action.error
        return (error.status or 0) if isinstance(error, Failed) else error.http_status

    def _answer(self, action: Action) -> Event:
        match action:
            case Admit():
                return self._admit(action)
            case Wait():
                self._waited(action.refused)
                return NotAdmitted(self._now_ns, action.refused, "deadline", None)
            case Attempt():
                self.events.append(Call(self._steps[action.step.name], action.lease.candidate))
                return Failed(self._now_ns, self._outcome, "as supposed", self._status)
            case Sleep(until_ns=until_ns) if until_ns > self._now_ns:
                self.events.append(Pause((until_ns - self._now_ns) / 1e9))
        return Done(self._now_ns)

    def _waited(self, scope: str | None) -> None:
        """Note that room in a scope is waited for: where it was told that there is none, or once more if much has happened since."""
        told = next(event for event in reversed(self.events) if isinstance(event, Passed) and event.scope == scope)
        if self.events[-1] is told:
            self.events.pop()
        self.events.append(replace(told, waited=True))

    def _admit(self, action: Admit) -> Admitted | NotAdmitted:
        refused = NotAdmitted(self._now_ns, None, "excluded", None)
        for candidate in _asked(action):
            found = self._desk.hindrance(action.step, candidate, self._caller, self._now_ns)
            if found is None:
                return Admitted(self._now_ns, cast("Lease", _Lease(candidate)))
            passed = Passed(found.scope or candidate.instance, found.reason, found.retry_after_ns)
            if passed not in self.events:
                self.events.append(passed)
            refused = NotAdmitted(self._now_ns, found.scope, found.reason, found.retry_after_ns, found.also, found.permanent)
        return refused


class _Longest(random.Random):
    """Chance at its longest: what is said of pauses is said of the most they can take."""

    def uniform(self, a: float, b: float) -> float:
        return max(a, b)


@dataclass(frozen=True, slots=True)
class _Lease:
    """Stands for a lease: it names who would be called, and holds nothing."""

    candidate: Candidate


def _asked(action: Admit) -> Iterator[Candidate]:
    last = action.last if action.step.even else frozenset()
    for candidate in sorted(action.step.candidates, key=lambda candidate: candidate.instance in last):
        if candidate.instance == action.only or (action.only is None and candidate.instance not in action.excluded):
            yield candidate


def _in_order(step: Step) -> Scheduler:
    return Scheduler("round_robin", weights=[1] * len(step.candidates))
