"""Down the echelons: every instance of one, then the next by priority or as ``fallback_groups`` lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.orchestration.strategies.strategy import Strategy, following

if TYPE_CHECKING:
    from pyproxy.domain import Plan, Step

__all__ = ["EchelonDown"]


class EchelonDown(Strategy):
    """Takes the plan's steps in their order."""

    def after(self, plan: Plan, step: Step) -> Step | None:
        """The step that follows in the plan."""
        return next(iter(following(plan, step)), None)
