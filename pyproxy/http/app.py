"""The ASGI application: every route the sidecar has, behind one guard and one edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.routing import Route

from pyproxy.errors import InternalError, MethodNotAllowed, NotFound
from pyproxy.http.chat import ChatCompletions
from pyproxy.http.edge import Edge
from pyproxy.http.guard import Guard
from pyproxy.http.health import health_router
from pyproxy.http.models import models_router
from pyproxy.http.replies import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from starlette.requests import Request
    from starlette.responses import Response

    from pyproxy.domain import RequestRecord
    from pyproxy.http.deadlines import Deadlines
    from pyproxy.orchestration import Orchestrator

__all__ = ["build_app"]


def build_app(
    *,
    orchestrator: Orchestrator,
    targets: Callable[[], list[str]],
    ready: Callable[[], bool],
    max_body_bytes: int,
    deadlines: Deadlines,
    allowed_hosts: Collection[str],
    version: str,
    tell: Callable[[RequestRecord], None],
) -> Edge:
    """Build the application.

    Args:
        orchestrator: where LLM requests go.
        targets: the names that ``/v1/models`` lists.
        ready: whether ``/readyz`` says yes.
        max_body_bytes: bodies above this are refused before they are read.
        deadlines: how long a client may take.
        allowed_hosts: host names a request may be for, without a port.
        version: shown in the API's own description.
        tell: called with the record of each finished request that the orchestrator has not seen.
    """
    app = FastAPI(title="pyproxy", version=version, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.router.routes.append(Route("/v1/chat/completions", ChatCompletions(orchestrator, max_body_bytes, deadlines.body), methods=["POST"]))
    app.include_router(models_router(targets))
    app.include_router(health_router(ready))
    app.add_exception_handler(404, _not_found)
    app.add_exception_handler(405, _method_not_allowed)
    app.add_exception_handler(Exception, _failed)
    return Edge(Guard(app, allowed_hosts), tell)


def _not_found(request: Request, _: Exception) -> Response:
    path = request.scope["path"][:200]
    return refusal(NotFound(f"There is nothing at {path}; LLM requests go to POST /v1/chat/completions."), request.scope)


def _method_not_allowed(request: Request, error: Exception) -> Response:
    reply = refusal(MethodNotAllowed(f"{request.scope['path'][:200]} does not take {request.method[:20]}."), request.scope)
    reply.headers.update(getattr(error, "headers", None) or {})  # Allow says which methods it takes
    return reply


def _failed(request: Request, _: Exception) -> Response:
    return refusal(InternalError(), request.scope)  # the edge, which the exception reaches next, tells of it
