"""The face of OpenAI's responses API: the errors of chat completions, and streams of its own."""

from __future__ import annotations

from typing import Any

from pyproxy.dialects.openai import OpenAIFace

__all__ = ["RESPONSES", "ResponsesFace"]


class ResponsesFace(OpenAIFace):
    """Errors as in chat completions; in mid-stream an event ``error``, numbered like all others.

    Codex counts only events as signs of life, and openai-python's ``responses.stream`` takes none but ``response.created`` for the
    first: so a comment comes before it, and a ping after.
    """

    name = "responses"
    keep_alive = b'event: ping\ndata: {"type": "ping"}\n\n'
    last_event = None

    def _is_error(self, data: dict[str, Any]) -> bool:
        return data.get("type") in ("error", "response.failed")

    def _event_name(self, data: dict[str, Any]) -> str | None:
        return str(data["type"])


RESPONSES = ResponsesFace()
