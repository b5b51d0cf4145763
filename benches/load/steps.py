"""What is asked of each side in a round."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["PROBE", "STREAMS", "Step", "models", "steps"]

STREAMS = 200
_CHUNKS_PER_SECOND = 50

PROBE = "chunks2"
"""The model of the short streams that begin beside the many."""


@dataclass(frozen=True)
class Step:
    """One run of the load generator."""

    name: str
    seconds: float
    mode: dict[str, Any] = field(compare=False)
    model: str = "plain"
    request_bytes: int = 16
    secure: bool = False
    one_core: bool = False

    @property
    def streams(self) -> bool:
        """Whether it holds many streams open."""
        return "streams" in self.mode


def _closed(connections: int) -> dict[str, Any]:
    return {"closed": {"connections": connections, "requests": None}}


def steps(scale: float) -> list[Step]:
    """What a round consists of; `scale` shortens it.

    Streams come first, so that memory per stream is measured before anything else has made room; after them the order does not matter.
    """
    streaming_s = max(0.8, 2 * scale)
    chunks = round(streaming_s * _CHUNKS_PER_SECOND)
    many_streams = {"streams": {"streams": STREAMS, "probe": PROBE}}
    return [
        # Whoever cannot keep up has three times the time, and what has not ended then counts as failed.
        Step("streams", streaming_s * 3, many_streams, model=f"chunks{chunks}-rate{_CHUNKS_PER_SECOND}"),
        Step("1 connection", 0.6 * scale, _closed(1)),
        Step("8 connections", 0.6 * scale, _closed(8)),
        Step("64 connections", scale, _closed(64)),
        Step("64 connections, one core", scale, _closed(64), one_core=True),
        Step("64 connections, TLS", scale, _closed(64), secure=True),
        Step("100/s", 2 * scale, {"open": {"rate": 100}}, model="delay30"),
        Step("64 KiB, 1 connection", 0.4 * scale, _closed(1), model="bytes65536", request_bytes=65_536),
        Step("64 KiB, 8 connections", 0.4 * scale, _closed(8), model="bytes65536", request_bytes=65_536),
        Step("1 MiB, 1 connection", 0.6 * scale, _closed(1), model="bytes1048576", request_bytes=1_048_576),
        Step("1 MiB, 8 connections", 0.6 * scale, _closed(8), model="bytes1048576", request_bytes=1_048_576),
    ]


def models(of: list[Step]) -> tuple[str, ...]:
    """The models that they ask for."""
    return tuple(dict.fromkeys(["plain", PROBE, *(step.model for step in of)]))
