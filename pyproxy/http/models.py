"""``/v1/models``: every name that can be asked for, as the OpenAI SDKs expect to read it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from pyproxy.dialects import openai
from pyproxy.errors import TargetNotFound
from pyproxy.http.replies import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["models_router"]


def models_router(targets: Callable[[], list[str]]) -> APIRouter:
    """The list, and one entry of it."""
    router = APIRouter()
    created = int(time.time())

    @router.get("/v1/models")
    async def list_models() -> JSONResponse:
        return JSONResponse(openai.model_list(targets(), created))

    @router.get("/v1/models/{target:path}")
    async def show_model(target: str, request: Request) -> Response:
        if target not in targets():
            missing = TargetNotFound(f"There is no target '{target[:200]}' here. GET /v1/models lists the targets.", param="model")
            return refusal(missing, request.scope)
        return JSONResponse(openai.model_entry(target, created))

    return router
