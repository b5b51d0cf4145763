"""The face of Google's Gemini API, whose clients take nothing but ``data: {json}`` in a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.face import Face, event_bytes

if TYPE_CHECKING:
    from pyproxy.dialects.face import Told

__all__ = ["GEMINI", "GeminiFace"]

_SERVERS_FAULT = 500
_STATUSES = {
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    412: "FAILED_PRECONDITION",
    429: "RESOURCE_EXHAUSTED",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
    529: "UNAVAILABLE",
}
"""google.rpc.Code of a status, in the names of https://google.aip.dev/193."""


class GeminiFace(Face):
    """``{"error": {code, message, status, details[]}}``; no comments, no names of events, no signs of life."""

    name = "gemini"
    comments = False
    opening_sign = keep_alive = None

    def _body(self, told: Told, request_id: str) -> dict[str, Any]:
        details = _details(told, request_id)
        error = {"code": told.status, "message": told.message, "status": _status(told.status)}
        return {"error": {**error, "details": details} if details else error}

    def _event(self, told: Told) -> bytes:
        return event_bytes(self._body(told, ""))


def _status(status: int) -> str:
    return _STATUSES.get(status, "INTERNAL" if status >= _SERVERS_FAULT else "INVALID_ARGUMENT")


def _details(told: Told, request_id: str) -> list[dict[str, Any]]:
    details: list[dict[str, Any]] = []
    if told.code is not None:
        reason = told.code.upper()
        details.append({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "pyproxy"})
    if told.param is not None:
        violation = {"field": told.param, "description": told.message}
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]})
    if told.retry_after_ns is not None:
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": _duration(told.retry_after_ns)})
    if request_id:
        details.append({"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": request_id})
    return details


def _duration(nanoseconds: int) -> str:
    """Rounded up to the millisecond: whoever waits this long does not come early."""
    milliseconds = -(-nanoseconds // 1_000_000)
    return f"{milliseconds / 1000:g}s" if milliseconds % 1000 else f"{milliseconds // 1000}s"


GEMINI = GeminiFace()
