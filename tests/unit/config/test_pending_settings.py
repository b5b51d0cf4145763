from collections.abc import Iterator
from pathlib import Path

import pytest
from unit.config.conftest import Check

import pyproxy.config
from pyproxy.config import check_config
from pyproxy.config.root import Config
from pyproxy.config.schema import settings_at
from pyproxy.config.settings import Settings

CANONICAL = Path(__file__).with_name("canonical.yaml")


def test_each_setting_without_effect_is_warned_of_once_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "pyproxy.yaml"
    path.write_text(
        CANONICAL.read_text(encoding="utf-8").replace("target: quick_pool}", "target: quick_pool, health_check: true}"), encoding="utf-8"
    )
    config, faults = check_config(path, {"NORTH_KEY": "n", "SOUTH_KEY_1": "s"})
    assert config is not None
    assert {fault.severity for fault in faults} == {"warning"}
    pending = [fault.path for fault in faults if fault.message.startswith("accepted, not in effect yet: ")]
    assert pending == ["wrappers.pool_wrapper.health_check"]


@pytest.mark.parametrize("dialect", ["openai", "anthropic", "gemini"])
def test_every_dialect_is_in_effect(dialect: str) -> None:
    providers = {"p": {"dialect": dialect, "base_url": "http://127.0.0.1:1"}}
    _, faults = check_config({"providers": providers, "task_groups": {"g": {"e": {"models": ["p:m"]}}}}, {})
    assert faults == ()


def test_values_that_mean_what_they_say_are_not_warned_of() -> None:
    config, faults = check_config(
        {
            "providers": {"p": {"dialect": "openai", "base_url": "http://127.0.0.1:1"}},
            "models": {"m": {"provider": "p", "model": "x", "weight": 1}},
            "task_groups": {"g": {"e": {"models": ["m"]}, "stream_guarantee": "first_content"}},
            "wrappers": {"w": {"type": "direct", "target": "m"}},
        },
        {},
    )
    assert config is not None
    assert faults == ()


@pytest.mark.parametrize("guarantee", ["first_content", "complete", "resume"])
def test_every_guarantee_for_streams_is_in_effect(guarantee: str) -> None:
    group = {"e": {"models": ["p:m"]}, "stream_guarantee": guarantee}
    _, faults = check_config({"providers": {"p": {"base_url": "http://127.0.0.1:1"}}, "task_groups": {"g": group}}, {})
    assert faults == ()


def test_a_configuration_that_can_serve_nothing_is_warned_of() -> None:
    config, faults = check_config({"providers": {"p": {"base_url": "http://127.0.0.1:1"}}}, {})
    assert config is not None
    assert ["there is no model" in fault.message for fault in faults] == [True]


def group(fallback: str) -> str:
    return (
        "providers: {p: {base_url: 'http://127.0.0.1:1'}}\n"
        "task_groups:\n  g:\n    e: {models: ['p:m']}\n    fallback_config:\n" + "".join(f"      {line}\n" for line in fallback.split("; "))
    )


@pytest.mark.parametrize(
    ("fallback", "line", "key"),
    [
        ("attempt_budget: 4; max_attempts: 5", 7, "max_attempts"),
        ("attempt_budget: 2", 6, "attempt_budget"),
        ("max_attempts: 7", 6, "max_attempts"),
    ],
)
def test_attempts_that_no_budget_allows_are_warned_of(check: Check, fallback: str, line: int, key: str) -> None:
    config, faults = check(group(fallback))
    assert config is not None
    (fault,) = faults
    assert (fault.severity, fault.line, fault.path) == ("warning", line, f"task_groups.g.fallback_config.{key}")
    assert "attempt_budget" in fault.message
    assert "max_attempts" in fault.message


@pytest.mark.parametrize("fallback", ["attempt_budget: 5; max_attempts: 5", "max_attempts: 6", "attempt_budget: 3"])
def test_attempts_that_the_budget_allows_are_not(check: Check, fallback: str) -> None:
    assert check(group(fallback))[1] == ()


def _models(model: type[Settings]) -> Iterator[type[Settings]]:
    yield model
    for name in model.model_fields:
        for location in ((name,), (name, 0)):
            below = settings_at(model, location)
            if below is not None:
                yield from _models(below)


def test_every_setting_is_documented_with_an_example_and_times_with_their_unit() -> None:
    models = set(_models(Config))
    public = {getattr(pyproxy.config, name) for name in pyproxy.config.__all__}
    assert models == {model for model in public if isinstance(model, type) and issubclass(model, Settings)}
    for model in models:
        assert model.__doc__
        for name, field in model.model_fields.items():
            where = f"{model.__name__}.{name}"
            assert field.description, where
            assert field.description.endswith("."), where
            assert field.examples, where
            if name.endswith(("timeout", "delay", "interval", "_time", "_wait", "window_size")) or model.__name__ == "Timeouts":
                assert "seconds" in field.description, where
