"""``/livez`` says that the process serves, ``/readyz`` that it takes new requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["health_router"]


def health_router(ready: Callable[[], bool]) -> APIRouter:
    """The two probes."""
    router = APIRouter()

    @router.get("/livez")
    async def livez() -> JSONResponse:
        return JSONResponse({"status": "alive"})

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        return JSONResponse({"status": "ready"}) if ready() else JSONResponse({"status": "draining"}, status_code=503)

    return router
