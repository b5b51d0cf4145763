"""Fallback strategies: small classes that say which step comes next, found by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pyproxy.orchestration.strategies.echelon_down import EchelonDown

if TYPE_CHECKING:
    from pyproxy.domain import Plan, Step

__all__ = ["STRATEGIES", "EchelonDown", "Strategy"]


class Strategy(Protocol):
    """Says where to go. It holds no state: what a request has been through is the journey's."""

    def first(self, plan: Plan) -> Step | None:
        """The step to start with."""

    def after(self, plan: Plan, step: Step) -> Step | None:
        """The step to go on with when nobody in `step` would do, or None when there is none."""


STRATEGIES: dict[str, Strategy] = {"echelon_down": EchelonDown()}
