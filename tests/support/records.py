"""Finished requests, as observers are told of them."""

from __future__ import annotations

from typing import Any

from pyproxy.domain import Attempt, RequestRecord

__all__ = ["finished"]


def finished(*calls: str, answered: bool = True, **fields: Any) -> RequestRecord:
    """A request with these calls, such as ``g.e1/a:503``, of which the last answered it unless it says otherwise."""
    attempts = tuple(Attempt(label, result, 0, 1_000_000_000) for label, _, result in (call.rpartition(":") for call in calls))
    known: dict[str, Any] = {
        "request_id": "r",
        "route": "/v1/chat/completions",
        "status": 200 if answered else 502,
        "flag": "-" if answered else "no_model_available",
        "target": "g",
        "attempts": attempts,
        "provider": "p" if answered else "-",
        "model": "a" if answered else "-",
        "stream": False,
        "queue_ns": 0,
        "first_byte_ns": None,
        "total_ns": 2_000_000_000,
        "sent_bytes": 0,
        "usage": None,
    }
    return RequestRecord(**{**known, **fields})
