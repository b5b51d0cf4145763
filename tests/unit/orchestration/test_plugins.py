"""Strategies of other people's: registered, named by a configuration, held to the same budgets."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from support.virtual_sidecar import Plays, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually

from pyproxy import Sidecar
from pyproxy.errors import ConfigError
from pyproxy.orchestration.strategies import STRATEGIES, Strategy, register_strategy

if TYPE_CHECKING:
    from pathlib import Path

    from pyproxy.domain import Plan, Step

PLUGIN = """
from pyproxy.orchestration.strategies import Strategy, register_strategy


class LastFirst(Strategy):
    def first(self, plan):
        return plan.steps[-1]

    def after(self, plan, step):
        place = plan.steps.index(step)
        return plan.steps[place - 1] if place else None


register_strategy("last_first", LastFirst())
"""


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in set(STRATEGIES) - {"echelon_down", "model_rotate", "provider_failover", "task_group_switch"}:
        monkeypatch.delitem(STRATEGIES, name)


def named(name: str, **more: Any) -> dict[str, Any]:
    return {**config(fallback_config={"strategy": "plugin", "strategy_plugin": name}), **more}


def test_a_module_that_the_configuration_lists_brings_a_strategy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "the_last_shall_be_first.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    made = named("last_first", plugins=["the_last_shall_be_first"])
    Sidecar(made)
    loop = VirtualLoop()

    async def main() -> None:
        sidecar = VirtualSidecar(loop, made, {"a": [Plays()], "b": [Plays()], "c": [Plays(0)]})
        answer = await sidecar.ask()
        assert answer.headers[b"x-pyproxy-attempts"].startswith(b"g.e2/c:connect_failed, g.e1/")

    run_virtually(main(), loop)
    del sys.modules["the_last_shall_be_first"]


def test_a_strategy_that_nobody_registered_is_told_with_those_there_are() -> None:
    with pytest.raises(
        ConfigError, match=r"task_groups\.g\.fallback_config\.strategy_plugin: nobody has registered 'x' \(there is echelon_down"
    ):
        Sidecar(named("x"))


def test_a_module_that_is_not_there_is_told() -> None:
    with pytest.raises(ConfigError, match="plugins: no_such_module_anywhere cannot be imported"):
        Sidecar(named("x", plugins=["no_such_module_anywhere"]))


def test_the_names_of_our_own_strategies_are_taken() -> None:
    class Mine(Strategy):
        def after(self, plan: Plan, step: Step) -> Step | None:  # noqa: ARG002 - the interface's shape
            return None

    with pytest.raises(ValueError, match="pyproxy's own"):
        register_strategy("echelon_down", Mine())
