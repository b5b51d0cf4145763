"""The engine: what happens to a request, from top to bottom, as a generator without I/O.

It yields what it wants done and is resumed with what happened. It knows no event loop, no socket and no
clock, so a test can drive it with a script, and any driver can perform its actions.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, TypeVar

from pyproxy.orchestration.actions import Abort, Admit, Admitted, Answer, Attempt, Broken, Committed, Failed, NotAdmitted, Relay, Sleep
from pyproxy.orchestration.exhausted import deadline_exceeded, exhausted, interrupted

if TYPE_CHECKING:
    from collections.abc import Generator
    from random import Random

    from pyproxy.domain import Step
    from pyproxy.orchestration.actions import Action, Event
    from pyproxy.orchestration.journey import Journey
    from pyproxy.orchestration.strategies import Strategy

__all__ = ["conduct"]

# No back-off is longer than this, however often a call was repeated.
MAX_BACKOFF_S = 30.0


class _Verdict(Enum):
    """What one instance, or one step, came to."""

    ANSWERED = auto()  # the client has its answer, good or bad
    ANOTHER = auto()  # ask another instance of this step
    NEXT_STEP = auto()  # nobody in this step will do
    OUT_OF_TIME = auto()  # the request's deadline has passed


def conduct(journey: Journey, strategy: Strategy, random: Random) -> Generator[Action, Event, None]:
    """Conduct one request to its one end: an answer relayed, an error answered, or a stream aborted."""
    step = strategy.first(journey.plan)
    while step is not None and journey.may_try(step):
        verdict = yield from _try_step(journey, step, random)
        if verdict is _Verdict.ANSWERED:
            return
        if verdict is _Verdict.OUT_OF_TIME:
            yield Answer(deadline_exceeded(journey))
            return
        step = strategy.after(journey.plan, step)
    yield Answer(exhausted(journey))


def _try_step(journey: Journey, step: Step, random: Random) -> Generator[Action, Event, _Verdict]:
    """Ask the step's instances in turn, none of them again once it failed; wait for a rate limit once if it is worth it."""
    paused: dict[str, int] = {}
    waited = False
    only: str | None = None
    while True:
        event = yield Admit(step, frozenset(journey.excluded), only)
        only = None
        if isinstance(event, Admitted):
            verdict = yield from _try_instance(journey, step, event, random, paused)
            if verdict is not _Verdict.ANOTHER:
                return verdict
            if not journey.may_try(step):
                return _Verdict.NEXT_STEP
            continue
        refused = _expect(event, NotAdmitted)
        if refused.reason != "excluded":
            journey.refusals.append(refused)
        if waited or not paused:
            return _Verdict.NEXT_STEP
        instance, wait_ns = min(paused.items(), key=lambda pair: pair[1])
        if wait_ns > journey.plan.policy.retry_after_wait * 1e9 or not journey.time_for(wait_ns, refused.now_ns):
            return _Verdict.NEXT_STEP
        yield Sleep(refused.now_ns + wait_ns)
        waited, only = True, instance


def _try_instance(
    journey: Journey, step: Step, admitted: Admitted, random: Random, paused: dict[str, int]
) -> Generator[Action, Event, _Verdict]:
    """Call one instance, and again while its failure may pass by itself; no permit is held between two calls."""
    candidate = admitted.lease.candidate
    policy = journey.plan.policy
    retries = 0
    while True:
        journey.calling(step, candidate, admitted.now_ns)
        event = yield Attempt(admitted.lease, step, journey.deadline_ns)
        if isinstance(event, Committed):
            journey.committed(candidate, event.status, admitted.now_ns, event.now_ns)
            delivered = yield Relay(journey.deadline_ns)
            if isinstance(delivered, Broken):
                yield Abort(interrupted(journey, delivered), delivered.event)
            return _Verdict.ANSWERED
        failure = _expect(event, Failed)
        outcome = failure.outcome
        journey.failed(candidate, failure, admitted.now_ns)
        if outcome.to_client:
            yield Answer(failure)
            return _Verdict.ANSWERED
        if outcome.name == "deadline" or not journey.time_for(0, failure.now_ns):
            return _Verdict.OUT_OF_TIME
        journey.excluded.add(candidate.instance)
        backoff_ns = _backoff_ns(policy.retry_delay, retries, random)
        if outcome.pause_limiter:
            paused[candidate.instance] = backoff_ns if failure.retry_after_ns is None else failure.retry_after_ns
        wait_ns = max(backoff_ns, failure.retry_after_ns or 0)
        worth_it = wait_ns <= max(backoff_ns, policy.retry_after_wait * 1e9) and journey.time_for(wait_ns, failure.now_ns)
        if outcome.retry_same and retries < step.max_retries and worth_it and journey.may_try(step):
            yield Sleep(failure.now_ns + wait_ns)
            event = yield Admit(step, frozenset(journey.excluded), candidate.instance)
            if isinstance(event, Admitted):
                admitted = event
                retries += 1
                continue
        return _Verdict.ANOTHER if outcome.try_another else _Verdict.NEXT_STEP


def _backoff_ns(base_s: float, retries: int, random: Random) -> int:
    """Exponential back-off with full jitter (Brooker, "Exponential Backoff And Jitter"): uniform in [0, base * 2^retries]."""
    return round(random.uniform(0.0, min(MAX_BACKOFF_S, base_s * 2.0**retries)) * 1e9)


_Expected = TypeVar("_Expected")


def _expect(event: Event, kind: type[_Expected]) -> _Expected:
    """The event, which the vocabulary allows to be nothing else here; a driver that breaks the vocabulary is told so."""
    if not isinstance(event, kind):
        raise TypeError(f"the driver answered with {type(event).__name__} where only {kind.__name__} is meant")
    return event
