"""The routes of the application, as it is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from fastapi import FastAPI
from starlette.routing import Route
from support.front import VIEWS, unused_reload

from pyproxy.config import ServerConfig
from pyproxy.http import build_app
from pyproxy.http.deadlines import Deadlines
from pyproxy.http.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    assert isinstance(app, FastAPI)
    return [(method, route.path) for route in _each(app.router.routes) for method in sorted(route.methods or ())]


def _each(routes: object) -> Iterator[Route]:
    for route in cast("list[object]", routes):
        if isinstance(route, Route):
            yield route
        else:
            yield from _each(getattr(route, "routes", None) or route.original_router.routes)  # type: ignore[attr-defined]
