"""The extra call of one request: asked for before each call beyond its first, given back when that has ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyproxy.orchestration.retry_budget import ExtraCall, RetryBudget

__all__ = ["ExtraCalls"]


class ExtraCalls:
    """Leave for one extra call at a time."""

    def __init__(self, budget: RetryBudget) -> None:
        self._budget = budget
        self._held: ExtraCall | None = None

    async def ask(self, instances: frozenset[str], within_s: float) -> bool:
        """Ask for a call to one of these, for so many seconds; whether it may be made. One that is held for the same is that."""
        if self._held is None or self._held.places != instances:
            self.end()
            try:
                async with asyncio.timeout(within_s):
                    self._held = await self._budget.ask(instances)
            except TimeoutError:
                self._held = None
        return self._held is not None

    def heard(self, instance: str, *, well: bool | None) -> None:
        """Tell how a call ended, if that says anything of the instance; if it was an extra one, that has ended."""
        if well is not None:
            self._budget.heard(instance, well=well)
        self.end(lost=well is False)

    def end(self, *, lost: bool = False) -> None:
        """Give back what is held; what it took is `lost` where the call failed."""
        held, self._held = self._held, None
        if held is not None:
            held.end(lost=lost)
