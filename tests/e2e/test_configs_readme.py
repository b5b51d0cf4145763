"""The commands that `configs/README.md` shows do what it says."""

from __future__ import annotations

import re
import shlex

import pytest
from support.examples import CONFIGS, VARIABLES
from support.processes import run

README = CONFIGS / "README.md"
COMMANDS = re.findall(r"^\$ (.+)$", README.read_text(encoding="utf-8"), re.MULTILINE)


def test_there_are_commands() -> None:
    assert len(COMMANDS) >= 3


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_runs(command: str) -> None:
    words = shlex.split(command)
    program = words.index("pyproxy")
    result = run(*words[program + 1 :], cwd=CONFIGS.parent, env=VARIABLES | dict(word.split("=", 1) for word in words[:program]))
    assert result.code == 0, result.said
    for name, secret in VARIABLES.items():
        assert name.startswith("VLLM") or secret not in result.said


def test_the_paths_of_the_page_are_there() -> None:
    for path in re.findall(r"\]\(([^)]+)\)", README.read_text(encoding="utf-8")):
        assert (CONFIGS / path).exists()
