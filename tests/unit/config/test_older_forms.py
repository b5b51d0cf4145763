"""Every older way to write a thing comes to the same as the canonical one."""

from __future__ import annotations

from typing import Any

import pytest

from pyproxy.config import Config, check_config

PROVIDERS = {"p": {"base_url": "http://127.0.0.1:1/v1"}}
MODELS = {"a": {"provider": "p", "model": "a"}, "b": {"provider": "p", "model": "b"}}
BASE: dict[str, Any] = {
    "providers": PROVIDERS,
    "models": MODELS,
    "task_groups": {"g": {"one": {"models": ["a"]}, "two": {"models": ["b"]}}},
}


def loaded(**sections: Any) -> Config:
    config, faults = check_config({**BASE, **sections}, environ={})
    assert config is not None, "\n".join(map(str, faults))
    assert not [fault for fault in faults if "not in effect" not in fault.message]
    return config


SAME = [
    pytest.param(
        "polling_pools",
        {"task_groups": ["g"], "health_check": {"interval": 7, "failure_threshold": 2, "recovery_time": 9}},
        {"task_groups": ["g"], "health_check_interval": 7, "failure_threshold": 2, "recovery_time": 9},
        id="a pool's nested health check",
    ),
    pytest.param(
        "polling_pools",
        {"task_groups": ["g"], "fallback_config": {"strategy": "simple_retry", "max_instance_attempts": 4}},
        {"task_groups": ["g"], "fallback_strategy": "simple_retry", "max_instance_attempts": 4},
        id="a pool's nested fallback",
    ),
    pytest.param(
        "polling_pools",
        {"task_groups": ["g"], "rotation_strategy": {"type": "weighted", "weights": {"a": 2, "g.two": 3}}},
        {"task_groups": ["g"], "rotation_strategy": "weighted", "weights": {"a": 2, "g.two": 3}},
        id="a pool's strategy as a table",
    ),
    pytest.param(
        "task_groups",
        {"one": {"models": ["a"]}, "fallback_strategy": "echelon_down", "max_attempts": 2, "fallback_config": {"retry_delay": 3}},
        {"one": {"models": ["a"]}, "fallback_config": {"strategy": "echelon_down", "max_attempts": 2, "retry_delay": 3}},
        id="a group's fallback beside its table",
    ),
    pytest.param(
        "task_groups",
        {"echelons": {"one": {"models": ["a"]}, "two": {"models": ["b"]}}},
        {"one": {"models": ["a"]}, "two": {"models": ["b"]}},
        id="echelons under their own key",
    ),
    pytest.param(
        "task_groups",
        {"echelons": [{"name": "one", "models": ["a"]}, {"name": "two", "models": ["b"]}]},
        {"one": {"models": ["a"]}, "two": {"models": ["b"]}},
        id="echelons as a list",
    ),
    pytest.param(
        "wrappers",
        {"type": "task_group", "default_config": {"group_name": "g.one", "enable_metrics": True}},
        {"type": "task_group", "target": "g.one", "metrics": True},
        id="a wrapper's defaults",
    ),
    pytest.param(
        "wrappers",
        {"task_group_name": "g", "performance": {"request_timeout": 3, "max_concurrent_requests": 4, "queue_size": 5}},
        {"type": "task_group", "target": "g", "request_timeout": 3, "concurrency_limit": 4, "queue_size": 5},
        id="a wrapper's performance, its type told by its target",
    ),
    pytest.param(
        "wrappers",
        {"type": "group", "target": "g", "monitoring": {"metrics_enabled": True, "health_check_interval": 3, "alerting_enabled": False}},
        {"type": "task_group", "target": "g", "metrics": True, "health_check_interval": 3, "alerting": False},
        id="a wrapper's monitoring",
    ),
    pytest.param(
        "nodes",
        {"type": "llm_node", "config": {"llm_group": "g.one", "fallback_groups": ["g.two"], "max_tokens": 5}},
        {"llm_group": "g.one", "fallback_groups": ["g.two"], "max_tokens": 5},
        id="a node of a workflow",
    ),
]


@pytest.mark.parametrize(("section", "older", "canonical"), SAME)
def test_an_older_form_comes_to_the_same_as_the_canonical_one(section: str, older: dict[str, Any], canonical: dict[str, Any]) -> None:
    assert loaded(**{section: {"x": older}}) == loaded(**{section: {"x": canonical}})


def test_what_is_said_in_both_forms_must_be_the_same() -> None:
    both = {"task_groups": ["g"], "recovery_time": 5, "health_check": {"recovery_time": 5}}
    assert loaded(polling_pools={"x": both}).polling_pools["x"].recovery_time == 5
    both["health_check"] = {"recovery_time": 6}
    config, faults = check_config({**BASE, "polling_pools": {"x": both}}, environ={})
    assert config is None
    assert "means recovery_time, which is given" in str(faults)


def test_a_tier_of_its_own_that_a_group_does_not_have_is_passed_over_with_a_warning() -> None:
    group = {"one": {"models": ["a"]}, "fallback_config": {"fallback_groups": ["x.one", "x.three", "g"]}}
    config, faults = check_config({**BASE, "task_groups": {**BASE["task_groups"], "x": group}}, environ={})
    assert config is not None
    assert config.task_groups["x"].fallback_config.fallback_groups == ("x.one", "g")
    assert ["has no such echelon: it is passed over" in fault.message for fault in faults] == [True]
