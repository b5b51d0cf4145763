"""The face of OpenAI's responses API: the errors of chat completions, and streams of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.face import event_bytes
from pyproxy.dialects.openai import OpenAIFace, error_detail

if TYPE_CHECKING:
    from pyproxy.dialects.face import Told

__all__ = ["RESPONSES", "ResponsesFace"]


class ResponsesFace(OpenAIFace):
    """Errors as in chat completions; in mid-stream an event ``error``.

    Codex counts only events as signs of life, and openai-python's ``responses.stream`` takes none but ``response.created`` for the
    first: so a comment comes before it, and a ping after.
    """

    name = "responses"
    keep_alive = b'event: ping\ndata: {"type": "ping"}\n\n'
    last_event = None

    def _event(self, told: Told) -> bytes:
        error = error_detail(told)
        # The event has its members at the top; under "error" openai-python looks for them, and raises what it finds there.
        # How many events came before is not known here; a client that resumes by number has nothing to resume after an error.
        data = {"type": "error", "code": error["code"], "message": told.message, "param": told.param, "sequence_number": 0, "error": error}
        return event_bytes(data, "error")

    def _is_error(self, data: dict[str, Any]) -> bool:
        return data.get("type") in ("error", "response.failed")

    def _event_name(self, data: dict[str, Any]) -> str | None:
        return str(data["type"])


RESPONSES = ResponsesFace()
