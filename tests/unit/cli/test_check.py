"""`pyproxy check` for people, for programs and for workflows: what it prints, where, and its exit code."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from pyproxy.cli import main
from pyproxy.cli.check_reports import REPORTS, Checked
from pyproxy.config import Fault

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
providers:
  one: {base_url: "http://127.0.0.1:1/v1"}
task_groups:
  fast_group:
    echelon1: {models: ["one:m"]}
"""
WARNED = GOOD.replace("fast_group:", "fast_group:\n    fallback_config: {max_attempts: 7}")
BAD = GOOD.replace("one: {", "one: {dialect: openay, ").replace("one:m", "tow:m")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("good.yaml", GOOD), ("warned.yaml", WARNED), ("bad.yaml", BAD)):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", *arguments])


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("good.yaml",), 0),
        (("good.yaml", "--strict"), 0),
        (("warned.yaml",), 0),
        (("warned.yaml", "--strict"), 1),
        (("bad.yaml",), 1),
        (("bad.yaml", "--strict"), 1),
        (("none.yaml",), 1),
        ((), 2),
        (("good.yaml", "--format", "xml"), 2),
    ],
)
def test_the_exit_code_says_whether_it_can_be_used(arguments: tuple[str, ...], code: int) -> None:
    assert check(*arguments).exit_code == code
    if code < 2:
        assert {check(*arguments, "--format", form).exit_code for form in REPORTS} == {code}


@pytest.mark.usefixtures("files")
def test_people_get_a_line_an_editor_can_follow_and_the_hint_below_it() -> None:
    result = check("bad.yaml")
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert lines[0] == "error: bad.yaml:2:18: providers.one.dialect: must be 'openai', 'anthropic' or 'gemini'"
    assert lines[1] == "       did you mean 'openai'?"
    assert lines[-1] == "bad.yaml: 2 errors, 0 warnings; nothing would be started"


@pytest.mark.usefixtures("files")
def test_people_are_told_what_strict_refuses() -> None:
    assert check("warned.yaml").stdout.startswith("warned.yaml: ok (1 task group, 1 model, 1 provider; 1 warning; revision ")
    assert check("warned.yaml", "--strict").stderr.endswith("\nwarned.yaml: 0 errors, 1 warning; --strict takes no warnings\n")


def test_the_faults_of_each_file_stand_together_under_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    faults = (
        Fault(file="a.yaml", line=1, column=2, path="x", message="is wrong", hint="mend it"),
        Fault(file="a.yaml", line=3, column=4, message="is odd", severity="warning"),
        Fault(file="b.yaml", message="cannot be read"),
    )
    REPORTS["human"](Checked("dir", None, faults, ok=False))
    assert capsys.readouterr().err.splitlines() == [
        "a.yaml: 1 error, 1 warning",
        "error: a.yaml:1:2: x: is wrong",
        "       mend it",
        "warning: a.yaml:3:4: is odd",
        "",
        "b.yaml: 1 error, 0 warnings",
        "error: b.yaml: cannot be read",
        "",
        "dir: 2 errors, 1 warning; nothing would be started",
    ]


@pytest.mark.usefixtures("files")
def test_programs_get_one_object_and_nothing_else() -> None:
    result = check("bad.yaml", "--format", "json")
    assert result.stderr == ""
    found: dict[str, Any] = json.loads(result.stdout)
    assert (found["ok"], found["revision"]) == (False, None)
    assert found["faults"][0] == {
        "severity": "error",
        "file": "bad.yaml",
        "line": 2,
        "column": 18,
        "path": "providers.one.dialect",
        "message": "must be 'openai', 'anthropic' or 'gemini'",
        "hint": "did you mean 'openai'?",
    }
    good = json.loads(check("good.yaml", "--format", "json").stdout)
    assert (good["ok"], good["faults"]) == (True, [])
    assert re.fullmatch("[0-9a-f]{12}", good["revision"])


@pytest.mark.usefixtures("files")
def test_a_workflow_gets_annotations_at_the_lines() -> None:
    assert check("bad.yaml", "--format", "github").stdout.splitlines()[0] == (
        "::error file=bad.yaml,line=2,col=18::providers.one.dialect: must be 'openai', 'anthropic' or 'gemini' (did you mean 'openai'?)"
    )
    assert check("warned.yaml", "--format", "github").stdout.startswith("::warning file=warned.yaml,line=5,col=23::")
    assert check("none.yaml", "--format", "github").stdout == "::error file=none.yaml::there is no such file\n"
    assert check("good.yaml", "--format", "github").stdout == ""


def test_no_text_breaks_out_of_an_annotation(capsys: pytest.CaptureFixture[str]) -> None:
    fault = Fault(file="a,line=9::b%\n::error::x", line=1, column=1, path="p", message="50%\r\n::set-output name=x::y", hint="a, b: c")
    REPORTS["github"](Checked("a\n::error::x", None, (fault,), ok=False))
    said = capsys.readouterr()
    assert said.out == (
        "::error file=a%2Cline=9%3A%3Ab%25%0A%3A%3Aerror%3A%3Ax,line=1,col=1::p: 50%25%0D%0A::set-output name=x::y (a, b: c)\n"
    )
    assert len(said.err.splitlines()) == 1
