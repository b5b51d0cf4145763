"""`pyproxy explain`: how a value, a table and a mistake look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from pyproxy.cli import main

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "sk-canary-71c9"
CONFIG = """\
providers:
  one: {base_url: "http://127.0.0.1:1/v1", api_key: "${ONE_KEY}"}
  two: {base_url: "http://127.0.0.1:2/v1", api_key: sk-canary-71c9}
task_groups:
  fast_group:
    echelon1: {models: ["one:m"], rpm_limit: 600, temperature: 0.5}
    timeouts: {total: 60}
wrappers:
  chat: {type: task_group, target: fast_group}
"""


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproxy.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)


def explain(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["explain", *arguments], env={"ONE_KEY": SECRET})
    assert SECRET not in result.output
    return result


def test_a_value_is_told_with_its_line_its_meaning_and_its_unit() -> None:
    assert explain("task_groups.fast_group.echelon1.rpm_limit").stdout.splitlines() == [
        "task_groups.fast_group.echelon1.rpm_limit: 600",
        "  from     pyproxy.yaml:6:35",
        "  meaning  Requests a minute.",
        "  type     whole number, 1 to 1,000,000,000,000",
        "  unit     requests a minute",
        "  default  not set",
    ]


def test_a_default_is_told_as_one() -> None:
    lines = explain("task_groups.fast_group.timeouts.connect").stdout.splitlines()
    assert lines[:2] == ["task_groups.fast_group.timeouts.connect: 5", "  from     default"]


def test_a_setting_without_effect_is_told_as_one() -> None:
    said = explain("wrappers.chat.health_check").stdout
    assert said.endswith("  in effect  not yet: wrappers have no checks of their own; those of a pool do\n")


def test_a_table_tells_its_children_and_where_each_comes_from() -> None:
    lines = explain("task_groups.fast_group").stdout.splitlines()
    assert lines[0] == "task_groups.fast_group  pyproxy.yaml:5:3"
    assert lines[1].split() == ["timeouts", "{total:", "60}", "pyproxy.yaml:7:5"]
    assert lines[2].startswith('  echelon1           {models: ["one:m"], rpm_limit: 600, temperature: 0.5}')
    assert lines[3].split() == ["description", '""', "default"]


def test_a_secret_is_masked_and_its_variable_is_named() -> None:
    assert explain("providers.one.api_key").stdout.splitlines()[:2] == [
        "providers.one.api_key: **********",
        "  from     pyproxy.yaml:2:44, by way of ${ONE_KEY}",
    ]
    assert explain("providers.two.api_key").stdout.splitlines()[1].endswith("in the file itself: a variable is safer")
    assert "**********" in explain("providers").stdout
    assert explain("").exit_code == 0


def test_an_unknown_key_is_told_with_the_nearest_one() -> None:
    result = explain("task_groups.fast_group.echelon1.rpm_limt")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "pyproxy: there is no 'rpm_limt' in task_groups.fast_group.echelon1 (did you mean 'task_groups.fast_group.echelon1.rpm_limit'?)\n"
    )


def test_a_configuration_that_cannot_be_used_is_told_by_its_faults(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(CONFIG.replace("one:m", "tow:m"))
    result = explain("server", "--config", "bad.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("pyproxy: bad.yaml:6:")
