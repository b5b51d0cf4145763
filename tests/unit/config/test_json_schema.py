"""The JSON Schema says what the models say, and is the one that the examples point at."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from support.json_schema import faults_of

from pyproxy.config import Config, EchelonConfig, TaskGroupConfig, check_config
from pyproxy.config.described import settings_of
from pyproxy.config.json_schema import json_schema, schema_text

if TYPE_CHECKING:
    from pyproxy.config.settings import Settings

CONFIGS = Path(__file__).parents[3] / "configs"
SCHEMA = CONFIGS / "pyproxy.schema.json"
CANONICAL = Path(__file__).with_name("canonical.yaml")
EXAMPLES = sorted((*CONFIGS.glob("*.yaml"), *CONFIGS.glob("*.toml")))
HEADERS = {".yaml": r"# yaml-language-server: \$schema=(\S+)", ".toml": r"#:schema (\S+)"}
GROUP: dict[str, dict[str, dict[str, Any]]] = {
    "providers": {"p": {"base_url": "http://127.0.0.1:1"}},
    "task_groups": {"g": {"e": {"models": ["p:m"]}}},
}


def changed(*path: str, value: Any) -> dict[str, Any]:
    """The small configuration with one more value in it."""
    made: dict[str, Any] = {section: {name: dict(table) for name, table in tables.items()} for section, tables in GROUP.items()}
    here = made
    for key in path[:-1]:
        here[key] = dict(here.get(key, {}))
        here = here[key]
    here[path[-1]] = value
    return made


def test_the_committed_schema_is_current() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), "run make docs"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_begins_with_the_way_to_the_schema(path: Path) -> None:
    header = re.fullmatch(HEADERS[path.suffix], path.read_text(encoding="utf-8").partition("\n")[0])
    assert header is not None
    assert (path.parent / header[1]).resolve() == SCHEMA


@pytest.mark.parametrize("path", [*sorted(CONFIGS.glob("*.yaml")), CANONICAL], ids=lambda path: path.name)
def test_what_is_right_is_right_by_the_schema(path: Path) -> None:
    assert faults_of(yaml.safe_load(path.read_text(encoding="utf-8")), json_schema()) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("server", "prot"), 1),
        (("server", "port"), 70_000),
        (("server", "port"), "8484"),
        (("server", "port"), None),
        (("server", "drain_timeout"), 0),
        (("providers", "p", "dialect"), "openay"),
        (("providers", "p", "api_keys"), []),
        (("models", "m"), {"provider": "p"}),
        (("models", "m"), {"provider": "p", "model": ""}),
        (("task_groups", "g", "name"), "g"),
        (("task_groups", "g", "echelons"), 3),
        (("task_groups", "g", "e", "name"), "e"),
        (("task_groups", "g", "e", "models"), "p:m"),
        (("task_groups", "g", "colour"), "red"),
        (("task_groups", "g", "second"), {"rpm_limit": 5}),
        (("aliases", "a"), ["g"]),
    ],
)
def test_what_is_wrong_is_wrong_by_the_schema_and_by_the_check(path: tuple[str, ...], value: Any) -> None:
    made = changed(*path, value=value)
    assert faults_of(made, json_schema())
    if value != "8484":  # a quoted number is no number to an editor, while the check is kind
        assert check_config(made, {})[0] is None


@pytest.mark.parametrize("value", ["${PORT}", "${PORT:8484}", "${PORT:-8484}"])
def test_a_variable_may_stand_for_a_number(value: str) -> None:
    made = changed("server", "port", value=value)
    assert faults_of(made, json_schema()) == []
    assert check_config(made, {"PORT": "1"})[0] is not None


def test_the_schema_has_every_setting_that_a_file_can_give_and_no_other() -> None:
    schema = json_schema()
    tables = {"Config": schema, **{name: table for name, table in schema["$defs"].items() if "properties" in table}}
    models: dict[str, type[Settings]] = {kind.__name__: kind for kind in _all_models(Config)}
    assert set(tables) == set(models)
    for name, model in models.items():
        assert set(tables[name]["properties"]) == set(model.model_fields) - model.made_by_the_reader


def test_every_property_is_described_with_examples_that_it_takes() -> None:
    schema = json_schema()
    for table in (schema, *schema["$defs"].values()):
        for name, said in table.get("properties", {}).items():
            assert said["description"], name
            assert said["examples"], name
            for value in [*said["examples"], *([said["default"]] if said.get("default") not in (None, []) else [])]:
                assert faults_of(value, said, schema) == [], name


def test_what_is_not_in_effect_yet_says_so() -> None:
    said = json_schema()["$defs"]["WrapperConfig"]["properties"]["health_check"]["description"]
    assert said == "Whether its target is checked. Not in effect yet: wrappers have no checks of their own; those of a pool do."


def _all_models(model: type[Settings]) -> set[type[Settings]]:
    inner = {shape.model or (shape.item.model if shape.item else None) for shape in (setting.shape for setting in settings_of(model))}
    within = {EchelonConfig} if model is TaskGroupConfig else set()
    return {model}.union(*(_all_models(kind) for kind in inner if kind), within)
