import asyncio
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pyproxy.sessions import Place, SessionKeeper, Sessions
from pyproxy.sessions.file import SessionFile
from pyproxy.sessions.rows import Clocks

A = Place("a#1", "a", "north")
B = Place("b", "b", "south")
TTL = 3_600 * 10**9
NEVER = 3_600.0


class Wall:
    """Both clocks, standing still until they are moved."""

    def __init__(self) -> None:
        self.clocks = Clocks(now_ns=10**13, wall_ms=1_700_000_000_000)

    def __call__(self) -> Clocks:
        return self.clocks

    def reboot(self, *, after_s: int) -> None:
        self.clocks = Clocks(now_ns=5 * 10**9, wall_ms=self.clocks.wall_ms + after_s * 1_000)

    @property
    def now_ns(self) -> int:
        return self.clocks.now_ns


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


@pytest.fixture
def wall() -> Wall:
    return Wall()


def some(max_sessions: int = 100, ttl_ns: int = TTL) -> Sessions:
    return Sessions(ttl_ns=ttl_ns, max_sessions=max_sessions)


def kept(sessions: Sessions, path: Path, wall: Wall, interval_s: float = NEVER) -> SessionKeeper:
    keeper = SessionKeeper(sessions, path, interval_s=interval_s, clocks=wall)
    keeper.start()
    return keeper


def eventually(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.01)


def stored(path: Path) -> list[str]:
    with sqlite3.connect(path) as connection:
        found = [row[0] for row in connection.execute("SELECT session FROM sessions ORDER BY session")]
    connection.close()
    return found


def test_a_restart_keeps_the_sessions_that_have_not_expired(path: Path, wall: Wall) -> None:
    before = some()
    keeper = kept(before, path, wall)
    before.pin("old", "group", A, wall.now_ns - TTL // 2)
    before.pin("young", "group", A, wall.now_ns)
    before.pin("young", "group", B, wall.now_ns)
    before.remember_response("r", "young", "group", B, wall.now_ns)
    assert keeper.stop()

    wall.reboot(after_s=2_000)
    after = some()
    keeper = kept(after, path, wall)
    pin = after.pinned("young", "group", wall.now_ns)
    assert pin is not None
    assert (pin.place, pin.turns, pin.mixed) == (B, 1, True)
    assert wall.now_ns - pin.since_ns == 2_000 * 10**9
    origin = after.origin("r", wall.now_ns)
    assert origin is not None
    assert (origin.session, origin.place) == ("young", B)
    assert after.pinned("old", "group", wall.now_ns) is None
    assert keeper.stop()


def test_the_rest_of_a_sessions_time_passes_while_nothing_runs(path: Path, wall: Wall) -> None:
    before = some()
    keeper = kept(before, path, wall)
    before.pin("s", "group", A, wall.now_ns)
    keeper.stop()
    wall.reboot(after_s=3_599)
    after = some()
    kept(after, path, wall).stop()
    assert after.pinned("s", "group", wall.now_ns + 10**9) is None
    again = some()
    kept(again, path, wall).stop()
    assert again.pinned("s", "group", wall.now_ns + 10**9 - 1) is not None


def test_a_smaller_bound_reads_the_sessions_used_last(path: Path, wall: Wall) -> None:
    before = some()
    keeper = kept(before, path, wall)
    for number in range(50):
        before.pin(f"{number}", "group", A, wall.now_ns + number * 10**6)
    keeper.stop()
    after = some(max_sessions=2)
    kept(after, path, wall).stop()
    assert [view.session for view in after.page(wall.now_ns).sessions] == ["49", "48"]


def test_a_forgotten_session_does_not_come_back(path: Path, wall: Wall) -> None:
    before = some()
    keeper = kept(before, path, wall)
    before.pin("s", "group", A, wall.now_ns)
    before.pin("t", "group", A, wall.now_ns)
    keeper.stop()
    after = some()
    keeper = kept(after, path, wall)
    after.forget("s")
    keeper.stop()
    assert stored(path) == ["t"]


def test_what_changed_is_written_at_an_interval(path: Path, wall: Wall) -> None:
    sessions = some()
    keeper = kept(sessions, path, wall, interval_s=0.01)
    for number in range(700):
        sessions.pin(f"{number}", "group", A, wall.now_ns)
    eventually(lambda: len(stored(path)) == 100)
    sessions.forget("699")
    eventually(lambda: len(stored(path)) == 99)
    assert keeper.stop()


def test_the_file_has_the_bounds_of_the_sessions(path: Path, wall: Wall) -> None:
    sessions = some(max_sessions=3)
    keeper = kept(sessions, path, wall, interval_s=0.01)
    for number in range(9):
        sessions.pin(f"{number}", "group", A, wall.now_ns + number * 10**6)
        eventually(lambda: f"{number}" in stored(path))  # noqa: B023 - called at once
    eventually(lambda: len(stored(path)) == 3)
    assert stored(path) == ["6", "7", "8"]
    wall.clocks = replace(wall.clocks, wall_ms=wall.clocks.wall_ms + 4_000_000, now_ns=wall.now_ns + 4_000 * 10**9)
    sessions.pin("9", "group", A, wall.now_ns)
    eventually(lambda: stored(path) == ["9"])
    assert keeper.stop()


def test_no_id_is_written_down(path: Path, wall: Wall) -> None:
    from pyproxy.sessions import affinity_of, served  # noqa: PLC0415

    sessions = some()
    keeper = kept(sessions, path, wall)
    affinity = affinity_of(sessions, [(b"x-pyproxy-session", b"canary-s")], caller="canary-c", target="group", now_ns=wall.now_ns)
    served(sessions, affinity, A, wall.now_ns, "canary-r")
    keeper.stop()
    content = path.read_bytes()
    assert b"a#1" in content
    assert b"canary" not in content


@pytest.mark.parametrize("content", [b"not a database at all, " * 100, None])
def test_a_file_that_cannot_be_used_costs_one_warning_and_nothing_else(
    tmp_path: Path, wall: Wall, caplog: pytest.LogCaptureFixture, content: bytes | None
) -> None:
    path = tmp_path / "broken"
    path.mkdir() if content is None else path.write_bytes(content)
    sessions = some()
    keeper = kept(sessions, path, wall, interval_s=0.01)
    sessions.pin("s", "group", A, wall.now_ns)
    assert sessions.pinned("s", "group", wall.now_ns) is not None
    assert keeper.stop()
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert warnings[0].startswith(f"sessions are kept in memory only: {path} cannot be used: ")


def test_rows_that_are_no_sessions_are_left_out(path: Path, wall: Wall) -> None:
    file = SessionFile(path)
    file.save([("broken", wall.clocks.wall_ms, "{"), ("empty", wall.clocks.wall_ms, '{"pins":{},"responses":{}}')], [])
    file.close()
    sessions = some()
    kept(sessions, path, wall).stop()
    assert [view.session for view in sessions.page(wall.now_ns).sessions] == ["empty"]


def test_a_file_that_fails_later_is_written_when_it_works_again(path: Path, wall: Wall, caplog: pytest.LogCaptureFixture) -> None:
    sessions = some()
    keeper = kept(sessions, path, wall, interval_s=0.01)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    sessions.pin("s", "group", A, wall.now_ns)
    sessions.forget("t")
    eventually(lambda: bool(caplog.records))
    sessions.pin("u", "group", A, wall.now_ns)
    other.execute("ROLLBACK")
    other.close()
    eventually(lambda: stored(path) == ["s", "u"])
    assert keeper.stop()
    assert [record.getMessage() for record in caplog.records] == [
        f"sessions are kept in memory only for now: {path} cannot be written: database is locked"
    ]


def test_the_end_does_not_wait_for_a_disk_that_hangs(path: Path, wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs, lets_go = threading.Event(), threading.Event()

    def save(*_: object) -> None:
        hangs.set()
        lets_go.wait(20)

    monkeypatch.setattr(SessionFile, "save", save)
    sessions = some()
    keeper = kept(sessions, path, wall, interval_s=0.01)
    sessions.pin("s", "group", A, wall.now_ns)
    assert hangs.wait(20)
    assert not keeper.stop(timeout_s=0.05)
    assert sessions.pin("s", "group", A, wall.now_ns), "and nobody else waits, either"
    lets_go.set()
    assert keeper.stop(timeout_s=20)


async def test_the_event_loop_goes_on_while_the_last_is_written(path: Path, wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    lets_go = threading.Event()
    save = SessionFile.save
    monkeypatch.setattr(SessionFile, "save", lambda *given: lets_go.wait(20) and save(*given))
    sessions = some()
    keeper = kept(sessions, path, wall)
    sessions.pin("s", "group", A, wall.now_ns)
    closing = asyncio.create_task(keeper.aclose(20))
    await asyncio.sleep(0)
    lets_go.set()
    assert await closing
    assert stored(path) == ["s"]


def test_it_can_be_stopped_twice_and_without_having_been_started(path: Path, wall: Wall) -> None:
    assert SessionKeeper(some(), path, clocks=wall).stop()
    assert not path.exists()
    keeper = kept(some(), path, wall)
    assert keeper.stop()
    assert keeper.stop()


def test_turns_go_on_while_they_are_written(path: Path, wall: Wall) -> None:
    sessions = some(max_sessions=500)
    keeper = kept(sessions, path, wall, interval_s=0.001)

    def talk(thread: int) -> None:
        for turn in range(3_000):
            sessions.pin(f"{thread} {turn % 150}", "group", A if turn % 2 else B, wall.now_ns)

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert keeper.stop(timeout_s=20)
    again = some(max_sessions=500)
    kept(again, path, wall).stop()
    found = {view.session: view.pins["group"] for view in sessions.page(wall.now_ns, limit=500).sessions}
    assert {view.session: view.pins["group"] for view in again.page(wall.now_ns, limit=500).sessions} == found
    assert len(found) == 450


KILLED = """
import sys, time
from pathlib import Path
from pyproxy.sessions import Place, SessionKeeper, Sessions
sessions = Sessions(ttl_ns=3_600 * 10**9, max_sessions=10)
keeper = SessionKeeper(sessions, Path(sys.argv[1]), interval_s=0.01)
keeper.start()
print(len(sessions), flush=True)
sessions.pin(sys.argv[2], "group", Place("a", "a", "north"), time.monotonic_ns())
time.sleep(60)
"""


def test_two_processes_share_a_file_and_what_was_written_survives_their_being_killed(path: Path) -> None:
    def begun(name: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(path), name], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        counts.append(process.stdout.readline().strip())
        return process

    counts: list[str] = []
    processes = []
    try:
        processes.append(begun("one"))
        eventually(lambda: stored(path) == ["one"])
        processes.append(begun("two"))
        eventually(lambda: stored(path) == ["one", "two"])
    finally:
        for process in processes:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
    assert counts == ["0", "1"]
    sessions = some()
    keeper = SessionKeeper(sessions, path)
    keeper.start()
    assert keeper.stop()
    assert sorted(view.session for view in sessions.page(time.monotonic_ns()).sessions) == ["one", "two"]
