"""One line a request, in key=value form: easy to read, easy to grep, never a prompt and never a secret."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from pyproxy.domain import RequestRecord

__all__ = ["AccessLog", "format_record"]

MAX_NAME = 256


class AccessLog:
    """Writes each finished request to a stream."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr

    def __call__(self, record: RequestRecord) -> None:
        """Write one line, at once."""
        self._stream.write(format_record(record, datetime.now(UTC)) + "\n")
        self._stream.flush()


def format_record(record: RequestRecord, at: datetime) -> str:
    """The access line: times in milliseconds, ``-`` for what there was not."""
    fields = {
        "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "id": record.request_id,
        "route": _quoted(record.route[:MAX_NAME]),
        "status": record.status if record.status is not None else "-",
        "flag": record.flag,
        "target": _quoted(record.target[:MAX_NAME]),
        "attempts": _quoted(", ".join(str(attempt) for attempt in record.attempts) or "-"),
        "provider": record.provider,
        "model": record.model,
        "stream": str(record.stream).lower(),
        "queue_ms": _milliseconds(record.queue_ns),
        "ttfb_ms": _milliseconds(record.first_byte_ns),
        "total_ms": _milliseconds(record.total_ns),
        "bytes": record.sent_bytes,
        "tokens": "-" if record.usage is None else f"{record.usage[0]}+{record.usage[1]}",
        "revision": record.revision,
    }
    return " ".join(f"{key}={value}" for key, value in fields.items())


def _milliseconds(ns: int | None) -> str:
    return "-" if ns is None else f"{ns / 1e6:.1f}"


def _quoted(text: str) -> str:
    """A client chooses the path and the target's name: none may break the line, or forge another."""
    if not text:
        return "-"
    plain = text.isascii() and text.isprintable() and not set(text) & set("\"\\'")
    if plain and " " not in text:
        return text
    return '"' + text.encode("unicode_escape").decode().replace('"', "'") + '"' if not plain else f'"{text}"'
