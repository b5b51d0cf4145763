"""The face of OpenAI's chat completions, completions and embeddings."""

from __future__ import annotations

from typing import ClassVar

from pyproxy.dialects.face import Face

__all__ = ["DONE_EVENT", "OPENAI", "OpenAIFace"]

DONE_EVENT = b"data: [DONE]\n\n"


class OpenAIFace(Face):
    """``{"error": {message, type, param, code}}``, in mid-stream as an event without a name."""

    name = "openai"
    last_event: ClassVar[bytes | None] = DONE_EVENT


OPENAI = OpenAIFace()
