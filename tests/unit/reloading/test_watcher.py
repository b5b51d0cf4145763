"""When files are read again: with the time between two looks made short, and the system's notices real."""

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
        self.watcher = Watcher(source, source.signature(), cast("Reloader", self.reader), lambda: self.settings)


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


async def test_where_no_notices_come_it_is_looked_at_all_the_same(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_more_watches(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(watcher, "awatch", no_more_watches)
    monkeypatch.setattr(watcher, "LOOK_EVERY_S", 0.01)
    async with watching(file) as on:
        for text in ("second", "third"):
            put(file, text)
            await on.reader.until_read(text)
    (record,) = caplog.records
    assert "sends no notices" in record.getMessage()


async def test_a_folder_that_is_made_later_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "LOOK_EVERY_S", 0.05)
    path = tmp_path / "later" / "pyproxy.yaml"
    async with watching(path) as on:
        path.parent.mkdir()
        put(path, "first")
        await on.reader.until_read("first")
        put(path, "second")
        await on.reader.until_read("second")


async def test_it_follows_only_while_it_is_to(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "LOOK_EVERY_S", 0.05)
    async with watching(file) as on:
        off = on.settings = ServerConfig(hot_reload=False)
        put(file, "unseen")
        asked = 0

        def settings() -> ServerConfig:
            nonlocal asked
            asked += 1
            return on.settings

        on.watcher._settings = settings
        while asked < 3:  # noqa: ASYNC110 - it has looked up what it is to do, and done nothing
            await asyncio.sleep(0)
        assert (on.reader.read, on.settings) == ([], off)
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
    monkeypatch.setattr(watcher, "LOOK_EVERY_S", 0.01)
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
