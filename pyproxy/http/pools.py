"""``/admin/v1/pools``: each pool with its instances, and how each does."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from pyproxy.errors import PoolNotFound
from pyproxy.http.admin import barred, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, ClassVar, Protocol

    from pyproxy.config import ServerConfig

    class Status(Protocol):
        """A dataclass with a name."""

        __dataclass_fields__: ClassVar[dict[str, Any]]

        @property
        def name(self) -> str: ...


__all__ = ["pools_router"]


def pools_router(settings: Callable[[], ServerConfig], pools: Callable[[], Iterable[Status]]) -> APIRouter:
    """The list, and one entry of it, behind the token of the configuration in force."""
    router = APIRouter()

    @router.get("/admin/v1/pools")
    async def list_pools(request: Request) -> Response:
        return barred(request.scope, settings()) or JSONResponse({"pools": [asdict(pool) for pool in pools()]})

    @router.get("/admin/v1/pools/{name}")
    async def show_pool(name: str, request: Request) -> Response:
        if (bar := barred(request.scope, settings())) is not None:
            return bar
        status = next((pool for pool in pools() if pool.name == name), None)
        if status is None:
            return refused(PoolNotFound(f"There is no polling pool '{name[:200]}' here. GET /admin/v1/pools lists them."), request.scope)
        return JSONResponse(asdict(status))

    return router
