"""What one request has been through: its attempts, its refusals, and what is left of its budget.

The engine writes it; strategies and the driver read it, for the next step, response headers and the access line.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pyproxy.dialects.translation.ways import way_to
from pyproxy.domain import Attempt
from pyproxy.errors import OperationUnavailable

if TYPE_CHECKING:
    from pyproxy.domain import Candidate, Node, Plan, Request, Step
    from pyproxy.orchestration.actions import Broken, Failed, GoesOn, NotAdmitted
    from pyproxy.sessions import Affinity, Change

__all__ = ["Journey"]

# After so many refusals for overload by one provider the request goes to others, if there are any.
_OVERLOADS = 2


@dataclass(slots=True)
class Journey:
    """The state of one request.

    Attributes:
        request: what was asked.
        plan: where it can go.
        node: on whose behalf, if the configuration knows the caller.
        affinity: the request's session, and who serves it.
        deadline_ns: when its time is over, whatever happens.
        attempts: the upstream calls, in order.
        failures: the failed ones among them, as they were reported.
        refusals: the steps that had no room, and why.
        excluded: instances this request does not ask again.
        shunned: providers this request does not ask again.
        window: if set, the context window that proved too small: only models with a larger one are asked.
        tried: names of the steps that got an upstream call.
        served_by: who answers, once an answer is committed.
        under_way: who is being called and since when, until it is known how that ends.
        queue_ns: nanoseconds spent waiting for room.
        too_many: whether the retry budget turned a call down.
        moved: what serving it did to its session.
        broken: how the stream that the client is reading broke off last, if it did.
        refuse_prefill: models that refused to go on with the beginning of an answer.
        translated: instances that are asked in another API than the client's.
        lost: what of the call could not be carried into that API, or back.
    """

    request: Request
    plan: Plan
    node: Node | None = None
    affinity: Affinity | None = None
    deadline_ns: int = field(init=False)
    attempts: list[Attempt] = field(default_factory=list)
    failures: list[Failed] = field(default_factory=list)
    refusals: list[NotAdmitted] = field(default_factory=list)
    excluded: set[str] = field(default_factory=set)
    shunned: set[str] = field(default_factory=set)
    window: int | None = None
    tried: set[str] = field(default_factory=set)
    served_by: Candidate | None = None
    under_way: tuple[Candidate, int] | None = None
    queue_ns: int = 0
    too_many: bool = False
    moved: Change | None = None
    broken: Broken | None = None
    refuse_prefill: set[str] = field(default_factory=set)
    translated: frozenset[str] = frozenset()
    lost: tuple[str, ...] = ()
    _overloads: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        total_ns = round(self.plan.total_timeout * 1e9)
        allowed_ns = self.request.timeout_ns
        self.deadline_ns = self.request.arrived_ns + (total_ns if allowed_ns is None else min(total_ns, allowed_ns))
        ways = {api: way_to(self.request.operation, api[0], responses=api[1]) for api in self.plan.apis}
        if all(way is not None and way.translator is None for way in ways.values()):
            return
        offered = [candidate for step in self.plan.steps for candidate in step.candidates]
        by_way = [(candidate.instance, ways[candidate.dialect, candidate.responses]) for candidate in offered]
        self.excluded.update(instance for instance, way in by_way if way is None)
        self.translated = frozenset(instance for instance, way in by_way if way is not None and way.translator is not None)
        if len(self.excluded) == len(offered):
            raise OperationUnavailable(
                f"None of the models behind '{self.plan.target}' can be asked for {self.request.operation.name}.", param="model"
            )

    @property
    def calls_left(self) -> int:
        """Upstream calls this request may still make."""
        return self.plan.policy.attempt_budget - len(self.attempts)

    def home(self) -> Step | None:
        """The step that offers the pinned instance, if one does still."""
        pinned = self.pinned
        if pinned is None:
            return None
        return next((step for step in self.plan.steps if any(each.instance == pinned for each in step.candidates)), None)

    @property
    def pinned(self) -> str | None:
        """The instance that serves the request's session, if it has one."""
        place = None if self.affinity is None else self.affinity.wanted
        return None if place is None else place.instance

    def may_try(self, step: Step) -> bool:
        """Whether the budget allows a call at `step`, which counts once however many calls it takes."""
        return self.calls_left > 0 and (step.name in self.tried or len(self.tried) < self.plan.policy.max_attempts)

    def time_for(self, wait_ns: int, now_ns: int) -> bool:
        """Whether the deadline leaves room for more than a wait of `wait_ns`."""
        return now_ns + wait_ns < self.deadline_ns

    def passed_over(self, step: Step) -> frozenset[str]:
        """The instances of a step that this request does not ask (again)."""
        if not self.shunned and self.window is None:
            return frozenset(self.excluded)
        return frozenset(self.excluded).union(candidate.instance for candidate in step.candidates if not self._may_ask(candidate))

    def others_than(self, provider: str) -> bool:
        """Whether anybody but this provider may still be asked."""
        return any(
            candidate.provider != provider and candidate.instance not in self.excluded and self._may_ask(candidate)
            for step in self.plan.steps
            for candidate in step.candidates
        )

    def larger_than(self, window: int) -> bool:
        """Whether there is a model with a larger context window that may be asked."""
        return any(
            (candidate.context_window or 0) > window and candidate.provider not in self.shunned and candidate.instance not in self.excluded
            for step in self.plan.steps
            for candidate in step.candidates
        )

    def calling(self, step: Step, candidate: Candidate, now_ns: int) -> None:
        """Note that a call is about to be made."""
        self.tried.add(step.name)
        self.under_way = (candidate, now_ns)

    def committed(self, candidate: Candidate, status: int, started_ns: int, now_ns: int) -> None:
        """Note the attempt that answers."""
        self.attempts.append(Attempt(candidate.label, str(status), started_ns, now_ns))
        self.served_by, self.under_way = candidate, None

    def failed(self, candidate: Candidate, failure: Failed, started_ns: int) -> None:
        """Note an attempt that failed: by its status if the failure is one, else by its name."""
        plain_status = failure.status is not None and not 200 <= failure.status < 300  # noqa: PLR2004
        result = str(failure.status) if plain_status else failure.outcome.name
        self.attempts.append(Attempt(candidate.label, result, started_ns, failure.now_ns))
        self.failures.append(failure)
        self.under_way = None
        if failure.outcome.name == "overloaded":
            overloads = self._overloads[candidate.provider] = self._overloads.get(candidate.provider, 0) + 1
            if overloads >= _OVERLOADS and self.others_than(candidate.provider):
                self.shunned.add(candidate.provider)

    def broke(self, candidate: Candidate, broken: Broken, failure: Failed) -> None:
        """Note that the stream of the attempt that answered broke off.

        Who goes on with it, if it may be gone on with, is somebody else; where there is nobody else the same instance may,
        once, unless it fell silent.
        """
        answered = self.attempts[-1]
        self.attempts[-1] = replace(answered, result=f"{answered.result}+{failure.outcome.name}", ended_ns=failure.now_ns)
        self.failures.append(failure)
        silent = failure.outcome.name == "idle_timeout"
        if self.broken is not None or silent or not failure.outcome.ask_again or self._has_others(candidate):
            self.excluded.add(candidate.instance)
        self.broken = broken

    def goes_on(self, candidate: Candidate) -> GoesOn | None:
        """How a call to this candidate goes on with a stream that broke off, if one did."""
        if self.broken is None:
            return None
        return "prefill" if candidate.prefill and candidate.model not in self.refuse_prefill else "anew"

    def path_taken(self) -> str:
        """The value of ``x-pyproxy-attempts``."""
        return ", ".join(str(attempt) for attempt in self.attempts)

    def all_attempts(self, now_ns: int, why: str) -> tuple[Attempt, ...]:
        """Every call, the one that was cut short among them, with `why` it was."""
        if self.under_way is None:
            return tuple(self.attempts)
        candidate, started_ns = self.under_way
        return (*self.attempts, Attempt(candidate.label, why, started_ns, now_ns))

    def _has_others(self, candidate: Candidate) -> bool:
        """Whether anybody but this one may still be asked."""
        return any(
            each.instance != candidate.instance and each.instance not in self.excluded and self._may_ask(each)
            for step in self.plan.steps
            for each in step.candidates
        )

    def _may_ask(self, candidate: Candidate) -> bool:
        return candidate.provider not in self.shunned and (self.window is None or (candidate.context_window or 0) > self.window)
