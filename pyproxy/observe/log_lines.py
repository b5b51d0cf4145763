"""The log of a process that serves: one line an event on stderr, in the form of the access lines, the time first."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

__all__ = ["LogLines", "log_to_stderr"]


class LogLines(logging.Formatter):
    """``time=… level=… message="…"``; what does not fit a line, such as a traceback, follows it, set in."""

    def format(self, record: logging.LogRecord) -> str:
        """One event."""
        first, *more = super().format(record).splitlines() or [""]
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = f'time={at} level={record.levelname.lower()} message="{first.replace(chr(34), chr(39))}"'
        return "\n  ".join((line, *more))


def log_to_stderr() -> logging.Handler:
    """Write what is logged from now on to stderr: notices of the sidecar's own, and warnings of what it stands on.

    Returns the handler, for who wants to remove it again.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(LogLines())
    logging.getLogger().addHandler(handler)
    logging.getLogger("pyproxy").setLevel(logging.INFO)
    return handler
