"""Bodies, read by the core in their dialects."""

from __future__ import annotations

from pyproxy.rust_core import Envelope, scan_envelope


def scanned(dialect: str, body: str) -> Envelope:
    if dialect == "gemini":
        return scan_envelope(body.encode(), dialect, model="m", stream=False)
    return scan_envelope(body.encode(), dialect)
