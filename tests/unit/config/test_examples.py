"""The configurations in `configs/`: they load, say what they are, and hold no secret; `tests/scenarios` runs them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from support.examples import CONFIGS, EXAMPLES, VARIABLES, files_of, loaded

from pyproxy.config import check_config

if TYPE_CHECKING:
    from pathlib import Path

MARK = "not in effect yet"
README = CONFIGS / "README.md"
FILES = [file for example in EXAMPLES for file in files_of(example)]


def head(file: Path) -> list[str]:
    """The comment that a file begins with, without the line for editors."""
    lines = file.read_text(encoding="utf-8").splitlines()
    first = 1 if "schema" in lines[0] else 0
    end = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    return lines[first:end]


def named(file: Path) -> str:
    return file.relative_to(CONFIGS).as_posix()


@pytest.mark.parametrize(
    ("example", "environment"), [(example, "") for example in EXAMPLES] + [("full-toml", "prod"), ("full-yaml", "prod")]
)
def test_every_example_loads_strictly_and_is_warned_only_of_what_is_not_in_effect_yet(example: str, environment: str) -> None:
    config, faults = loaded(example, PYPROXY_ENV=environment)
    assert config.config_validation == "strict"
    assert config.task_groups
    assert [fault for fault in faults if not fault.message.startswith(f"accepted, {MARK}: ")] == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_is_not_in_effect_yet_is_marked_where_it_stands_and_nothing_else_is(example: str) -> None:
    _, faults = loaded(example)
    told: dict[str, set[int]] = {}
    for fault in faults:
        told.setdefault(fault.file, set()).add(fault.line or 0)
    for file in files_of(example):
        lines = file.read_text(encoding="utf-8").splitlines()
        whole = any(MARK in line for line in head(file))
        marked = {number for number, line in enumerate(lines, 1) if MARK in line and number > len(head(file)) + 1}
        told_here = told.get(str(file), set())
        # A head may also tell of what no setting stands for, so that it is asked for one only where there is a directory of them.
        assert marked == (set() if whole else told_here), named(file)
        assert not whole or told_here or not (CONFIGS / example).is_dir(), named(file)


@pytest.mark.parametrize("file", FILES, ids=named)
def test_every_file_says_for_whom_it_is_and_which_variables_it_wants(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(head(file)) >= 2
    for name in re.findall(r"\$\{(\w+)\}", text):
        assert name in VARIABLES
        assert name in "\n".join(head(file))


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_says_how_to_start_it_and_is_in_the_table(example: str) -> None:
    registry = next((file for file in files_of(example) if file.stem == "_registry"), None)
    command = "pyproxy demo" if example == "demo.yaml" else f"pyproxy serve --config configs/{example}"
    assert command in "\n".join(head(registry or CONFIGS / example))
    rows = [line for line in README.read_text(encoding="utf-8").splitlines() if line.startswith(f"| [`{example}`]({example}")]
    assert len(rows) == 1
    assert command in rows[0]


@pytest.mark.parametrize("file", FILES, ids=named)
def test_no_file_holds_a_credential(file: Path) -> None:
    for line in file.read_text(encoding="utf-8").splitlines():
        for value in re.findall(r"""\bapi_keys?\b["']?\s*[:=]\s*(.*)""", line):
            assert "${" in value or file.name == "demo.yaml"


@pytest.mark.parametrize("variables", [{}, {"PYPROXY_ENV": "prod"}, {"PYPROXY__SERVER__PORT": "9000"}], ids=["plain", "prod", "variable"])
def test_the_full_directory_means_the_same_in_toml_and_in_yaml(variables: dict[str, str]) -> None:
    (toml, toml_faults), (yaml, yaml_faults) = (loaded(f"full-{ending}", **variables) for ending in ("toml", "yaml"))
    assert toml.model_dump() == yaml.model_dump()
    assert toml.revision == yaml.revision
    assert toml.source != yaml.source
    assert [(fault.path, fault.message) for fault in toml_faults] == [(fault.path, fault.message) for fault in yaml_faults]


def test_the_full_directory_has_the_same_files_in_toml_and_in_yaml() -> None:
    toml, yaml = ([file.relative_to(CONFIGS / f"full-{ending}") for file in files_of(f"full-{ending}")] for ending in ("toml", "yaml"))
    assert {file.suffix for file in toml} == {".toml"}
    assert {file.suffix for file in yaml} == {".yaml"}
    assert [file.with_suffix("") for file in toml] == [file.with_suffix("") for file in yaml]
    for one, other in zip(toml, yaml, strict=True):
        said = [line.replace("toml", "yaml").replace(" = ", ": ") for line in head(CONFIGS / "full-toml" / one)]
        assert said == head(CONFIGS / "full-yaml" / other)


def test_the_full_directory_comes_together_as_it_says() -> None:
    config, _ = loaded("full-toml")
    plan = config.task_groups["plan_group"]
    assert [echelon.models for echelon in plan.echelons] == [("anthropic-opus", "openai-astra"), ("anthropic-sonnet", "gemini-flash")]
    assert (plan.timeouts.connect, plan.timeouts.first_byte, plan.timeouts.total) == (5, 90, 300)
    pool = config.polling_pools["fast_pool"]
    assert (pool.health_check_interval, pool.failure_threshold, pool.recovery_time) == (30, 2, 60)
    assert config.nodes["review_node"].concurrency_limit == 2
    assert (config.server.hot_reload, config.server.reload_interval) == (True, 0.5)
    assert "review_group" in config.task_groups
    assert "trial_group" not in config.task_groups


def test_the_layer_for_production_adds_to_the_full_directory() -> None:
    plain, production = (loaded("full-toml", **variables)[0] for variables in ({}, {"PYPROXY_ENV": "prod"}))
    assert (plain.server.drain_timeout, production.server.drain_timeout) == (30, 120)
    assert production.server.allowed_hosts == (*plain.server.allowed_hosts, "sidecar.prod.internal")
    groups = plain.task_groups["fast_group"], production.task_groups["fast_group"]
    assert [group.concurrency_limit for group in groups] == [None, 200]
    assert groups[0].echelons == groups[1].echelons


def test_the_demo_takes_the_addresses_of_its_providers_from_the_environment() -> None:
    config, faults = check_config(CONFIGS / "demo.yaml", {"PYPROXY_DEMO_ALPHA": "http://127.0.0.1:1234/v1"})
    assert config is not None
    assert faults == ()
    assert config.providers["alpha"].base_url == "http://127.0.0.1:1234/v1"
    assert config.providers["beta"].base_url == "http://127.0.0.1:8492/v1"
    assert [echelon.models for echelon in config.task_groups["fast_group"].echelons] == [("alpha-fast",), ("beta-fast",)]
