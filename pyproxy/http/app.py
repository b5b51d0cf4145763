"""The ASGI application: every route the sidecar has, behind one guard and one edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.responses import Response
from starlette.routing import Match, Route

from pyproxy.errors import InternalError, MethodNotAllowed, UpgradeRequired
from pyproxy.http.admin import admin_router
from pyproxy.http.asked import GEMINI_VERSIONS, PATHS, always, asked_of_gemini
from pyproxy.http.calls import Calls
from pyproxy.http.description import description_routes
from pyproxy.http.edge import Edge
from pyproxy.http.guard import Guard
from pyproxy.http.health import health_router
from pyproxy.http.metrics import metrics_router
from pyproxy.http.models import models_router
from pyproxy.http.pools import pools_router
from pyproxy.http.replies import nothing_at, refusal
from pyproxy.http.views import views_router

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping

    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import Scope

    from pyproxy.config import ServerConfig
    from pyproxy.config.changes import ReloadReport
    from pyproxy.domain import RequestRecord
    from pyproxy.http.asked import Asked
    from pyproxy.http.deadlines import Deadlines
    from pyproxy.http.pools import Status
    from pyproxy.http.views import Foresee, View
    from pyproxy.observe.metrics import Metric
    from pyproxy.orchestration import Orchestrator

__all__ = ["build_app"]

_METHODS = ("GET", "HEAD", "POST")


def build_app(
    *,
    orchestrator: Orchestrator,
    targets: Callable[[], list[str]],
    knows: Callable[[str], bool],
    ready: Callable[[], bool],
    config_state: Callable[[], Mapping[str, object]],
    metrics: Callable[[], Iterable[Metric]],
    settings: Callable[[], ServerConfig],
    reload: Callable[[], Awaitable[ReloadReport]],
    pools: Callable[[], Iterable[Status]],
    views: Mapping[str, View],
    foresee: Foresee,
    deadlines: Deadlines,
    version: str,
    tell: Callable[[RequestRecord], None],
) -> Edge:
    """Build the application.

    Args:
        orchestrator: where LLM requests go.
        targets: the names that ``/v1/models`` lists.
        knows: whether a name can be asked for, patterns included.
        ready: whether ``/readyz`` says yes.
        config_state: what ``/readyz`` says of the configuration in force.
        metrics: what ``/metrics`` says.
        settings: the ``server`` settings in force; asked anew for each request.
        reload: reads the configuration again.
        pools: the status of each polling pool.
        views: what else ``/admin/v1`` shows, by name.
        foresee: what would become of a request.
        deadlines: how long a client may take.
        version: shown in the description at ``/openapi.json`` and ``/docs``.
        tell: called with the record of each finished request that the orchestrator has not seen.
    """
    app = FastAPI(title="pyproxy", version=version, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.router.routes.extend(_calls(orchestrator, settings, deadlines.body))
    app.router.routes.append(Route("/v1/responses", _no_websocket, methods=["GET"]))
    app.router.routes.append(Route("/api/hello", _hello, methods=["GET"]))
    app.router.routes.extend(description_routes(version))
    app.include_router(models_router(targets, knows))
    app.include_router(health_router(ready, config_state))
    app.include_router(metrics_router(metrics))
    app.include_router(admin_router(settings, reload))
    app.include_router(pools_router(settings, pools))
    app.include_router(views_router(settings, views, foresee, deadlines.body))
    app.add_exception_handler(404, _not_found)
    app.add_exception_handler(405, _method_not_allowed)
    app.add_exception_handler(Exception, _failed)
    return Edge(Guard(app, settings), tell)


def _calls(orchestrator: Orchestrator, settings: Callable[[], ServerConfig], body_timeout: float) -> Iterator[Route]:
    """The routes that call a model."""

    def calls(asked_by: Callable[[Scope], Asked]) -> Calls:
        return Calls(orchestrator, settings, body_timeout, asked_by)

    for path, operation in PATHS.items():
        yield Route(path, calls(always(operation)), methods=["POST"])
    gemini = calls(asked_of_gemini)
    for version in GEMINI_VERSIONS:
        yield Route(version + "/models/{call:path}", gemini, methods=["POST"])


def _no_websocket(request: Request) -> Response:
    """What makes Codex, which tries a WebSocket first, go on over HTTP at once."""
    reply = refusal(UpgradeRequired("Responses are asked for by POST; there is no WebSocket here."), request.scope)
    reply.headers["upgrade"] = "HTTP/1.1"
    return reply


def _hello(_: Request) -> Response:
    """What Claude Code asks to see whether anybody is here."""
    return Response(status_code=204)


def _not_found(request: Request, _: Exception) -> Response:
    return refusal(nothing_at(request.scope), request.scope)


def _method_not_allowed(request: Request, _: Exception) -> Response:
    scope = request.scope
    reply = refusal(MethodNotAllowed(f"{scope['path'][:200]} does not take {request.method[:20]}."), scope)
    # The router knows the methods of the first route only, and some paths have several.
    taken = [method for method in _METHODS if any(_takes(route, {**scope, "method": method}) for route in request.app.router.routes)]
    reply.headers["allow"] = ", ".join(taken)
    return reply


def _takes(route: BaseRoute, scope: Scope) -> bool:
    return route.matches(scope)[0] is Match.FULL


def _failed(request: Request, _: Exception) -> Response:
    return refusal(InternalError(), request.scope)  # the edge, which the exception reaches next, tells of it
