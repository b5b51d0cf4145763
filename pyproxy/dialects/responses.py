"""The face of OpenAI's responses API: the errors of chat completions, and streams of its own."""

from __future__ import annotations

import json
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

    def passed_error_event(self, payload: bytes) -> bytes | None:
        """A provider's error as an event, with the error once more as an answer has it: without that openai-python raises none."""
        event = super().passed_error_event(payload)
        data = json.loads(payload) if event is not None else {}
        if event is None or data["type"] != "error" or data.get("error") is not None:
            return event
        error = {name: data.get(name) for name in ("message", "type", "param", "code")} | {"type": data.get("code") or "server_error"}
        return event.rstrip()[:-1] + b', "error": ' + json.dumps(error).encode() + b"}\n\n"

    def _event_name(self, data: dict[str, Any]) -> str | None:
        return str(data["type"])


RESPONSES = ResponsesFace()
