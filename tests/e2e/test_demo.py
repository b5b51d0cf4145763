"""`pyproxy demo`: what a newcomer sees first."""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.processes import run, start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.processes import Program

CONFIG = Path(__file__).parents[2] / "configs" / "demo.yaml"
FALLBACK = "echelon1/alpha-fast:429 -> echelon2/beta-fast:200"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Program]:
    with start("demo", "--config", str(CONFIG), "--port", "0", cwd=tmp_path) as program:
        program.wait_for("^Requests:$")
        yield program


def block(demo: Program, first: str) -> list[str]:
    """The indented lines from one that starts so, up to an empty one."""
    at = next(index for index, line in enumerate(demo.out) if line.strip().startswith(first))
    lines = []
    for line in demo.out[at:]:
        if not line.strip():
            break
        lines.append(line.removeprefix("  "))
    return lines


def test_the_scene_plays_as_it_claims(tmp_path: Path) -> None:
    result = run("demo", "--once", "--config", str(CONFIG), cwd=tmp_path)
    assert (result.code, result.stderr) == (0, "")
    rows = [line for line in result.stdout.splitlines() if line.startswith("ok  ")]
    assert len(rows) == 9
    assert "NOT AS EXPECTED" not in result.stdout
    assert any("first model answers 429" in row and FALLBACK in row for row in rows)
    assert any("connect_failed -> echelon2/beta-fast:200" in row for row in rows)
    assert any("error event, cut" in row for row in rows)
    assert "permits still held: none" in result.stdout


def test_the_python_that_it_prints_runs(demo: Program, tmp_path: Path) -> None:
    code = "\n".join(block(demo, "from openai import OpenAI"))
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "This is swift, answering: Hello\n", "")
    demo.wait_for(r"200  target=fast_group  attempts=\[fast_group.echelon1/alpha-fast:200\]")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_lines_that_it_prints_show_the_fallback(demo: Program, tmp_path: Path) -> None:
    (ask,) = block(demo, "curl http")
    (fail,) = block(demo, "curl -X PUT")

    def paste(line: str) -> str:
        done = subprocess.run(shlex.split(line), cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "This is swift, answering: Hello" in paste(ask)
    paste(fail)
    assert "This is swallow, answering: Hello" in paste(ask)
    demo.wait_for(r"200  target=fast_group  attempts=\[fast_group.echelon1/alpha-fast:503, .*fast_group.echelon2/beta-fast:200\]")
    assert len(demo.matches("target=fast_group")) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(demo: Program, number: signal.Signals) -> None:
    result = demo.stop(number)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout.endswith("stopping")


def test_the_address_is_the_first_thing_said(demo: Program) -> None:
    assert re.match(r"pyproxy demo at http://127\.0\.0\.1:\d+ ", demo.out[0])


def test_a_port_in_use_is_told_in_one_line(demo: Program, tmp_path: Path) -> None:
    port = demo.wait_for(r"^pyproxy demo at http://127\.0\.0\.1:(\d+) ")[1]
    result = run("demo", "--config", str(CONFIG), "--port", port, cwd=tmp_path)
    assert (result.code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1


def test_a_missing_configuration_is_told_in_one_line(tmp_path: Path) -> None:
    for once in ((), ("--once",)):
        result = run("demo", *once, cwd=tmp_path)
        assert (result.code, result.stdout) == (2, "")
        assert len(result.stderr.splitlines()) == 1
