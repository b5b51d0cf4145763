"""The face of Anthropic's messages API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.face import Face, event_bytes

if TYPE_CHECKING:
    from pyproxy.dialects.face import Told

__all__ = ["ANTHROPIC", "AnthropicFace"]

_SERVERS_FAULT = 500
_KINDS = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}


class AnthropicFace(Face):
    """``{"type": "error", "error": {type, message}, "request_id"}``, in mid-stream with ``event: error``."""

    name = "anthropic"
    id_headers = (b"x-request-id", b"request-id")
    opening_sign = keep_alive = b'event: ping\ndata: {"type": "ping"}\n\n'
    last_event = b'event: message_stop\ndata: {"type": "message_stop"}\n\n'

    def _body(self, told: Told, request_id: str) -> dict[str, Any]:
        body = {"type": "error", "error": {"type": _kind(told.status), "message": told.message}}
        return {**body, "request_id": request_id} if request_id else body

    def _event(self, told: Told) -> bytes:
        return event_bytes(self._body(told, ""), "error")

    def _is_error(self, data: dict[str, Any]) -> bool:
        return data.get("type") == "error" and isinstance(data.get("error"), dict)

    def _event_name(self, data: dict[str, Any]) -> str | None:  # noqa: ARG002
        return "error"


def _kind(status: int) -> str:
    return _KINDS.get(status, "api_error" if status >= _SERVERS_FAULT else "invalid_request_error")


ANTHROPIC = AnthropicFace()
