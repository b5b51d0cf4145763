"""The face of Anthropic's messages API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pyproxy.dialects.face import Face

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ANTHROPIC", "AnthropicFace"]


class AnthropicFace(Face):
    """``{"type": "error", "error": {type, message}, "request_id"}``, in mid-stream with ``event: error``."""

    name = "anthropic"
    id_headers = (b"x-request-id", b"request-id")
    opening_sign = keep_alive = b'event: ping\ndata: {"type": "ping"}\n\n'
    statuses: ClassVar[Mapping[int, int]] = {}
    last_event = b'event: message_stop\ndata: {"type": "message_stop"}\n\n'

    def _is_error(self, data: dict[str, Any]) -> bool:
        return data.get("type") == "error" and isinstance(data.get("error"), dict)

    def _event_name(self, data: dict[str, Any]) -> str | None:  # noqa: ARG002
        return "error"


ANTHROPIC = AnthropicFace()
