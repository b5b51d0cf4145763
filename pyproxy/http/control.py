"""The control plane, on FastAPI: what operators ask, and the description of what is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.routing import Match

from pyproxy.errors import InternalError
from pyproxy.http.admin import admin_router, refused, response
from pyproxy.http.description import description_routes
from pyproxy.http.pools import pools_router
from pyproxy.http.replies import nothing_at
from pyproxy.http.routes import METHODS, not_allowed
from pyproxy.http.views import views_router

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import Scope

    from pyproxy.config import ServerConfig
    from pyproxy.config.changes import ReloadReport
    from pyproxy.http.pools import Status
    from pyproxy.http.views import Foresee, View

__all__ = ["build_control"]


def build_control(
    *,
    settings: Callable[[], ServerConfig],
    reload: Callable[[], Awaitable[ReloadReport]],
    pools: Callable[[], Iterable[Status]],
    views: Mapping[str, View],
    foresee: Foresee,
    body_timeout: float,
    version: str,
) -> FastAPI:
    """Build it.

    Args:
        settings: the ``server`` settings in force; asked anew for each request.
        reload: reads the configuration again.
        pools: the status of each polling pool.
        views: what else ``/admin/v1`` shows, by name.
        foresee: what would become of a request.
        body_timeout: seconds that a body may take to come.
        version: shown in the description at ``/openapi.json`` and ``/docs``.
    """
    app = FastAPI(title="pyproxy", version=version, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.router.routes.extend(description_routes(version))
    app.include_router(admin_router(settings, reload))
    app.include_router(pools_router(settings, pools))
    app.include_router(views_router(settings, views, foresee, body_timeout))
    app.add_exception_handler(404, _not_found)
    app.add_exception_handler(405, _method_not_allowed)
    app.add_exception_handler(Exception, _failed)
    return app


def _not_found(request: Request, _: Exception) -> Response:
    return refused(nothing_at(request.scope), request.scope)


def _method_not_allowed(request: Request, _: Exception) -> Response:
    scope = request.scope
    # The router knows the methods of the first route only, and some paths have several.
    routes = request.app.router.routes
    return response(
        not_allowed(scope, [method for method in METHODS if any(_takes(route, {**scope, "method": method}) for route in routes)])
    )


def _takes(route: BaseRoute, scope: Scope) -> bool:
    return route.matches(scope)[0] is Match.FULL


def _failed(request: Request, _: Exception) -> Response:
    return refused(InternalError(), request.scope)  # the edge, which the exception reaches next, tells of it
