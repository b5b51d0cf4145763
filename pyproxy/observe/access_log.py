"""One line a request, in key=value form: easy to read, easy to grep, never a prompt and never a secret."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import lru_cache
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
    usage, attempts = record.usage, record.attempts
    return (
        f"time={at.isoformat(timespec='milliseconds').removesuffix('+00:00')}Z id={record.request_id}"
        f" route={_quoted(record.route[:MAX_NAME])} status={'-' if record.status is None else record.status} flag={record.flag}"
        f" target={_quoted(record.target[:MAX_NAME])} attempts={_quoted(', '.join(map(str, attempts)) or '-')}"
        f" provider={record.provider} model={record.model} stream={'true' if record.stream else 'false'}"
        f" queue_ms={_milliseconds(record.queue_ns)} ttfb_ms={_milliseconds(record.first_byte_ns)}"
        f" total_ms={_milliseconds(record.total_ns)} bytes={record.sent_bytes}"
        f" tokens={'-' if usage is None else f'{usage[0]}+{usage[1]}'} revision={record.revision}"
    )


def _milliseconds(ns: int | None) -> str:
    return "-" if ns is None else f"{ns / 1e6:.1f}"


@lru_cache(maxsize=1024)  # the same few names stand in every line
def _quoted(text: str) -> str:
    """A client chooses the path and the target's name: none may break the line, or forge another."""
    if not text:
        return "-"
    plain = text.isascii() and text.isprintable() and not set(text) & set("\"\\'")
    if plain and " " not in text:
        return text
    return '"' + text.encode("unicode_escape").decode().replace('"', "'") + '"' if not plain else f'"{text}"'
