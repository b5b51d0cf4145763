"""Carries a migration out: each file is whole at every instant, and what is removed goes last."""

import os
import shutil
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

from pyproxy.config.migration.plan import Migration
from pyproxy.config.migration.texts import Change
from pyproxy.config.paths import resolved

_MARK = b"\xef\xbb\xbf"


class WriteError(Exception):
    """A migration was not carried out; every file is as it was, unless the message says so."""


def write_migration(migration: Migration) -> None:
    """Write what a plan says.

    All texts are written beside their files first, and take their names only when all of them are there; if one cannot, those before
    it get their old texts back.

    Raises:
        WriteError: A file has changed since, is there already, or cannot be written.
    """
    for change in migration.changes:
        _check(change)
    kept = [change for change in migration.changes if change.after is not None]
    removed = [change for change in migration.changes if change.after is None]
    with ExitStack() as undo:
        written = [(change, _beside(change, undo)) for change in kept]
        for change, temporary in written:
            _take(change, temporary, undo)
        for change in removed:
            _remove(change, undo)
        undo.pop_all()


def _check(change: Change) -> None:
    there = _text(change.path)
    if there == change.before:
        return
    reason = "is there already, with other content" if change.before is None else "has changed since the plan was made: migrate again"
    raise WriteError(f"{change.path} {reason}; nothing was written")


def _beside(change: Change, undo: ExitStack) -> Path:
    """Write the text of a file under a name of its own in the same folder."""
    target = resolved(change.path)
    try:
        for folder in reversed([folder for folder in target.parents if not folder.exists()]):
            folder.mkdir()
            undo.callback(_forget_folder, folder)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".new")
        undo.callback(Path(name).unlink, missing_ok=True)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_mark(change.path) + (change.after or "").encode())
            file.flush()
            os.fsync(file.fileno())
        like = change.path if change.before is not None else change.like
        if like is not None and like.exists():
            shutil.copymode(like, name)
    except OSError as error:
        raise WriteError(f"{change.path} cannot be written: {error.strerror}; nothing was written") from None
    return Path(name)


def _take(change: Change, temporary: Path, undo: ExitStack) -> None:
    """Give a text that was written its file's name."""
    target = resolved(change.path)
    before = target.read_bytes() if change.before is not None else None
    try:
        temporary.replace(target)
    except OSError as error:
        raise WriteError(f"{change.path} cannot be written: {error.strerror}; what was written before was taken back") from None
    undo.callback(_restore, target, before)


def _remove(change: Change, undo: ExitStack) -> None:
    before = change.path.read_bytes()
    try:
        change.path.unlink()
    except OSError as error:
        raise WriteError(f"{change.path} cannot be removed: {error.strerror}; what was written before was taken back") from None
    undo.callback(_restore, change.path, before)


def _restore(path: Path, content: bytes | None) -> None:
    with suppress(OSError):
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(content)


def _forget_folder(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _mark(path: Path) -> bytes:
    """The byte order mark of a file that has one."""
    with suppress(OSError):
        if path.read_bytes().startswith(_MARK):
            return _MARK
    return b""


def _text(path: Path) -> str | None:
    try:
        return path.read_bytes().removeprefix(_MARK).decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        return ""
