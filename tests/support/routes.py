"""The routes of the application, as it is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from starlette.routing import Route
from support.front import VIEWS, unused_reload

from pyproxy.config import ServerConfig
from pyproxy.http import build_app
from pyproxy.http.deadlines import Deadlines
from pyproxy.http.guard import Guard
from pyproxy.http.routes import Routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

    from pyproxy.orchestration import Orchestrator

__all__ = ["routes"]


def routes() -> list[tuple[str, str]]:
    """Every method and path."""
    edge = build_app(
        orchestrator=cast("Orchestrator", None),
        targets=list,
        knows=lambda _: True,
        ready=lambda: True,
        config_state=dict,
        metrics=tuple,
        settings=lambda: ServerConfig(max_body_bytes=1),
        pools=list,
        views=dict.fromkeys(VIEWS, dict),
        foresee=dict,
        reload=unused_reload,
        deadlines=Deadlines(),
        version="0",
        tell=lambda _: None,
    )
    assert isinstance(edge._app, Guard)
    app = edge._app._app
    assert isinstance(app, Routes)
    of_control = _each(cast("FastAPI", app._control._make()).router.routes)  # type: ignore[attr-defined]
    below = {"GET": "{target:path}", "POST": "{call:path}"}
    return [
        *((method, path) for path, methods in app._exact.items() for method in methods),
        *((method, path + below[method]) for path, methods in app._below.items() for method in methods),
        *((method, route.path) for route in of_control for method in sorted(route.methods or ())),
    ]


def _each(routes: object) -> Iterator[Route]:
    for route in cast("list[object]", routes):
        if isinstance(route, Route):
            yield route
        else:
            yield from _each(getattr(route, "routes", None) or route.original_router.routes)  # type: ignore[attr-defined]
