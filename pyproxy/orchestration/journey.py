"""What one request has been through: its attempts, its refusals, and what is left of its budget.

The engine writes it; the driver reads it for response headers and the access line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyproxy.domain import Attempt

if TYPE_CHECKING:
    from pyproxy.domain import Candidate, ChatRequest, Plan, Step
    from pyproxy.orchestration.actions import Failed, NotAdmitted

__all__ = ["Journey"]


@dataclass(slots=True)
class Journey:
    """The state of one request.

    Attributes:
        request: what was asked.
        plan: where it can go.
        deadline_ns: when its time is over, whatever happens.
        attempts: the upstream calls, in order.
        failures: the failed ones among them, as they were reported.
        refusals: the steps that had no room, and why.
        excluded: instances this request does not ask again.
        tried: names of the steps that got an upstream call.
        served_by: who answers, once an answer is committed.
        under_way: who is being called and since when, until it is known how that ends.
    """

    request: ChatRequest
    plan: Plan
    deadline_ns: int = field(init=False)
    attempts: list[Attempt] = field(default_factory=list)
    failures: list[Failed] = field(default_factory=list)
    refusals: list[NotAdmitted] = field(default_factory=list)
    excluded: set[str] = field(default_factory=set)
    tried: set[str] = field(default_factory=set)
    served_by: Candidate | None = None
    under_way: tuple[Candidate, int] | None = None

    def __post_init__(self) -> None:
        total_ns = round(self.plan.total_timeout * 1e9)
        allowed_ns = self.request.timeout_ns
        self.deadline_ns = self.request.arrived_ns + (total_ns if allowed_ns is None else min(total_ns, allowed_ns))

    @property
    def calls_left(self) -> int:
        """Upstream calls this request may still make."""
        return self.plan.policy.attempt_budget - len(self.attempts)

    def may_try(self, step: Step) -> bool:
        """Whether the budget allows a call at `step`, which counts once however many calls it takes."""
        return self.calls_left > 0 and (step.name in self.tried or len(self.tried) < self.plan.policy.max_attempts)

    def time_for(self, wait_ns: int, now_ns: int) -> bool:
        """Whether the deadline leaves room for more than a wait of `wait_ns`."""
        return now_ns + wait_ns < self.deadline_ns

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

    def path_taken(self) -> str:
        """The value of ``x-pyproxy-attempts``."""
        return ", ".join(str(attempt) for attempt in self.attempts)

    def all_attempts(self, now_ns: int, why: str) -> tuple[Attempt, ...]:
        """Every call, the one that was cut short among them, with `why` it was."""
        if self.under_way is None:
            return tuple(self.attempts)
        candidate, started_ns = self.under_way
        return (*self.attempts, Attempt(candidate.label, why, started_ns, now_ns))
