"""The face of OpenAI's chat completions, completions and embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pyproxy.dialects.face import Face, event_bytes

if TYPE_CHECKING:
    from pyproxy.dialects.face import Told

__all__ = ["DONE_EVENT", "OPENAI", "OpenAIFace", "error_detail"]

_NOT_FOUND = 404
_SERVERS_FAULT = 500
_KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error", 504: "timeout_error"}
_KNOWN_KINDS = frozenset(
    (*_KINDS.values(), "invalid_request_error", "api_error", "server_error", "insufficient_quota", "tokens", "requests")
)
_TOO_LONG = ("prompt is too long", "context length", "context window", "context limit", "maximum number of tokens", "request_too_large")


class OpenAIFace(Face):
    """``{"error": {message, type, param, code}}``, in mid-stream as an event without a name."""

    name = "openai"
    last_event: ClassVar[bytes | None] = b"data: [DONE]\n\n"

    def _body(self, told: Told, request_id: str) -> dict[str, Any]:  # noqa: ARG002 - a header tells it
        return {"error": error_detail(told)}

    def _event(self, told: Told) -> bytes:
        return event_bytes({"error": error_detail(told)})


def error_detail(told: Told) -> dict[str, str | None]:
    """An error's members in the words of this API."""
    return {"message": told.message, "type": _kind(told), "param": told.param, "code": told.code or _code(told)}


def _kind(told: Told) -> str:
    if told.type in _KNOWN_KINDS:
        return told.type or ""
    return _KINDS.get(told.status, "api_error" if told.status >= _SERVERS_FAULT else "invalid_request_error")


def _code(told: Told) -> str | None:
    """The names by which programs find out that they must compact, or ask for another model; others have only words for it."""
    if told.status == _NOT_FOUND:
        return "model_not_found"
    is_too_long = told.status in (400, 413) and any(phrase in told.message.lower() for phrase in _TOO_LONG)
    return "context_length_exceeded" if is_too_long else None


OPENAI = OpenAIFace()

DONE_EVENT = b"data: [DONE]\n\n"
