"""``/livez`` says that the process serves, ``/readyz`` that it takes new requests.

Probes come every few seconds for ever, so they leave no access lines; one that is refused does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from pyproxy.http.visit import visit_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["health_router"]


def health_router(ready: Callable[[], bool], config_state: Callable[[], Mapping[str, object]]) -> APIRouter:
    """The two probes. A configuration that could not be reloaded is a detail: with the last good one all is served."""
    router = APIRouter()

    @router.get("/livez")
    async def livez(request: Request) -> JSONResponse:
        visit_of(request.scope).told = True
        return JSONResponse({"status": "alive"})

    @router.get("/readyz")
    async def readyz(request: Request) -> JSONResponse:
        visit_of(request.scope).told = True
        if not ready():
            return JSONResponse({"status": "draining"}, status_code=503)
        return JSONResponse({"status": "ready", "config": config_state()})

    return router
