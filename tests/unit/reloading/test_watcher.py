"""When files are read again, with the time between two looks made short."""

# ruff: noqa: ASYNC240 - the files are small, and writing them is the test
from __future__ import annotations

import asyncio
import contextlib
import errno
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from pyproxy.config import ServerConfig
from pyproxy.errors import ConfigError
from pyproxy.reloading import ConfigSource, Reloader, Watcher, watcher

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator

BROKEN = "broken"


class Reader:
    """Stands where the reloader does, and notes what it reads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed = asyncio.Condition()
        self.read: list[str] = []
        self.rejected: list[str] = []

    async def attempt(self) -> None:
        try:
            text = self._path.read_text()
        except FileNotFoundError:
            text = BROKEN
        await self._note(self.read, text)
        if text == BROKEN:
            raise ConfigError(text)

    def reject(self, error: ConfigError) -> None:
        self.rejected.append(error.message)

    async def _note(self, where: list[str], text: str) -> None:
        async with self._changed:
            where.append(text)
            self._changed.notify_all()

    async def until_read(self, text: str) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: text in self.read)


class Stage:
    def __init__(self, path: Path, interval: float) -> None:
        self.path = path
        self.settings = ServerConfig(reload_interval=interval)
        self.reader = Reader(path)
        source = ConfigSource(path)
        self.watcher = Watcher(source, source.signature(), cast("Reloader", self.reader), self._asked)
        self._times_asked = 0

    def _asked(self) -> ServerConfig:
        self._times_asked += 1
        return self.settings

    async def turns(self, more: int) -> None:
        """Wait until the watcher has looked up so many times more what it is to do."""
        until = self._times_asked + more
        while self._times_asked < until:  # noqa: ASYNC110 - the watcher's own pause is waited for
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def watching(path: Path, *, interval: float = 0.01) -> AsyncIterator[Stage]:
    stage = Stage(path, interval)
    stage.watcher.start()
    stage.watcher.start()  # once is enough
    try:
        async with asyncio.timeout(10):
            yield stage
    finally:
        await stage.watcher.stop()


def put(path: Path, text: str) -> None:
    """Change a file in one step."""
    fresh = path.with_name("fresh")
    fresh.write_text(text)
    fresh.rename(path)


@pytest.fixture(autouse=True)
def _looking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "LOOK_EVERY_S", 0.01)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pyproxy.yaml"
    path.write_text("first")
    return path


async def test_a_change_is_read_once_and_what_is_the_same_never(file: Path) -> None:
    async with watching(file) as on:
        for text in ("second", "third"):
            put(file, text)
            await on.reader.until_read(text)
            await on.turns(4)
    assert on.reader.read == ["second", "third"]


async def test_a_change_between_the_first_reading_and_the_start_is_not_missed(file: Path) -> None:
    stage = Stage(file, 0.01)
    put(file, "second")
    stage.watcher.start()
    async with asyncio.timeout(5):
        await stage.reader.until_read("second")
    await stage.watcher.stop()


async def test_what_is_broken_for_a_moment_only_is_no_fault(file: Path) -> None:
    async with watching(file, interval=0.2) as on:
        put(file, BROKEN)
        await on.reader.until_read(BROKEN)
        put(file, "whole")
        await on.reader.until_read("whole")
    assert on.reader.rejected == []


async def test_what_stays_broken_is_a_fault(file: Path) -> None:
    async with watching(file) as on:
        put(file, BROKEN)
        await on.reader.until_read(BROKEN)
        put(file, BROKEN)
        while not on.reader.rejected:  # noqa: ASYNC110 - the watcher's own pause is waited for
            await asyncio.sleep(0)
        file.unlink()
        while len(on.reader.rejected) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_a_file_that_never_rests_is_read_all_the_same(file: Path) -> None:
    async with watching(file, interval=0.05) as on:
        number = 0
        while not on.reader.read:
            number += 1
            put(file, f"number {number}")
            await asyncio.sleep(0)
    assert on.reader.read[0].startswith("number ")


async def test_it_looks_again_where_it_could_not_and_says_so_once(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A relative path leads nowhere while the folder that it starts from is gone."""
    gone = file.with_name("gone")
    monkeypatch.chdir(file.parent)
    async with watching(Path(file.name)) as on:
        gone.mkdir()
        monkeypatch.chdir(gone)
        gone.rmdir()
        await on.turns(4)
        monkeypatch.chdir(file.parent)
        put(file, "second")
        await on.reader.until_read("second")
    (record,) = caplog.records
    assert "cannot be looked at" in record.getMessage()


async def test_a_folder_that_is_made_later_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "later" / "pyproxy.yaml"
    async with watching(path) as on:
        path.parent.mkdir()
        put(path, "first")
        await on.reader.until_read("first")
        put(path, "second")
        await on.reader.until_read("second")


async def test_it_follows_only_while_it_is_to(file: Path) -> None:
    async with watching(file) as on:
        on.settings = ServerConfig(hot_reload=False)
        await on.turns(2)  # it may have been looking
        put(file, "unseen")
        await on.turns(3)
        assert on.reader.read == []
        on.settings = ServerConfig(reload_interval=0.01)
        put(file, "seen")
        await on.reader.until_read("seen")
    assert on.reader.read == ["seen"]


async def test_it_ends_at_once_and_leaves_nothing_behind(file: Path) -> None:
    tasks = len(asyncio.all_tasks())
    async with watching(file, interval=3_600) as on:
        put(file, "second")
        loop = asyncio.get_running_loop()
        began = loop.time()
        await on.watcher.stop()
        assert loop.time() - began < 2
        assert on.reader.read == []
        assert len(asyncio.all_tasks()) == tasks


async def test_a_folder_that_may_not_be_entered_is_followed_again_when_it_may(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretended, as the one who runs the tests may be allowed everything."""
    closed = False
    seen = Path.stat

    def stat(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if closed and path.is_relative_to(file.parent / "pyproxy.yaml"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return seen(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", stat)
    async with watching(file) as on:
        closed = True
        await on.reader.until_read("first")
        closed = False
        put(file, "second")
        await on.reader.until_read("second")


async def test_one_that_was_never_started_ends_too(file: Path) -> None:
    await Stage(file, 0.01).watcher.stop()
