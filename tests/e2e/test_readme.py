"""What the README tells people to write and run does what it says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.processes import run

if TYPE_CHECKING:
    from support.processes import Mock

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README.read_text() if README.exists() else "", re.DOTALL | re.MULTILINE)
PYTHON = [code for language, code in BLOCKS if language == "python"]
YAML = [code for language, code in BLOCKS if language == "yaml"]


@pytest.mark.parametrize("code", PYTHON, ids=[str(number) for number in range(len(PYTHON))])
def test_a_snippet_runs(code: str, provider: Mock, tmp_path: Path) -> None:
    config = {
        "providers": {"mock": {"dialect": "openai", "base_url": provider.base_url}},
        "task_groups": {"fast_group": {"echelon1": {"models": ["mock:readme"]}}},
    }
    (tmp_path / "pyproxy.yaml").write_text(json.dumps(config))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    if "generate(" in code:
        assert "This is readme, answering: Hello" in done.stdout


@pytest.mark.parametrize("code", YAML, ids=[str(number) for number in range(len(YAML))])
def test_a_configuration_is_accepted_without_a_warning(code: str, tmp_path: Path) -> None:
    (tmp_path / "pyproxy.yaml").write_text(code)
    result = run("check", "pyproxy.yaml", cwd=tmp_path, env={"OPENAI_API_KEY": "sk-1", "ANTHROPIC_API_KEY": "sk-2"})
    assert (result.code, result.stderr) == (0, "")


def test_the_commands_are_there(tmp_path: Path) -> None:
    commands = {found for language, code in BLOCKS if language == "sh" for found in re.findall(r"\bpyproxy (\w+)", code)}
    for command in sorted(commands):
        assert run(command, "--help", cwd=tmp_path).code == 0


def test_the_targets_of_make_are_there() -> None:
    makefile = README.with_name("Makefile").read_text()
    for language, code in BLOCKS:
        if language == "sh":
            for target in re.findall(r"^make (\w+)", code, re.MULTILINE):
                assert re.search(rf"^{target}:", makefile, re.MULTILINE)
