"""``/openapi.json`` and ``/docs``: what is served here, for programs and for people."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from pyproxy.http.openapi import openapi, page

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["description_routes"]

# Nothing may be loaded and nothing run: what the page needs is in it.
_HEADERS = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'", "x-content-type-options": "nosniff"}


def description_routes(version: str) -> list[Route]:
    """The two routes, each made when it is first asked for."""

    @cache
    def document() -> bytes:
        return json.dumps(openapi(version), ensure_ascii=False).encode()

    @cache
    def docs() -> bytes:
        return page(openapi(version)).encode()

    async def show_document(_: Request) -> Response:
        return Response(document(), media_type="application/json")

    async def show_page(_: Request) -> Response:
        return Response(docs(), media_type="text/html", headers=_HEADERS)

    return [Route("/openapi.json", show_document, methods=["GET"]), Route("/docs", show_page, methods=["GET"])]
