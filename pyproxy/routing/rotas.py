"""Whose turn it is at each step, kept from one configuration to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyproxy.rust_core import Scheduler

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Rotas"]


@dataclass(frozen=True, slots=True)
class _Rota:
    strategy: str
    instances: tuple[str, ...]
    weights: tuple[int, ...]
    scheduler: Scheduler


class Rotas:
    """The schedulers of one configuration, by the step they belong to.

    A step whose strategy and instances are those of the configuration before goes on with its scheduler, so that nobody's turn comes
    twice; a step with others begins anew.
    """

    def __init__(self, before: Rotas | None = None) -> None:
        self._before = {} if before is None else before._rotas  # noqa: SLF001 - of the same class
        self._rotas: dict[str, _Rota] = {}
        self._reweighed: list[_Rota] = []

    def scheduler(self, step: str, strategy: str, instances: Sequence[str], weights: Sequence[int]) -> Scheduler:
        """The scheduler for a step; nothing about one that is in use changes before `take_over`.

        Raises:
            ValueError: the strategy or the weights cannot be had.
        """
        scheduler = Scheduler(strategy, weights=list(weights))
        before = self._before.get(step)
        kept = before is not None and (before.strategy, before.instances) == (strategy, tuple(instances))
        if before is not None and kept:
            scheduler = before.scheduler
        rota = self._rotas[step] = _Rota(strategy, tuple(instances), tuple(weights), scheduler)
        if before is not None and kept and before.weights != rota.weights:
            self._reweighed.append(rota)
        return scheduler

    def take_over(self, now_ns: int) -> None:
        """Let the new weights hold: this configuration is in force now."""
        for rota in self._reweighed:
            rota.scheduler.set_weights(list(rota.weights), now_ns=now_ns)
        self._before, self._reweighed = {}, []
