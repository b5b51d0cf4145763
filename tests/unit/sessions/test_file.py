import contextlib
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyproxy.sessions.file import SCHEMA_VERSION, SessionFile, UnusableFileError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "pyproxy" / "sessions.db"


@pytest.fixture
def file(path: Path) -> Iterator[SessionFile]:
    opened = SessionFile(path)
    yield opened
    opened.close()


def rows(path: Path, after_ms: int = 0, limit: int = 1_000) -> list[tuple[object, ...]]:
    opened = SessionFile(path)
    try:
        return opened.load(after_ms=after_ms, limit=limit)
    finally:
        opened.close()


def test_what_was_saved_is_there_when_the_file_is_opened_again(path: Path) -> None:
    first = SessionFile(path)
    first.save([("a", 1, "{}"), ("b", 2, "[]")], [])
    first.close()
    assert rows(path) == [("b", 2, "[]"), ("a", 1, "{}")]
    assert not path.with_name("sessions.db-wal").exists()


def test_what_was_saved_survives_the_process(path: Path, file: SessionFile) -> None:
    file.save([("a", 1, "{}")], [])
    assert rows(path) == [("a", 1, "{}")], "another connection sees it before this one is closed"


def test_rows_are_loaded_as_far_as_they_are_wanted(file: SessionFile, path: Path) -> None:
    file.save([(f"{used_ms}", used_ms, "{}") for used_ms in range(10)] + [("huge", 20, "x" * 70_000)], [])
    assert [row[0] for row in rows(path, after_ms=5, limit=3)] == ["9", "8", "7"]
    assert [row[0] for row in rows(path, after_ms=7)] == ["9", "8"]


def test_the_newest_use_wins(file: SessionFile, path: Path) -> None:
    file.save([("a", 5, "five")], [])
    file.save([("a", 4, "four")], [])
    assert rows(path) == [("a", 5, "five")]
    file.save([("a", 5, "five again")], [])
    assert rows(path) == [("a", 5, "five again")]


def test_rows_are_erased_by_name_by_age_and_by_number(file: SessionFile, path: Path) -> None:
    file.save([(f"{used_ms}", used_ms, "{}") for used_ms in range(10)], [])
    file.save([], ["9", "unknown"])
    file.trim(after_ms=2, most=4)
    assert [row[0] for row in rows(path)] == ["8", "7", "6", "5"]
    file.trim(after_ms=6, most=4)
    assert [row[0] for row in rows(path)] == ["8", "7"]


def test_only_its_owner_can_read_the_file_and_its_log(file: SessionFile, path: Path) -> None:
    file.save([("a", 1, "{}")], [])
    assert {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()} == {0o600}
    assert path.with_name("sessions.db-wal").exists()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    SessionFile(path).close()
    path.chmod(0o644)
    opened = SessionFile(path)
    opened.save([("a", 1, "{}")], [])
    assert {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()} == {0o600}
    opened.close()


@pytest.mark.parametrize("content", [b"not a database at all, " * 100, b"SQLite format 3\0" + b"\xff" * 4_000])
def test_a_file_of_something_else_is_refused_and_left_as_it_was(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    path.chmod(0o644)
    with pytest.raises(UnusableFileError):
        SessionFile(path)
    assert path.read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_a_database_of_something_else_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE accounts (name TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(UnusableFileError, match="something else"):
        SessionFile(path)
    assert path.read_bytes() == before


def test_a_file_of_another_version_is_refused(path: Path) -> None:
    SessionFile(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    newer.close()
    with pytest.raises(UnusableFileError, match=f"format {SCHEMA_VERSION + 1}"):
        SessionFile(path)


def test_a_torn_file_is_refused_or_loses_what_is_torn(path: Path) -> None:
    opened = SessionFile(path)
    opened.save([(f"{number}", number, "x" * 500) for number in range(200)], [])
    opened.close()
    whole = path.read_bytes()
    for size in range(100, len(whole), 4_001):
        path.write_bytes(whole[:size])
        with contextlib.suppress(UnusableFileError):
            assert len(rows(path)) <= 200


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "file" / "below", tmp_path / "pipe", tmp_path / ("x" * 300), Path("/dev/null"), tmp_path / "nul\0"):
        with pytest.raises(UnusableFileError):
            SessionFile(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_read_only_file_is_refused(path: Path) -> None:
    SessionFile(path).close()
    path.chmod(0o400)
    with pytest.raises(UnusableFileError):
        SessionFile(path)


def test_a_file_that_another_process_locks_is_refused_for_the_time_being(file: SessionFile, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(UnusableFileError, match="locked"):
        file.save([("a", 1, "{}")], [])
    other.execute("ROLLBACK")
    other.close()
    file.save([("a", 1, "{}")], [])
    assert rows(path) == [("a", 1, "{}")]


def test_a_batch_is_written_in_whole_or_not_at_all(file: SessionFile, path: Path) -> None:
    with pytest.raises(UnusableFileError):
        file.save([("a", 1, "{}"), ("b", 2, None)], ["c"])  # type: ignore[list-item]
    assert rows(path) == []
    file.save([("a", 1, "{}")], [])


WRITER = """
import sys
from pathlib import Path
from pyproxy.sessions.file import SessionFile

path, name = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
opened = SessionFile(path)
for turn in range(50):
    opened.save([(f"{name} {turn}", 100 + turn, "{}"), ("shared", turn, name)], [])
    opened.trim(after_ms=0, most=1_000)
opened.close()
"""


def test_two_processes_may_write_to_one_file(path: Path, tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, path, name], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)
    assert [writer.returncode for writer in writers] == [0, 0]
    found = {row[0]: row[1] for row in rows(path)}
    assert len(found) == 101
    assert found["shared"] == 49
