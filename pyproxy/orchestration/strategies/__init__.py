"""Fallback strategies: small classes that say which step comes next, found by name."""

from __future__ import annotations

from pyproxy.orchestration.strategies.echelon_down import EchelonDown
from pyproxy.orchestration.strategies.model_rotate import ModelRotate
from pyproxy.orchestration.strategies.provider_failover import ProviderFailover
from pyproxy.orchestration.strategies.strategy import Strategy
from pyproxy.orchestration.strategies.task_group_switch import TaskGroupSwitch

__all__ = [
    "OWN_STRATEGIES",
    "STRATEGIES",
    "EchelonDown",
    "ModelRotate",
    "ProviderFailover",
    "Strategy",
    "TaskGroupSwitch",
    "register_strategy",
]

STRATEGIES: dict[str, Strategy] = {
    "echelon_down": EchelonDown(),
    "model_rotate": ModelRotate(),
    "provider_failover": ProviderFailover(),
    "task_group_switch": TaskGroupSwitch(),
}
OWN_STRATEGIES = frozenset(STRATEGIES)
"""Those of pyproxy's own: they begin with a plan's first step, and keep nothing."""


def register_strategy(name: str, strategy: Strategy) -> None:
    """Make a strategy known under a name, for ``strategy: plugin`` with this ``strategy_plugin``; one of that name is taken over.

    Raises:
        ValueError: a strategy of pyproxy's own has the name.
    """
    if name in OWN_STRATEGIES:
        raise ValueError(f"'{name}' is a strategy of pyproxy's own: choose another name")
    STRATEGIES[name] = strategy
