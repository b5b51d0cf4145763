"""What a fallback strategy is asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyproxy.domain import Candidate, Plan, Step
    from pyproxy.orchestration.actions import Failed
    from pyproxy.orchestration.journey import Journey

__all__ = ["Strategy"]


class Strategy(ABC):
    """Says where to go when a call fails. It holds no state: what a request has been through is the journey's.

    Budget, deadline, limits, breakers and back-off are the engine's: no strategy can pass them.
    """

    def first(self, plan: Plan) -> Step | None:
        """The step to start with: the plan's first, unless the strategy knows better."""
        return plan.steps[0] if plan.steps else None

    @abstractmethod
    def after(self, plan: Plan, step: Step) -> Step | None:
        """The step to go on with when nobody in `step` would do, or None when there is none."""

    def failed(self, journey: Journey, candidate: Candidate, failure: Failed) -> None:  # noqa: B027 - most have nothing to note
        """Note, in the journey, who is not to be asked any more after this failure; nobody but who failed, unless told otherwise."""


def following(plan: Plan, step: Step) -> tuple[Step, ...]:
    """The steps that come after one in the plan."""
    return plan.steps[plan.steps.index(step) + 1 :]
