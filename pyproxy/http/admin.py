"""``/admin/v1``: what an operator may have done to a running sidecar. Without a token in the configuration there is no such route."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from pyproxy.errors import ConfigError, RequestError, Unauthorized
from pyproxy.http.replies import nothing_at, refusal
from pyproxy.http.visit import visit_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Scope

    from pyproxy.config import ServerConfig
    from pyproxy.config.changes import ReloadReport
    from pyproxy.http.replies import Reply

__all__ = ["admin_router", "barred", "refused", "response"]

_UNPROCESSABLE = 422
_CODE = "config_error"
_FAULT = ("severity", "file", "line", "column", "path", "message", "hint")


def admin_router(settings: Callable[[], ServerConfig], reload: Callable[[], Awaitable[ReloadReport]]) -> APIRouter:
    """The admin routes, behind the token of the configuration in force."""
    router = APIRouter()

    @router.post("/admin/v1/reload")
    async def reload_now(request: Request) -> Response:
        if (bar := barred(request.scope, settings())) is not None:
            return bar
        try:
            return JSONResponse(_told(await reload()))
        except ConfigError as fault:
            return _faulty(fault, request.scope)
        except RequestError as stopping:
            return refused(stopping, request.scope)

    return router


def barred(scope: Scope, settings: ServerConfig) -> Response | None:
    """The answer to a request that may not pass; None to one that may."""
    error = _fault_of(scope, settings)
    if error is None:
        return None
    reply = refused(error, scope)
    if isinstance(error, Unauthorized):
        reply.headers["www-authenticate"] = "Bearer"
    return reply


def refused(error: RequestError, scope: Scope) -> Response:
    """An error as FastAPI's routes answer it."""
    return response(refusal(error, scope))


def response(reply: Reply) -> Response:
    """An answer as FastAPI's routes give it."""
    return Response(reply.body, status_code=reply.status, headers={name.decode(): value.decode() for name, value in reply.headers})


def _fault_of(scope: Scope, settings: ServerConfig) -> RequestError | None:
    """Why the request may not pass, if it may not; a wrong token takes as long to refuse as one that is nearly right."""
    if settings.admin_token is None:
        return nothing_at(scope)
    given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    scheme, _, token = given.partition(b" ")
    wanted = settings.admin_token.get_secret_value().encode()
    if scheme.lower() == b"bearer" and hmac.compare_digest(token.strip(), wanted):
        return None
    return Unauthorized("Send the value of server.admin_token as 'Authorization: Bearer ...'.")


def _told(report: ReloadReport) -> dict[str, object]:
    return {
        "revision": report.revision,
        "old_revision": report.old_revision,
        "changes": {name: list(getattr(report.changes, name)) for name in ("added", "removed", "changed")},
        "needs_restart": list(report.needs_restart),
        "warnings": [_fault(fault) for fault in report.warnings],
    }


def _faulty(error: ConfigError, scope: Scope) -> Response:
    visit_of(scope).flag = _CODE
    message = error.message.partition("\n")[0]
    detail = {"message": message, "type": "invalid_request_error", "param": None, "code": _CODE}
    return JSONResponse({"error": detail, "faults": [_fault(fault) for fault in error.faults]}, status_code=_UNPROCESSABLE)


def _fault(fault: object) -> dict[str, object]:
    return {name: getattr(fault, name, None) for name in _FAULT}
