"""The events of a stream in the OpenAI dialect, read for a program: chunks, or the error that ends it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pyproxy.embedded.completion import CompletionChunk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["chunk_of", "payloads"]

_DONE = b"[DONE]"


def payloads(events: bytes) -> Iterator[Mapping[str, Any]]:
    """What each of some whole events says; comments and the end marker say nothing."""
    data: list[bytes] = []
    for line in (*events.splitlines(), b""):
        if line.startswith(b"data:"):
            data.append(line.removeprefix(b"data:").removeprefix(b" "))
        elif not line and data:
            text, data = b"\n".join(data), []
            if text != _DONE:
                yield json.loads(text)


def chunk_of(payload: Mapping[str, Any]) -> CompletionChunk:
    """One event, typed; the text is that of the first choice."""
    choices = payload.get("choices") or [{}]
    first = choices[0]
    delta = first.get("delta") or {}
    return CompletionChunk(
        text=delta.get("content") or "", finish_reason=first.get("finish_reason"), usage=payload.get("usage"), raw=payload
    )
