"""The ASGI application: every route the sidecar has, behind one guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.routing import Route

from pyproxy.errors import MethodNotAllowed, NotFound
from pyproxy.http.chat import ChatCompletions
from pyproxy.http.guard import Guard
from pyproxy.http.health import health_router
from pyproxy.http.models import models_router
from pyproxy.http.replies import error_reply

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from pyproxy.orchestration import Orchestrator

__all__ = ["build_app"]


def build_app(
    *,
    orchestrator: Orchestrator,
    targets: Callable[[], list[str]],
    ready: Callable[[], bool],
    max_body_bytes: int,
    allowed_hosts: Collection[str],
    version: str,
) -> ASGIApp:
    """Build the application.

    Args:
        orchestrator: where LLM requests go.
        targets: the names that ``/v1/models`` lists.
        ready: whether ``/readyz`` says yes.
        max_body_bytes: bodies above this are refused before they are read.
        allowed_hosts: host names a request may be for, without a port.
        version: shown in the API's own description.
    """
    app = FastAPI(title="pyproxy", version=version, docs_url=None, redoc_url=None, openapi_url=None)
    app.router.routes.append(Route("/v1/chat/completions", ChatCompletions(orchestrator, max_body_bytes), methods=["POST"]))
    app.include_router(models_router(targets))
    app.include_router(health_router(ready))
    app.add_exception_handler(404, _not_found)
    app.add_exception_handler(405, _method_not_allowed)
    return Guard(app, allowed_hosts)


def _not_found(request: Request, _: Exception) -> Response:
    return error_reply(NotFound(f"There is nothing at {request.scope['path']}; LLM requests go to POST /v1/chat/completions."))


def _method_not_allowed(request: Request, error: Exception) -> Response:
    reply = error_reply(MethodNotAllowed(f"{request.scope['path']} does not take {request.method}."))
    reply.headers.update(getattr(error, "headers", None) or {})  # Allow says which methods it takes
    return reply
