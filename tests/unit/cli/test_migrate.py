"""`pyproxy migrate`: what it prints, what it writes, and its exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from support.old_files import FALLBACK, GROUP, MAIN, SINGLE, put, texts

from pyproxy.cli import main

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "old/main.yaml": MAIN,
    "old/global_fallback.yaml": "# for all\n" + FALLBACK + "notify: ops\n",
    "old/groups/fast.yaml": GROUP,
    "old/gpt4.yaml": SINGLE.replace("${KEY:none}", "not-a-real-key"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return put(tmp_path, FILES)


def migrate(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["migrate", *arguments])


def test_the_plan_is_told_as_a_diff_with_what_is_lost_and_the_command_that_does_it(folder: Path) -> None:
    result = migrate("old")
    assert (result.exit_code, result.stderr) == (0, "")
    diff, _, rest = result.stdout.partition("Not carried over:\n")
    assert "--- old/groups/fast.yaml\n+++ old/groups/fast.yaml\n@@ -2,3 +2,9 @@\n" in diff
    assert "\n+fallback_config:\n+  strategy: echelon_down\n" in diff
    assert "--- old/global_fallback.yaml\n+++ /dev/null\n" in diff
    assert "--- /dev/null\n+++ old/models/gpt4.yaml\n" in diff
    assert rest == (
        "  old/global_fallback.yaml: has comments, which are not carried over\n"
        "  old/global_fallback.yaml:8:1: notify: is not carried over: a task group's fallback has nothing like it\n\n"
        "Nothing was written. To do it: pyproxy migrate old --write\n"
    )
    assert texts(folder) == FILES


@pytest.mark.usefixtures("folder")
def test_no_credential_is_printed() -> None:
    result = migrate("old")
    assert "not-a-real-key" not in result.output
    assert "-api_key: **********\n" in result.stdout


def test_it_is_done_once(folder: Path) -> None:
    result = migrate("old", "--write")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "old: wrote 3 files and removed 2 files")
    after = texts(folder)
    assert sorted(after) == ["old/groups/fast.yaml", "old/main.yaml", "old/models/gpt4.yaml", "old/providers/openai.yaml"]
    for arguments in (("old",), ("old", "--write")):
        again = migrate(*arguments)
        assert (again.exit_code, again.output) == (0, "old: nothing to migrate\n")
    assert texts(folder) == after


def test_a_configuration_with_faults_is_not_migrated(folder: Path) -> None:
    put(folder, {"old/groups/fast.yaml": GROUP.replace("[a]", "[c]")})
    result = migrate("old", "--write")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "error: old/groups/fast.yaml:2:12: task_groups.fast.one.models[0]: there is no model 'c'" in result.stderr
    assert (folder / "old/global_fallback.yaml").exists()


def test_variables_that_are_not_set_here_do_not_matter(folder: Path) -> None:
    put(folder, {"old/gpt4.yaml": SINGLE.replace("${KEY:none}", "${NOT_SET_HERE}")})
    assert migrate("old", "--write").exit_code == 0
    assert '"${NOT_SET_HERE}"' in texts(folder)["old/providers/openai.yaml"]


def test_what_is_to_be_done_by_hand_is_told_and_makes_it_unfinished(folder: Path) -> None:
    put(folder, {"old/groups/fast.yaml": "{one: {models: [a]}}\n"})
    told = migrate("old")
    assert told.exit_code == 1
    assert "To be done by hand:\n  old/groups/fast.yaml:1:1: the task group fast has no place" in told.stdout
    assert "\n    fallback_config: {strategy: echelon_down, max_attempts: 4, " in told.stdout
    before = texts(folder)
    assert migrate("old", "--write").exit_code == 1
    assert texts(folder) == before


def test_what_cannot_be_written_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pyproxy.config.migration.writing.tempfile.mkstemp", full)
    result = migrate("old", "--write")
    assert (result.exit_code, "No space left on device; nothing was written" in result.stderr) == (1, True)
    assert texts(folder) == FILES


@pytest.mark.parametrize("arguments", [(), ("none",), ("old", "--wirte")])
@pytest.mark.usefixtures("folder")
def test_it_must_be_called_as_it_is_meant(arguments: tuple[str, ...]) -> None:
    assert migrate(*arguments).exit_code == 2
