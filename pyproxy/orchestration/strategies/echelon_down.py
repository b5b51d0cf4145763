"""Down the echelons: every instance of one, then the next by priority or as ``fallback_groups`` lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyproxy.domain import Plan, Step

__all__ = ["EchelonDown"]


class EchelonDown:
    """Takes the plan's steps in their order."""

    def first(self, plan: Plan) -> Step | None:
        """The plan's first step."""
        return plan.steps[0] if plan.steps else None

    def after(self, plan: Plan, step: Step) -> Step | None:
        """The step that follows in the plan."""
        position = plan.steps.index(step) + 1
        return plan.steps[position] if position < len(plan.steps) else None
