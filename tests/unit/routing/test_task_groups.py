from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy import TaskGroupManager
from pyproxy.config import load_config
from pyproxy.errors import ConfigError, TaskGroupNotFound
from pyproxy.routing import Resolver

DIRECTORY = Path(__file__).parents[3] / "configs" / "full-yaml"
CONFIG: dict[str, Any] = {
    "providers": {"p": {"base_url": "http://127.0.0.1:1/v1", "dialect": "openai"}},
    "task_groups": {
        "fast_group": {
            "description": "fast answers",
            "echelon1": {"models": ["p:a", "p:b"], "priority": 1, "timeout": 30, "temperature": 0.5},
            "echelon2": {"models": ["p:b", "p:c"], "priority": 2},
            "echelon3": {"models": ["p:d"], "priority": 3},
        },
        "slow_group": {
            "only": {"models": ["p:a"]},
            "fallback_config": {"fallback_groups": ["fast_group.echelon2", "fast_group"], "max_attempts": 2},
        },
        "last_group": {"only": {"models": ["p:a"]}, "fallback_config": {"fallback_groups": []}},
    },
}


@pytest.fixture
def manager() -> TaskGroupManager:
    return TaskGroupManager(CONFIG, {})


@pytest.mark.parametrize(
    ("reference", "names"), [("fast_group", ("fast_group", None)), ("fast_group.echelon2", ("fast_group", "echelon2"))]
)
def test_a_reference_is_a_group_and_perhaps_an_echelon(manager: TaskGroupManager, reference: str, names: tuple[str, str | None]) -> None:
    assert manager.parse_group_reference(reference) == names


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("fast_gruop", "Did you mean 'fast_group'"),
        ("fast_group.echelon4", "no echelon 'echelon4'. Did you mean 'echelon"),
        ("fast_group.", "no echelon ''"),
        ("", "no task group ''"),
        ("x" * 10_000, "no task group"),
    ],
)
def test_a_reference_to_nothing_says_what_is_near(manager: TaskGroupManager, reference: str, told: str) -> None:
    for look in (manager.parse_group_reference, manager.get_models_for_group, manager.get_fallback_groups, manager.get_fallback_config):
        with pytest.raises(TaskGroupNotFound) as caught:
            look(reference)
        assert told in caught.value.message
        assert len(caught.value.message) < 500
        assert (caught.value.status, caught.value.retryable) == (404, False)


def test_the_models_of_a_group_are_those_of_its_echelons_each_once(manager: TaskGroupManager) -> None:
    assert manager.get_models_for_group("fast_group.echelon2") == ["p:b", "p:c"]
    assert manager.get_models_for_group("fast_group") == ["p:a", "p:b", "p:c", "p:d"]


def test_the_settings_of_an_echelon_are_plain_values(manager: TaskGroupManager) -> None:
    settings = manager.get_echelon_config("fast_group.echelon1")
    assert settings == manager.get_echelon_config("fast_group", "echelon1") == manager.get_echelon_config("fast_group")
    assert (settings["models"], settings["timeout"], settings["temperature"]) == (["p:a", "p:b"], 30, 0.5)
    assert json.loads(json.dumps(settings)) == settings


def test_the_fallback_of_a_group_is_told_with_its_defaults(manager: TaskGroupManager) -> None:
    assert manager.get_fallback_config("slow_group.only")["max_attempts"] == 2
    assert manager.get_fallback_config("fast_group")["strategy"] == "echelon_down"


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("fast_group", ["fast_group.echelon2", "fast_group.echelon3"]),
        ("fast_group.echelon2", ["fast_group.echelon3"]),
        ("fast_group.echelon3", []),
        ("slow_group", ["fast_group.echelon2", "fast_group"]),
        ("last_group", []),
    ],
)
def test_fallback_groups_are_those_listed_or_the_echelons_further_down(
    manager: TaskGroupManager, reference: str, expected: list[str]
) -> None:
    assert manager.get_fallback_groups(reference) == expected


@given(st.sampled_from(["fast_group", "fast_group.echelon1", "fast_group.echelon2", "slow_group", "slow_group.only", "last_group"]))
def test_what_is_told_of_fallbacks_is_what_requests_do(reference: str) -> None:
    manager, resolver = TaskGroupManager(CONFIG, {}), Resolver(load_config(CONFIG, {}))
    steps = [step.name for step in resolver.resolve(reference).steps[1:]]
    told: list[str] = []
    for target in manager.get_fallback_groups(reference):
        group, echelon = manager.parse_group_reference(target)
        names = [f"{group}.{each.name}" for each in manager.get_task_group(group).echelons]
        told += names if echelon is None else [target]
    assert list(dict.fromkeys(told)) == steps


def test_a_status_tells_the_groups_and_where_they_come_from(manager: TaskGroupManager) -> None:
    status = manager.get_config_status()
    assert (status["source"], status["models"], len(status["revision"])) == ("<mapping>", 4, 12)
    assert status["task_groups"]["fast_group"]["echelons"]["echelon2"] == ["p:b", "p:c"]
    assert list(status["task_groups"]) == manager.list_task_groups() == ["fast_group", "slow_group", "last_group"]
    assert json.loads(json.dumps(status)) == status


def test_a_file_is_read_again_and_a_broken_one_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "pyproxy.yaml"
    file.write_text(json.dumps(CONFIG))
    manager = TaskGroupManager(file, {})
    file.write_text(json.dumps({**CONFIG, "task_groups": {"new_group": {"only": {"models": ["p:z"]}}}}))
    assert manager.list_task_groups()[0] == "fast_group"
    assert manager.reload().task_groups.keys() == {"new_group"}
    file.write_text("task_groups: [")
    with pytest.raises(ConfigError):
        manager.reload()
    assert manager.get_models_for_group("new_group") == ["p:z"]


def test_a_directory_and_a_loaded_configuration_serve_as_well() -> None:
    keys = ["OPENAI_KEY_1", "OPENAI_KEY_2", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"]
    config = load_config(DIRECTORY, {name: name.lower() for name in keys})
    manager = TaskGroupManager(config)
    assert manager.load_config() is manager.reload() is config
    assert "fast_group" in manager.list_task_groups()


@pytest.mark.parametrize(("strategy", "expected"), [("echelon_down", ["g.b", "h"]), ("model_rotate", []), ("task_group_switch", ["h"])])
def test_fallback_groups_are_those_that_the_strategy_comes_to(strategy: str, expected: list[str]) -> None:
    policy = {"strategy": strategy, "fallback_groups": ["g.b", "h"]}
    groups = {"g": {"a": {"models": ["p:x"]}, "b": {"models": ["p:y"]}, "fallback_config": policy}, "h": {"only": {"models": ["p:z"]}}}
    config = {"providers": {"p": {"base_url": "http://127.0.0.1:1/v1"}}, "task_groups": groups}
    assert TaskGroupManager(config, {}).get_fallback_groups("g") == expected
