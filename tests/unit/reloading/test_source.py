"""What is read of a configuration that serves already, while somebody writes it."""

from __future__ import annotations

import os
from itertools import product
from typing import TYPE_CHECKING

import pytest

from pyproxy.reloading import ConfigSource

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAIN = """\
config_validation: lenient
providers: {p: {base_url: 'http://h'}}
models: {m: {provider: p, model: x, inherits_from: ../shared/base.yaml}}
"""
GROUP = "e: {models: [m]}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "conf"
    for path, text in {
        "main.yaml": MAIN,
        "groups/g.yaml": GROUP,
        "groups/to-come.yaml": "",
        "_registry.toml": "[nodes.n]\nfile = '../shared/n.yaml'\n",
        "../shared/base.yaml": "rpm_limit: 5\n",
        "../shared/n.yaml": "llm_group: g\n",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def not_whole(path: Path) -> None:
    path.write_text(path.read_text() + "and: [so, on")


def not_text(path: Path) -> None:
    path.write_bytes(b"\xff")


def no_table(path: Path) -> None:
    path.write_text("e")


def emptied(path: Path) -> None:
    path.write_text("")


def gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("path", "harm"),
    [
        *product(["groups/g.yaml", "../shared/base.yaml", "../shared/n.yaml"], [not_whole, not_text, no_table, emptied]),
        *product(["../shared/base.yaml", "../shared/n.yaml"], [gone]),
    ],
)
def test_a_lenient_configuration_that_serves_loses_nothing_to_a_file_that_is_not_whole(
    folder: Path, path: str, harm: Callable[[Path], None]
) -> None:
    source = ConfigSource(folder, {})
    first = source.read().config
    assert first is not None
    assert first.models["m"].rpm_limit == 5
    whole = (folder / path).read_text()
    harm(folder / path)
    refused = source.read()
    assert refused.config is None
    assert [fault.severity for fault in refused.faults] == ["error"]
    (folder / path).write_text(whole)
    again = source.read().config
    assert again is not None
    assert again.revision == first.revision


@pytest.mark.parametrize("harm", [not_whole, not_text, no_table, emptied])
def test_it_begins_without_a_file_that_is_not_whole(folder: Path, harm: Callable[[Path], None]) -> None:
    harm(folder / "groups" / "g.yaml")
    config = ConfigSource(folder, {}).read().config
    assert config is not None
    assert (list(config.task_groups), list(config.nodes)) == ([], [])


def test_what_is_broken_by_its_meaning_alone_is_left_out_as_ever(folder: Path) -> None:
    source = ConfigSource(folder, {})
    source.read()
    (folder / "groups" / "h.yaml").write_text("e: {models: [nobody]}\n")
    reading = source.read()
    assert reading.config is not None
    assert list(reading.config.task_groups) == ["g"]
    assert "is left out" in str(reading.faults)


@pytest.mark.parametrize("mode", ["strict", "lenient"])
def test_a_file_may_be_deleted_or_commented_out_but_not_emptied(folder: Path, mode: str) -> None:
    (folder / "main.yaml").write_text(MAIN.replace("lenient", mode))
    (folder / "_registry.toml").unlink()
    source = ConfigSource(folder, {})
    for text, taken in (("", False), ("# nothing now\n", True), (GROUP, True), ("", False), (None, True)):
        source.read()
        if text is None:
            (folder / "groups" / "g.yaml").unlink()
        else:
            (folder / "groups" / "g.yaml").write_text(text)
        reading = source.read()
        assert (reading.config is not None) is taken
        assert taken or "g.yaml: has been emptied" in str(reading.faults[0])


def test_a_file_that_began_empty_may_be_filled_and_is_then_like_any_other(folder: Path) -> None:
    source = ConfigSource(folder, {})
    source.read()
    later = folder / "groups" / "to-come.yaml"
    for text, taken in ((GROUP, True), ("", False)):
        later.write_text(text)
        assert (source.read().config is not None) is taken


def test_files_outside_of_the_directory_are_part_of_what_is_looked_at(folder: Path) -> None:
    source = ConfigSource(folder, {})
    source.read()
    for path in ("base.yaml", "n.yaml"):
        before = source.signature()
        (folder.parent / "shared" / path).write_text("rpm_limit: 6\n")
        assert source.signature() != before


def test_one_that_is_missing_is_waited_for_and_what_was_known_is_not_forgotten(folder: Path) -> None:
    source = ConfigSource(folder, {})
    source.read()
    base = folder.parent / "shared" / "base.yaml"
    base.unlink()
    assert source.read().config is None
    (folder / "main.yaml").write_text("[")
    assert source.read().config is None
    before = source.signature()
    base.write_text("rpm_limit: 7\n")
    assert source.signature() != before


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pyproxy.yaml"
    path.write_text("providers: {p: {base_url: 'http://h'}}\nmodels: {m: {provider: p, model: x}}\n")
    source = ConfigSource(path, {})
    assert source.read().config is not None
    path.unlink()
    os.mkfifo(path)
    assert "not a regular file" in str(source.read().faults[0])
