"""Configurations as people break them, each with its faults in its head, and nothing told beside those.

A file of `tests/corpus/broken` begins with comments: what is wrong in it; ``# environ NAME=value`` for each variable it is read with;
and ``# error LINE:COLUMN text`` or ``# warning …`` for each fault, in the order of the lines, with a part of the message and its hint
as they are printed. Any format that the loader reads may join: what ends in .toml is read as TOML.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from pyproxy.config import Fault, check_config

CORPUS = Path(__file__).parents[2] / "corpus" / "broken"
FILES = sorted(path for path in CORPUS.iterdir() if path.suffix in (".yaml", ".toml"))
SETTING_WITHOUT_EFFECT = "accepted, not in effect yet"
FAULT = re.compile(r"# (error|warning) (\d+):(\d+) (.+)")
VARIABLE = re.compile(r"# environ (\w+)=(.*)")


class Told(NamedTuple):
    severity: str
    line: int | None
    column: int | None
    text: str


def expected(path: Path) -> list[Told]:
    head = (FAULT.fullmatch(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [Told(found[1], int(found[2]), int(found[3]), found[4]) for found in head if found]


def environ(path: Path) -> dict[str, str]:
    head = (VARIABLE.fullmatch(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {found[1]: found[2] for found in head if found}


def told(faults: tuple[Fault, ...]) -> list[Told]:
    return [
        Told(fault.severity, fault.line, fault.column, f"{fault.message} ({fault.hint})" if fault.hint else fault.message)
        for fault in faults
        if not fault.message.startswith(SETTING_WITHOUT_EFFECT)
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_broken_file_is_told_of_exactly_what_its_head_says(path: Path) -> None:
    config, faults = check_config(path, environ(path))
    found = told(faults)
    wanted = expected(path)
    assert wanted
    assert [one[:3] for one in found] == [one[:3] for one in wanted], [str(fault) for fault in faults]
    for one, part in zip(found, wanted, strict=True):
        assert part.text in one.text
    assert (config is None) == any(one.severity == "error" for one in wanted)
    assert all(fault.file == str(path) for fault in faults)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_message_repeats_a_credential(path: Path) -> None:
    for mode in ("strict", "lenient"):
        _, faults = check_config(path, environ(path), mode=mode)
        assert not any("not-a-real-key" in str(fault) for fault in faults)


def test_there_are_at_least_sixty() -> None:
    assert len(FILES) >= 60
