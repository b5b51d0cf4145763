"""The models of one echelon and nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.orchestration.strategies.strategy import Strategy

if TYPE_CHECKING:
    from pyproxy.domain import Plan, Step

__all__ = ["ModelRotate"]


class ModelRotate(Strategy):
    """Stays in the first step; its instances are asked in turn there."""

    def after(self, plan: Plan, step: Step) -> Step | None:  # noqa: ARG002 - the interface's shape
        """None: there is nowhere else to go."""
        return None
