"""An explanation tells what holds and since where, and never a secret."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pyproxy.config.explanation import Explanation, UnknownKeyError, explain
from pyproxy.config.loader import examine_config
from pyproxy.config.settings import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyproxy.config.loader import Source

CANARY = "canary-7f3a"
CANONICAL = Path(__file__).with_name("canonical.yaml")
ENVIRON = {"NORTH_KEY": f"{CANARY}-1", "SOUTH_KEY_1": f"{CANARY}-2", "SOUTH_KEY_2": f"{CANARY}-3", "TEAM": f"{CANARY}-4"}


def told(key: str, source: Source = CANONICAL, environ: Mapping[str, str] = ENVIRON) -> Explanation:
    examined = examine_config(source, environ)
    assert examined.config is not None
    assert examined.tree is not None
    return explain(examined.config, examined.tree, key)


def everything(source: Source = CANONICAL, environ: Mapping[str, str] = ENVIRON, key: str = "") -> Iterator[Explanation]:
    found = told(key, source, environ)
    yield found
    for child in found.children:
        yield from everything(source, environ, child.path)


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("task_groups.quick_group.echelon1.rpm_limit", "100", 17),
        ("task_groups.quick_group.echelon1.models[1]", '"north:pine-mini"', 17),
        ("task_groups.quick_group.echelon1.models", '[north-large, "north:pine-mini"]', 17),
        ("task_groups.quick_group.timeouts", "{connect: 4, first_byte: 10, idle: 10, total: 120}", 20),
        ("models.north:pine-mini.model", "pine-mini", 17),
        ("aliases.claude-*", "quick_group", 44),
        ('aliases."*"', "quick_group", 44),
        ("server.host", '"::1"', 1),
        ("server.drain_timeout", "5", 1),
    ],
)
def test_a_value_is_told_with_the_line_that_it_comes_from(key: str, value: str, line: int) -> None:
    found = told(key)
    assert found.origin is not None
    assert (found.value, found.origin.place.line) == (value, line)


def test_a_default_is_told_with_what_the_models_say() -> None:
    found = told("task_groups.deep_group.timeouts.total")
    assert (found.value, found.origin) == ("600", None)
    assert found.setting is not None
    assert found.setting.shape.unit == "seconds"
    assert found.setting.description.startswith("The whole request in seconds")


def test_a_table_tells_its_children_echelons_among_them() -> None:
    found = told("task_groups.deep_group")
    assert [child.key for child in found.children][-4:] == ["first", "last", "translation", "analysis"]
    assert {child.key: child.value for child in found.children}["rpm_limit"] == "not set"


def test_every_path_that_is_told_can_be_asked_for() -> None:
    paths = [found.path for found in everything()]
    assert len(paths) > 150
    assert [told(path).path for path in paths] == paths


def test_names_with_dots_in_them_are_found() -> None:
    source = {
        "providers": {"p": {"base_url": "http://127.0.0.1:1"}},
        "models": {"gpt-4": {"provider": "p", "model": "a"}, "gpt-4.1": {"provider": "p", "model": "b"}},
    }
    assert told("models.gpt-4.1.model", source).value == "b"
    assert told("models.gpt-4.model", source).value == "a"
    assert told('models."gpt-4.1".model', source).value == "b"


def test_no_secret_and_no_text_from_a_variable_is_told() -> None:
    source = {
        "server": {"port": "${PORT}", "allowed_hosts": ["${C}"]},
        "providers": {
            "p": {"base_url": "http://${C}", "api_key": f"{CANARY}-in-the-file", "headers": {"X-A": "${C}", "X-B": CANARY}},
            "q": {"base_url": "http://h", "api_keys": ["${C}", f"{CANARY}-2"]},
        },
        "models": {"m": {"provider": "p", "model": "x-${C}"}},
        "task_groups": {"g": {"description": "${C}", "e": {"models": ["m", "p:${C}"], "stop": ["${C}"]}}},
        "aliases": {"a": "${G}"},
    }
    environ = {"C": CANARY, "PORT": "8484", "G": "g"}
    assert [each.path for each in everything(source, environ) if CANARY in each.path + each.value] == []
    for key in ("zzz", "models.zzz", "models.p", "model", "canary"):
        with pytest.raises(UnknownKeyError) as caught:
            told(key, source, environ)
        assert CANARY not in str(caught.value)
    assert told("server.port", source, environ).value == "8484"
    origin = told("providers.q.api_keys[0]", source, environ).origin
    assert origin is not None
    assert origin.variables == ("C",)


def test_what_looks_like_a_key_is_masked_wherever_it_stands() -> None:
    source = {
        "task_groups": {"g": {"description": "uses sk-proj-abcdef123", "e": {"models": ["p:m"]}}},
        "providers": {"p": {"base_url": "http://h"}},
    }
    assert told("task_groups.g.description", source).value == '"uses **********"'


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("task_groups.quick_group.echelon1.rpm_limt", "did you mean 'task_groups.quick_group.echelon1.rpm_limit'?"),
        ("task_groups.quick_grop.timeouts", "did you mean 'task_groups.quick_group'?"),
        ("model.north-large", "did you mean 'models'?"),
        ("bucket_size", "there is polling_pools.quick_pool.rate_limiting.token_bucket.bucket_size)"),
        ("zzz", "there is config_validation, server, providers, models, task_groups, …"),
        ("task_groups.deep_group.fallback_config.circuit_breaker.recovery_time", "it is not set"),
        ("server.port.number", "it is a single value"),
        ("task_groups.quick_group.echelon1.models[9]", "there is [0], [1]"),
        ("server..port", "there is no"),
        ("[0]", "there is no"),
        (".", "there is no"),
    ],
)
def test_an_unknown_key_is_told_with_the_nearest_known_one(key: str, said: str) -> None:
    with pytest.raises(UnknownKeyError) as caught:
        told(key)
    assert said in str(caught.value)


def test_a_text_with_variables_is_told_as_the_file_writes_it_and_one_that_is_a_variable_is_not_told() -> None:
    source = {"providers": {"p": {"base_url": "http://${HOST:127.0.0.1}:1/v1", "api_key": "${KEY:not-a-key}"}}}
    assert told("providers.p.base_url", source, {"HOST": CANARY}).value == '"http://${HOST:127.0.0.1}:1/v1"'
    assert told("providers.p.api_key", source, {}).value == HIDDEN


def test_a_text_that_a_variable_sets_is_not_told(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text('providers: {p: {base_url: "http://127.0.0.1/v1"}}\n')
    found = told("providers.p.base_url", path, {"PYPROXY__PROVIDERS__P__BASE_URL": f"http://{CANARY}/v1"})
    assert found.value == HIDDEN
