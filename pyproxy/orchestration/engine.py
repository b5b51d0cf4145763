"""The engine: what happens to a request, from top to bottom, as a generator without I/O.

It yields what it wants done and is resumed with what happened. It knows no event loop, no socket and no
clock, so a test can drive it with a script, and any driver can perform its actions.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeVar

from pyproxy.orchestration.actions import (
    Abort,
    Admit,
    Admitted,
    Answer,
    Attempt,
    Broken,
    Committed,
    Failed,
    NotAdmitted,
    OneMore,
    Relay,
    Sleep,
    TooMany,
    Wait,
)
from pyproxy.orchestration.exhausted import deadline_exceeded, exhausted, interrupted
from pyproxy.rust_core import classify

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from random import Random

    from pyproxy.domain import Candidate, Step
    from pyproxy.errors import RequestError
    from pyproxy.orchestration.actions import Action, Event
    from pyproxy.orchestration.journey import Journey
    from pyproxy.orchestration.strategies import Strategy

__all__ = ["conduct"]

# No back-off is longer than this, however often a call was repeated.
MAX_BACKOFF_S = 30.0
# The refusals that a queue can end.
_OF_ROOM = frozenset(("concurrency", "rate", "blocked", "reserved"))


class _Verdict(Enum):
    """What one instance, or one step, came to."""

    ANSWERED = auto()  # the client has its answer, good or bad
    ANOTHER = auto()  # ask another instance of this step
    NEXT_STEP = auto()  # nobody in this step will do
    OUT_OF_TIME = auto()  # the request's deadline has passed


@dataclass(slots=True)
class _Visit:
    """What has happened in one step.

    Attributes:
        step: the step.
        now_ns: when the last of it happened.
        only: the one instance to ask next, if it must be that.
        alone: whether nobody but that one is asked.
        paused: instances that a provider's rate limit holds back, and until when.
        tired: instances that failed in this round and may be asked in the next.
        rounds_left: rounds after this one.
        waited: whether a rate limit has been waited for.
        calls: how often each instance was called.
    """

    step: Step
    now_ns: int
    only: str | None = None
    alone: bool = False
    paused: dict[str, int] = field(default_factory=dict)
    tired: set[str] = field(default_factory=set)
    rounds_left: int = field(init=False)
    waited: bool = False
    calls: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rounds_left = self.step.rounds - 1

    def may_call(self, instance: str) -> bool:
        """Whether the step allows another call to the instance."""
        return self.step.calls_each is None or self.calls.get(instance, 0) < self.step.calls_each


def conduct(journey: Journey, strategy: Strategy, random: Random) -> Generator[Action, Event, None]:
    """Conduct one request to its one end: an answer relayed, an error answered, or a stream aborted."""
    for visit in _visits(journey, strategy):
        if not journey.may_try(visit.step):
            break
        verdict = yield from _try_step(journey, visit, strategy, random)
        if verdict is _Verdict.ANSWERED:
            return
        if verdict is _Verdict.OUT_OF_TIME:
            yield _end(journey, deadline_exceeded(journey))
            return
    yield _end(journey, exhausted(journey))


def _end(journey: Journey, error: RequestError | Failed) -> Answer | Abort:
    """How the client is told that nobody is left: a stream that has begun can only be cut, for what broke it."""
    if journey.broken is None:
        return Answer(error)
    return Abort(interrupted(journey, journey.broken), journey.broken.event)


def _visits(journey: Journey, strategy: Strategy) -> Iterator[_Visit]:
    """The steps in the order in which they are tried; before them all the instance that the request's session is pinned to."""
    began_ns = journey.request.arrived_ns
    home = journey.home()
    at_home = None if home is None else _Visit(home, began_ns, only=journey.pinned, alone=True)
    if at_home is not None:
        yield at_home
    step = strategy.first(journey.plan)
    while step is not None:
        # Of the step that was visited for the session it is known who was called there, and who is only held back for a while.
        yield _Visit(step, began_ns) if at_home is None or step is not home else replace(at_home, only=None, alone=False)
        step = strategy.after(journey.plan, step)


def _try_step(journey: Journey, visit: _Visit, strategy: Strategy, random: Random) -> Generator[Action, Event, _Verdict]:
    """Ask the step's instances in turn, as long as somebody is left who may be asked."""
    step = visit.step
    while journey.may_try(step):
        excluded = journey.passed_over(step) | visit.tired
        left = frozenset(each.instance for each in step.candidates if each.instance not in excluded)
        if visit.only is not None or left:
            asked = left if visit.only is None else frozenset((visit.only,))
            turned_down = (yield from _turned_down(journey, asked)) if journey.attempts else None
            if turned_down is not None:
                return turned_down
            # Others have room before anybody waits: the queue of a session's own instance is stood in with the rest of its step.
            event = yield from _admit(journey, Admit(step, excluded, visit.only, journey.translated), waits=not visit.alone)
            visit.only, visit.now_ns = None, event.now_ns
            if isinstance(event, Admitted):
                verdict = yield from _try_instance(journey, visit, event, strategy, random)
                if verdict is not _Verdict.ANOTHER or visit.alone:
                    return verdict
                continue
            if not journey.time_for(0, event.now_ns):
                return _Verdict.OUT_OF_TIME
        if visit.alone or not (yield from _come_back(journey, visit, random)):
            return _Verdict.NEXT_STEP
    return _Verdict.NEXT_STEP


def _admit(journey: Journey, admit: Admit, *, waits: bool) -> Generator[Action, Event, Admitted | NotAdmitted]:
    """Take permits; where there is no room, and it is worth it, wait for it as long as a request may in all."""
    event = yield admit
    if isinstance(event, Admitted):
        return event
    refused = _expect(event, NotAdmitted)
    left_ns = round(admit.step.max_queue_wait * 1e9) - journey.queue_ns
    until_ns = min(refused.now_ns + left_ns, journey.deadline_ns)
    fits = refused.now_ns + (refused.retry_after_ns or 0) < until_ns
    if waits and refused.reason in _OF_ROOM and fits and not refused.hopeless:
        event = yield Wait(admit, refused.scope, until_ns)
        journey.queue_ns += event.now_ns - refused.now_ns
        if isinstance(event, Admitted):
            return event
        waited = _expect(event, NotAdmitted)
        # When room is to be expected was known better before the wait than after it.
        retry_after_ns = refused.retry_after_ns if waited.retry_after_ns is None else waited.retry_after_ns
        refused = replace(waited, scope=waited.scope or refused.scope, retry_after_ns=retry_after_ns)
    if waits and refused.reason != "excluded":
        journey.refusals.append(refused)
    return refused


def _come_back(journey: Journey, visit: _Visit, random: Random) -> Generator[Action, Event, bool]:
    """Wait for a rate limit once, or for another round, if either is worth it. Returns whether there is somebody to ask then."""
    policy = journey.plan.policy
    paused = [(until_ns, instance) for instance, until_ns in visit.paused.items() if visit.may_call(instance)]
    if paused and not visit.waited:
        until_ns, instance = min(paused)
        wait_ns = max(0, until_ns - visit.now_ns)
        if wait_ns <= policy.retry_after_wait * 1e9 and journey.time_for(wait_ns, visit.now_ns):
            yield Sleep(visit.now_ns + wait_ns)
            visit.waited, visit.only = True, instance
            visit.now_ns += wait_ns
            return True
    if visit.tired and visit.rounds_left:
        wait_ns = _backoff_ns(policy.retry_delay, visit.step.rounds - 1 - visit.rounds_left, random)
        if journey.time_for(wait_ns, visit.now_ns):
            yield Sleep(visit.now_ns + wait_ns)
            visit.tired.clear()
            visit.rounds_left -= 1
            visit.now_ns += wait_ns
            return True
    return False


def _try_instance(
    journey: Journey, visit: _Visit, admitted: Admitted, strategy: Strategy, random: Random
) -> Generator[Action, Event, _Verdict]:
    """Call one instance, and again while its failure may pass by itself; no permit is held between two calls."""
    step, candidate, policy = visit.step, admitted.lease.candidate, journey.plan.policy
    retries = 0
    while True:
        journey.calling(step, candidate, admitted.now_ns)
        goes_on = journey.goes_on(candidate)
        visit.calls[candidate.instance] = visit.calls.get(candidate.instance, 0) + 1
        event = yield Attempt(admitted.lease, step, journey.deadline_ns, goes_on)
        if isinstance(event, Committed):
            journey.committed(candidate, event.status, admitted.now_ns, event.now_ns)
            return (yield from _relay(journey, visit, candidate, strategy))
        failure = _expect(event, Failed)
        outcome = failure.outcome
        visit.now_ns = failure.now_ns
        journey.failed(candidate, failure, admitted.now_ns)
        if outcome.to_client and not _rescued(journey, candidate, failure) and journey.broken is None:
            yield Answer(failure)
            return _Verdict.ANSWERED
        # What cannot be asked took no time, and more of it would not help.
        if outcome.name == "deadline" or not (outcome.name == "untranslatable" or journey.time_for(0, failure.now_ns)):
            return _Verdict.OUT_OF_TIME
        if outcome.to_client and goes_on == "prefill":
            journey.refuse_prefill.add(candidate.model)  # nothing else is known to be wrong with it: it may begin anew
            return _Verdict.ANOTHER
        strategy.failed(journey, candidate, failure)
        comes_again = visit.rounds_left and outcome.ask_again and visit.may_call(candidate.instance)
        (visit.tired if comes_again else journey.excluded).add(candidate.instance)
        backoff_ns = _backoff_ns(policy.retry_delay, retries, random)
        if outcome.pause_limiter:
            pause_ns = backoff_ns if failure.retry_after_ns is None else failure.retry_after_ns
            visit.paused[candidate.instance] = failure.now_ns + pause_ns
        wait_ns = max(backoff_ns, failure.retry_after_ns or 0)
        passes = outcome.retry_same or (step.retries_everything and outcome.ask_again)
        worth_it = wait_ns <= max(backoff_ns, policy.retry_after_wait * 1e9) and journey.time_for(wait_ns, failure.now_ns)
        if passes and retries < step.max_retries and worth_it and journey.may_try(step):
            again = yield from _again(journey, step, candidate.instance, failure.now_ns + wait_ns)
            if again is not None:
                admitted, retries = again, retries + 1
                continue
        others = (outcome.try_another or outcome.to_client) and not step.retries_everything
        return _Verdict.ANOTHER if others else _Verdict.NEXT_STEP


def _again(journey: Journey, step: Step, instance: str, at_ns: int) -> Generator[Action, Event, Admitted | None]:
    """Permits for another call to an instance that has just failed, at a later time; None if it may not be made."""
    if (yield from _turned_down(journey, frozenset((instance,)))) is not None:
        return None
    yield Sleep(at_ns)
    event = yield Admit(step, frozenset(journey.excluded), instance)
    return event if isinstance(event, Admitted) else None


def _relay(journey: Journey, visit: _Visit, candidate: Candidate, strategy: Strategy) -> Generator[Action, Event, _Verdict]:
    """Deliver the committed answer; a stream that breaks off meanwhile is gone on with elsewhere, if it may be."""
    event = yield Relay(journey.deadline_ns)
    if not isinstance(event, Broken):
        return _Verdict.ANSWERED
    visit.now_ns = event.now_ns
    failure = Failed(event.now_ns, classify(event.signal), event.detail)
    journey.broke(candidate, event, failure)
    if not event.resumable:
        yield Abort(interrupted(journey, event), event.event)
        return _Verdict.ANSWERED
    strategy.failed(journey, candidate, failure)
    return _Verdict.NEXT_STEP if visit.step.retries_everything else _Verdict.ANOTHER


def _rescued(journey: Journey, candidate: Candidate, failure: Failed) -> bool:
    """Whether what would go to the client is tried elsewhere: a prompt too long for this model, or a refusal by opt-in."""
    if failure.outcome.name == "context_length":
        window = max(candidate.context_window or 0, journey.window or 0)
        if journey.larger_than(window):
            journey.window = window
            return True
    return failure.outcome.name == "content_filter" and journey.plan.policy.content_filter_fallback


def _turned_down(journey: Journey, instances: frozenset[str]) -> Generator[Action, Event, _Verdict | None]:
    """What it comes to if the retry budget turns down one more call to these, where to others it may not; None if it does not."""
    if not isinstance(event := (yield OneMore(instances)), TooMany):
        return None
    if not journey.time_for(0, event.now_ns):
        return _Verdict.OUT_OF_TIME  # it was not refused: there was no answer in time
    journey.too_many = True
    return _Verdict.NEXT_STEP


def _backoff_ns(base_s: float, retries: int, random: Random) -> int:
    """Exponential back-off with full jitter (Brooker, "Exponential Backoff And Jitter"): uniform in [0, base * 2^retries]."""
    return round(random.uniform(0.0, min(MAX_BACKOFF_S, base_s * 2.0 ** min(retries, 30))) * 1e9)


_Expected = TypeVar("_Expected")


def _expect(event: Event, kind: type[_Expected]) -> _Expected:
    """The event, which the vocabulary allows to be nothing else here; a driver that breaks the vocabulary is told so."""
    if not isinstance(event, kind):
        raise TypeError(f"the driver answered with {type(event).__name__} where only {kind.__name__} is meant")
    return event
