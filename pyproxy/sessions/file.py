"""The SQLite file that sessions are written to: one row a session, the newest use of it winning.

Write-ahead logging lets several processes have it open, such as one that ends while the next begins; as the newest use wins, they may.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pyproxy.sessions.rows import Row

__all__ = ["SCHEMA_VERSION", "SessionFile", "UnusableFileError"]

SCHEMA_VERSION = 1
_APPLICATION = 0x70707873  # "ppxs": tells our files from everybody else's
_BUSY_S = 1.0
_LONGEST_STATE = 65_536
"""Characters; eight pins and sixteen responses take a few thousand."""

_TABLE = """
CREATE TABLE sessions (session TEXT PRIMARY KEY, used_ms INTEGER NOT NULL, state TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX by_use ON sessions (used_ms);
"""
_NEWEST = "SELECT session, used_ms, state FROM sessions WHERE used_ms > ? AND length(state) <= ? ORDER BY used_ms DESC LIMIT ?"
_SAVE = """
INSERT INTO sessions VALUES (?, ?, ?) ON CONFLICT (session)
DO UPDATE SET used_ms = excluded.used_ms, state = excluded.state WHERE excluded.used_ms >= used_ms
"""
_SURPLUS = "DELETE FROM sessions WHERE session IN (SELECT session FROM sessions ORDER BY used_ms DESC LIMIT -1 OFFSET ?)"


class UnusableFileError(Exception):
    """The file cannot keep sessions; the message says why."""


class SessionFile:
    """An open file. Used by one thread at a time, not always the same."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it, so that nobody but its owner can read it.

        Raises:
            UnusableFileError: it is not ours, or newer than this version, or cannot be opened or written.
        """
        try:
            _make(path)
            # Autocommit: what belongs together says so itself, with BEGIN IMMEDIATE, so that it never fails half-way for want of a lock.
            self._connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        except (OSError, ValueError, sqlite3.Error) as error:
            raise UnusableFileError(_why(error)) from error
        try:
            self._prepare(path)
        except (UnusableFileError, OSError, sqlite3.Error) as error:
            self.close()
            raise UnusableFileError(_why(error)) from error

    def load(self, *, after_ms: int, limit: int) -> list[tuple[object, ...]]:
        """Return the rows used after a wall time, the one used last first, at most `limit`.

        Raises:
            UnusableFileError: they cannot be read.
        """
        try:
            return self._connection.execute(_NEWEST, (after_ms, _LONGEST_STATE, limit)).fetchall()
        except sqlite3.Error as error:
            raise UnusableFileError(_why(error)) from error

    def save(self, rows: Iterable[Row], erased: Iterable[str]) -> None:
        """Write rows and erase others, all or nothing.

        Raises:
            UnusableFileError: nothing was written.
        """
        with self._transaction():
            self._connection.executemany(_SAVE, rows)
            self._connection.executemany("DELETE FROM sessions WHERE session = ?", ((session,) for session in erased))

    def trim(self, *, after_ms: int, most: int) -> None:
        """Erase what was not used after a wall time, and all but the `most` used last.

        Raises:
            UnusableFileError: nothing was erased.
        """
        with self._transaction():
            self._connection.execute("DELETE FROM sessions WHERE used_ms <= ?", (after_ms,))
            self._connection.execute(_SURPLUS, (most,))

    def close(self) -> None:
        """Close it; the write-ahead log goes with the last who has it open."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()

    def _prepare(self, path: Path) -> None:
        """Make the table if there is none; a file of something else is left as it was."""
        if not self._made():
            with self._transaction():
                if not self._made():  # another process may have been quicker
                    for statement in filter(str.strip, _TABLE.split(";")):
                        self._connection.execute(statement)
                    self._connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                    self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        for part in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            with contextlib.suppress(FileNotFoundError):
                part.chmod(0o600)
        self._log_ahead()
        self._connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last second, never the file

    def _made(self) -> bool:
        # The tables first: another process may make them in between, and marks the file in the same step.
        tables, application, version = (
            self._connection.execute(question).fetchone()[0]
            for question in ("SELECT count(*) FROM sqlite_master", "PRAGMA application_id", "PRAGMA user_version")
        )
        if application != _APPLICATION:
            if tables:
                raise UnusableFileError("it is a database of something else")
            return False
        if version != SCHEMA_VERSION:
            raise UnusableFileError(f"it has format {version}, and this version writes format {SCHEMA_VERSION}")
        return True

    def _log_ahead(self) -> None:
        """Switch to write-ahead logging. SQLite does not wait for its turn here, so this does."""
        until = time.monotonic() + _BUSY_S
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.01)
            else:
                return

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise UnusableFileError(_why(error)) from error
        finally:
            if self._connection.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")


def _make(path: Path) -> None:
    """Make the file if there is none. SQLite gives its log the mode of the file, so the file has it before SQLite sees it.

    One that is there is not opened here, not even to be read: closing it would drop the locks that another connection of this process may
    hold on it, which is how POSIX has them.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    if not path.is_file():
        raise UnusableFileError("it is no ordinary file")
    if not os.access(path, os.R_OK | os.W_OK):
        raise UnusableFileError("it may not be read and written")


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
