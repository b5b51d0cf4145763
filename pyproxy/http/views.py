"""``GET /admin/v1/NAME``: what the sidecar tells operators of itself, and ``POST /admin/v1/route``: what would become of a request."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from pyproxy.errors import BodyTooLarge, InvalidRequest, RequestError, RequestTimeout
from pyproxy.http.admin import barred, refused
from pyproxy.http.visit import visit_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from pyproxy.config import ServerConfig

    View = Callable[[], Mapping[str, Any]]
    Foresee = Callable[[Mapping[str, Any]], Mapping[str, Any]]

__all__ = ["views_router"]


def views_router(settings: Callable[[], ServerConfig], views: Mapping[str, View], foresee: Foresee, body_timeout: float) -> APIRouter:
    """A route for each view, and the one that foresees, behind the token of the configuration in force."""
    router = APIRouter()
    for name, view in views.items():
        router.add_api_route(f"/admin/v1/{name}", _shown(settings, view), methods=["GET"])

    @router.post("/admin/v1/route")
    async def show_route(request: Request) -> Response:
        if (bar := barred(request.scope, settings())) is not None:
            return bar
        try:
            async with asyncio.timeout(body_timeout):
                fields = await _fields(request, settings().max_body_bytes)
            return JSONResponse(foresee(fields))
        except RequestError as error:
            return refused(error, request.scope)
        except TimeoutError:
            return refused(RequestTimeout(f"The body did not come to its end within {body_timeout:g} s."), request.scope)
        except ClientDisconnect:
            visit_of(request.scope).flag = "client_gone"
            return Response(status_code=400)  # which nobody reads

    return router


def _shown(settings: Callable[[], ServerConfig], view: View) -> Callable[[Request], Awaitable[Response]]:
    async def show(request: Request) -> Response:
        return barred(request.scope, settings()) or JSONResponse(view())

    return show


async def _fields(request: Request, most: int) -> Mapping[str, Any]:
    """The body, which is to be an object in JSON."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise BodyTooLarge(f"The body may have {most} bytes; server.max_body_bytes sets the limit.")
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidRequest("The body must be JSON.") from None
    if not isinstance(fields, dict):
        raise InvalidRequest("The body must be a JSON object with a target.")
    return fields
