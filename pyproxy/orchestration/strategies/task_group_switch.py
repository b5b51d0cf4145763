"""From a task group to the groups that it lists, never to another echelon of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.orchestration.strategies.strategy import Strategy, following

if TYPE_CHECKING:
    from pyproxy.domain import Plan, Step

__all__ = ["TaskGroupSwitch"]


class TaskGroupSwitch(Strategy):
    """Leaves the first step for those of other groups, in their order; in another group it goes down the echelons."""

    def after(self, plan: Plan, step: Step) -> Step | None:
        """The next step that is not of the group it began in."""
        home = plan.steps[0].group
        return next((other for other in following(plan, step) if other.group != home), None)
