"""Files made to exhaust a reader, as large as they may be: each ends in an error within 2 s and 200 MB, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support import measured

import pyproxy
from pyproxy.config.faults import MOST_FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SECONDS = 2.0  # of the processor, imports not counted; the slowest takes 1.3 on two busy cores
MEBIBYTES = 200 * 1e6 / 2**20
LARGEST = 10 * 1024 * 1024 - 100
NODES = 60_000


def full(unit: str) -> str:
    return unit * (LARGEST // len(unit.encode()))


def bomb(first: str, opens: str, closes: str) -> str:
    """Levels that each repeat the one before ten times."""
    return "\n".join([f"a0: &a0 {first}", *(f"a{i}: &a{i} {opens}{f'*a{i - 1}, ' * 10}{closes}" for i in range(1, 12))])


def numbered(form: str, most: int) -> str:
    return "".join(form.format(i) for i in range(most))


YAML: dict[str, tuple[Callable[[], str], str]] = {
    "lists": (lambda: full("["), "nested more than 64 levels"),
    "tables": (lambda: full("{a: "), "nested more than 64 levels"),
    "dashes": (lambda: full("- "), "nested more than 64 levels"),
    "question marks": (lambda: full("? "), "nested more than 64 levels"),
    "indentation": (lambda: "\n".join(" " * i + "a:" for i in range(4000)), "nested more than 64 levels"),
    "alias bomb": (lambda: bomb("[x, x, x, x, x, x, x, x, x, x]", "[", "]"), "more than 60,000 keys and values"),
    "merge bomb": (lambda: bomb("{k: v}", "{<<: [", "]}"), "more than 60,000 keys"),
    "alias of a long text": (lambda: f"a: &a {'x' * 10**6}\nb: [{'*a, ' * 55_000}]", "more than 10,485,760 characters of text"),
    "alias of variables": (lambda: f"a: &a '{'${A:xxxxxxxx}' * 1000}'\nb: [{'*a, ' * 55_000}]", "more than 10,485,760 characters"),
    "variables that are not closed": (lambda: 'server: {host: "' + "${A:" * 9_000 + "x" * (LARGEST - 50_000) + '"}', "no variable"),
    "much that is inherited by many": (
        lambda: (
            "task_groups:\n  g: {" + numbered("e{0}: {{models: [m]}}, ", 3_000) + "}\n" + numbered("  h{0}: {{inherits_from: g}}\n", 2_000)
        ),
        "what is inherited included",
    ),
    "a global fallback to many for many": (
        lambda: (
            "global_fallback: {targets: ["
            + numbered("g{0}, ", 6_000)
            + "]}\ntask_groups:\n"
            + numbered("  g{0}: {{e: {{models: [m]}}}}\n", 6_000)
        ),
        "as it counts in each task group",
    ),
    "anchors": (lambda: numbered("- &a{0} x\n", 700_000), "more than 60,000 keys and values"),
    "wide": (lambda: "a: [" + full("1,") + "]", "more than 60,000 keys and values"),
    "one key": (lambda: full("a: 1\n"), "more than 60,000 keys and values"),
    "doubled keys": (lambda: "server:\n" + "  port: 1\n" * (NODES // 2 - 10), "is written twice"),
    "misspelt keys": (lambda: "server:\n" + numbered("  prt{0}: 1\n", NODES // 2 - 10), "is no setting here"),
    "names of nothing": (lambda: "aliases:\n" + numbered("  a{0}: b{0}\n", NODES // 2 - 10), "there is no target"),
    "a long line": (lambda: "server: {host: " + full("x") + "}", "loopback"),
    "a long line of wide characters": (lambda: "a: " + full("𝄞"), "is no setting here"),
    "a long key": (lambda: "? " + full("k") + "\n: 1", "is no setting here"),
    "a long text in quotes": (lambda: 'a: "' + full("\\x41") + '"', "is no setting here"),
    "a quote that is not closed": (lambda: '"' + full("x"), "a quote that is never closed"),
    "a long number": (lambda: "server: {port: " + full("9") + "}", "whole number"),
    "comments": (lambda: full("#\n"), "the file is empty"),
    "documents": (lambda: full("---\n"), "a second document"),
    "NULs": (lambda: full("\0"), "control character U+0000"),
    "a NUL at the end": (lambda: "a: b\n" + full(" ") + "\0", "control character U+0000"),
    "variables": (lambda: 'server: {host: "' + full("${A}") + '"}', "more than 10,000 variables"),
    "broken variables": (lambda: 'server: {host: "' + full("${") + '"}', "more than 10,000 variables"),
    "missing variables": (lambda: "server: [" + "'${A}'," * 9_999 + "]", "A is not set"),
}
TOML: dict[str, tuple[Callable[[], str], str]] = {
    "lists": (lambda: "a = " + full("["), "nested more than 64 levels"),
    "tables": (lambda: "a = " + full("{a="), "nested more than 64 levels"),
    "a hundred thousand lists": (lambda: "a = " + "[" * 100_000, "nested more than 64 levels"),
    "a hundred thousand tables": (lambda: "a = " + "{a=" * 100_000, "nested more than 64 levels"),
    "brackets that close what is not open": (lambda: "a = " + "{ {} {} {} x = " * 20_000, "not TOML: missing key"),
    "dots": (lambda: full("a.") + "a = 1", "nested more than 64 levels"),
    "a header of dots": (lambda: "[" + full("a.") + "a]", "nested more than 64 levels"),
    "many dots": (lambda: numbered("k{0}" + ".a" * 60 + " = 1\n", 450), "is no setting here"),
    "wide": (lambda: "a = [" + full("1,") + "]", "more than 60,000 keys and values"),
    "one key": (lambda: full("a = 1\n"), "more than 60,000 keys and values"),
    "doubled keys": (lambda: "a = 1\n" * (NODES // 2), "is written twice"),
    "doubled headers": (lambda: "[a]\n" * (NODES // 2), "is written twice"),
    "headers": (lambda: numbered("[a{0}]\n", NODES // 2), "is no setting here"),
    "lists of tables": (lambda: "[[a]]\n" * (NODES // 2), "is no setting here"),
    "misspelt keys": (lambda: "[server]\n" + numbered("prt{0} = 1\n", NODES // 2 - 10), "is no setting here"),
    "dates": (lambda: "a = [" + "1979-05-27," * (NODES - 10) + "]", "is a date or a time"),
    "a long line": (lambda: 'server.host = "' + full("x") + '"', "loopback"),
    "a long line of wide characters": (lambda: 'a = "' + full("𝄞") + '"', "is no setting here"),
    "a long key": (lambda: full("k") + " = 1", "is no setting here"),
    "escapes": (lambda: 'server.host = "' + full("\\u0041") + '"', "loopback"),
    "broken escapes": (lambda: 'a = "' + full("\\q") + '"', "missing escaped value"),
    "a quote that is not closed": (lambda: "a = '''" + full("x\n"), "unclosed quote"),
    "a long number": (lambda: "server.port = " + full("9"), "64 bits"),
    "signs": (lambda: "a = " + full("+"), "redundant numeric sign"),
    "closing brackets": (lambda: full("]"), "more words, signs and line breaks"),
    "broken lines": (lambda: full("=\n"), "more words, signs and line breaks"),
    "comments": (lambda: full("#\n"), "more words, signs and line breaks"),
    "blank lines": (lambda: full("\n"), "more words, signs and line breaks"),
    "NULs": (lambda: full("\0"), "control character U+0000"),
    "variables": (lambda: 'server.host = "' + full("${A}") + '"', "more than 10,000 variables"),
}


def run(paths: list[Path]) -> list[dict[str, Any]]:
    environ = {**os.environ, "PYTHONPATH": str(Path(pyproxy.__file__).parents[1])}
    command = [sys.executable, measured.__file__, *map(str, paths)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def batched(names: Iterable[str], size: int) -> Iterator[list[str]]:
    """Files are large: no more of them at a time than this."""
    rest = list(names)
    while rest:
        yield rest[:size]
        rest = rest[size:]


def assert_ended_soon(name: str, result: dict[str, Any], says: str) -> None:
    assert result["refused"], name
    assert any(says in fault for fault in result["faults"]), (name, result["faults"][:3])
    assert len(result["faults"]) <= 2 * MOST_FAULTS + 2, name
    assert all(len(fault) < 2000 for fault in result["faults"]), name
    assert result["seconds"] < SECONDS, (name, result["seconds"])
    assert result["mebibytes"] < MEBIBYTES, (name, result["mebibytes"])


@pytest.mark.parametrize(("suffix", "files"), [(".yaml", YAML), (".toml", TOML)], ids=["yaml", "toml"])
def test_a_hostile_file_ends_in_an_error_soon_and_in_little_memory(
    suffix: str, files: dict[str, tuple[Callable[[], str], str]], tmp_path: Path
) -> None:
    for some in batched(files, 10):
        paths = [tmp_path / f"{number}{suffix}" for number, _ in enumerate(some)]
        for path, name in zip(paths, some, strict=True):
            path.write_bytes(files[name][0]().encode())
        for name, result in zip(some, run(paths), strict=True):
            assert_ended_soon(name, result, files[name][1])


@pytest.mark.parametrize("suffix", [".yaml", ".toml"])
def test_a_file_of_a_hundred_megabytes_is_not_read_to_its_end(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"c{suffix}"
    with path.open("wb") as stream:
        for _ in range(100):
            stream.write(b"# a comment that goes on\n" * 40_000)
    (result,) = run([path])
    assert_ended_soon(suffix, result, "is larger than 10 MiB")
    assert result["seconds"] < SECONDS / 2


def test_a_file_without_an_end_is_not_read_to_its_end() -> None:
    (result,) = run([Path("/dev/zero")])
    assert_ended_soon("/dev/zero", result, "is larger than 10 MiB")
