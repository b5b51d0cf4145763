"""``/livez`` says that the process serves, ``/readyz`` that it takes new requests.

Probes come every few seconds for ever, so they leave no access lines; one that is refused does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from pyproxy.http.visit import visit_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["health_router"]


def health_router(ready: Callable[[], bool]) -> APIRouter:
    """The two probes."""
    router = APIRouter()

    @router.get("/livez")
    async def livez(request: Request) -> JSONResponse:
        visit_of(request.scope).told = True
        return JSONResponse({"status": "alive"})

    @router.get("/readyz")
    async def readyz(request: Request) -> JSONResponse:
        visit_of(request.scope).told = True
        return JSONResponse({"status": "ready"}) if ready() else JSONResponse({"status": "draining"}, status_code=503)

    return router
