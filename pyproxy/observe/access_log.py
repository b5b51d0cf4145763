"""One line a request, in key=value form: easy to read, easy to grep, never a prompt and never a secret."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TextIO, final

from pyproxy.observe.observers import WritesLines
from pyproxy.rust_core import access_line

if TYPE_CHECKING:
    from pyproxy.domain import RequestRecord

__all__ = ["AccessLog", "format_record"]


@final
class AccessLog(WritesLines):
    """Writes each finished request to a stream."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr

    def __call__(self, record: RequestRecord) -> None:
        """Write one line, at once."""
        self.lines(format_record(record, time.time_ns() // 1_000_000) + "\n")

    def lines(self, text: str) -> None:
        """Write lines that are formatted already, at once."""
        self._stream.write(text)
        self._stream.flush()


def format_record(record: RequestRecord, at_ms: int) -> str:
    """The access line of a request that ended so many milliseconds after the epoch; ``-`` for what there was not."""
    return access_line(
        at_ms=at_ms,
        request_id=record.request_id,
        route=record.route,
        status=record.status,
        flag=record.flag,
        target=record.target,
        attempts=", ".join(map(str, record.attempts)),
        provider=record.provider,
        model=record.model,
        stream=record.stream,
        queue_ns=record.queue_ns,
        first_byte_ns=record.first_byte_ns,
        total_ns=record.total_ns,
        sent_bytes=record.sent_bytes,
        tokens=None if record.usage is None else record.usage[:2],
        revision=record.revision,
    )
