"""``/metrics``: what Prometheus collects. Like probes, its requests leave no access lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import Response

from pyproxy.http.visit import visit_of
from pyproxy.observe.metrics import CONTENT_TYPE, exposition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyproxy.observe.metrics import Metric

__all__ = ["metrics_router"]


def metrics_router(metrics: Callable[[], Iterable[Metric]]) -> APIRouter:
    """The one route, open like the probes: no metric holds a secret or what a client sent."""
    router = APIRouter()

    @router.get("/metrics")
    async def show_metrics(request: Request) -> Response:
        visit_of(request.scope).told = True
        return Response(exposition(metrics()), headers={"content-type": CONTENT_TYPE})

    return router
