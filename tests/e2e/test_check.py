"""`pyproxy check`, and the small print of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.processes import run

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "sk-canary-71c9"
GOOD = """\
providers:
  one: {dialect: openai, base_url: "http://127.0.0.1:1/v1", api_key: "${SECRET}"}
task_groups:
  fast_group:
    echelon1: {models: ["one:m"]}
"""


def test_a_good_file_is_told_with_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    result = run("check", "good.yaml", cwd=tmp_path, env={"SECRET": SECRET})
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout.startswith("good.yaml: ok (1 task group, 1 model, 1 provider; 0 warnings; revision ")


def test_every_fault_of_a_bad_file_is_told_in_one_run(tmp_path: Path) -> None:
    bad = GOOD.replace("dialect: openai", "dialect: openay").replace("fast_group:", "fast_group:\n    colour: red")
    (tmp_path / "bad.yaml").write_text(bad)
    result = run("check", "bad.yaml", cwd=tmp_path, env={"SECRET": SECRET})
    assert (result.code, result.stdout) == (1, "")
    assert "error: bad.yaml:2:" in result.stderr
    assert "error: bad.yaml:5:" in result.stderr
    assert result.stderr.splitlines()[-1] == "bad.yaml: 2 errors, 0 warnings; nothing would be started"


def test_a_missing_variable_is_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    result = run("check", "good.yaml", cwd=tmp_path)
    assert result.code == 1
    assert "good.yaml:2:" in result.stderr
    assert "SECRET" in result.stderr


@pytest.mark.parametrize(
    "line",
    [
        'server: {port: "${SECRET}"}',
        'server: {host: "${SECRET}"}',
        'aliases: {"x": "${SECRET}"}',
        'models: {m: {provider: "${SECRET}", model: m}}',
        'polling_pools: {p: {task_groups: ["${SECRET}"]}}',
        'nodes: {n: {llm_group: "${SECRET}"}}',
    ],
)
def test_a_value_from_the_environment_is_never_printed(tmp_path: Path, line: str) -> None:
    (tmp_path / "bad.yaml").write_text(GOOD + line + "\n")
    result = run("check", "bad.yaml", cwd=tmp_path, env={"SECRET": SECRET})
    assert result.code == 1
    assert SECRET not in result.said


def test_a_secret_in_the_file_itself_is_never_printed(tmp_path: Path) -> None:
    for number, change in enumerate((("api_key:", "api_key: 5, api_keys:"), ("openai,", "{},"), ("api_key:", "apikey:"), ("}", ""))):
        file = tmp_path / f"bad{number}.yaml"
        file.write_text(GOOD.replace("${SECRET}", SECRET).replace(*change, 1))
        result = run("check", file.name, cwd=tmp_path)
        assert result.code == 1
        assert SECRET not in result.said


def test_a_file_that_cannot_be_read_is_told_in_one_line(tmp_path: Path) -> None:
    for name in ("none.yaml", "."):
        result = run("check", name, cwd=tmp_path)
        assert result.code == 1
        assert "Traceback" not in result.said


def test_the_version_and_the_help_are_told(tmp_path: Path) -> None:
    assert run("--version", cwd=tmp_path).stdout.startswith("pyproxy, version ")
    commands = run("-h", cwd=tmp_path).stdout
    for command in ("serve", "check", "explain", "schema", "init", "mock", "demo"):
        assert command in commands
        assert run(command, "--help", cwd=tmp_path).code == 0


def test_a_check_loads_neither_a_server_nor_a_client(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    result = run("check", "good.yaml", cwd=tmp_path, env={"SECRET": SECRET, "PYTHONPROFILEIMPORTTIME": "1"})
    loaded = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines() if line.startswith("import time:")}
    assert "pyproxy.config.loader" in loaded
    assert loaded.isdisjoint({"asyncio", "fastapi", "starlette", "uvicorn", "httpx2", "httpcore2", "h11", "ssl", "pyproxy.runtime"})
