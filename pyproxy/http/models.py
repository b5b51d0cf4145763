"""The list of models, in the shape that each kind of client reads: every name that can be asked for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from pyproxy.dialects.faces import FACES
from pyproxy.dialects.model_lists import model_entry, model_list, shape_of
from pyproxy.errors import TargetNotFound
from pyproxy.http.asked import GEMINI_VERSIONS
from pyproxy.http.replies import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyproxy.dialects.face import Face
    from pyproxy.dialects.model_lists import Shape

__all__ = ["models_router"]

_FACES: Mapping[Shape, Face] = {
    "openai": FACES["openai"],
    "codex": FACES["responses"],
    "anthropic": FACES["anthropic"],
    "google": FACES["gemini"],
}


def models_router(targets: Callable[[], list[str]], knows: Callable[[str], bool]) -> APIRouter:
    """The list, and one entry of it, for which a pattern among the aliases is enough."""
    router = APIRouter()
    created = int(time.time())

    async def list_models(request: Request) -> JSONResponse:
        return JSONResponse(model_list(_shape(request), targets(), created))

    async def show_model(target: str, request: Request) -> Response:
        if not knows(target):
            missing = TargetNotFound(f"There is no target '{target[:200]}' here. GET /v1/models lists the targets.", param="model")
            return refusal(missing, request.scope, _FACES[_shape(request)])
        return JSONResponse(model_entry(_shape(request), target, created))

    for version in GEMINI_VERSIONS:
        router.add_api_route(f"{version}/models", list_models, methods=["GET"])
        router.add_api_route(version + "/models/{target:path}", show_model, methods=["GET"])
    return router


def _shape(request: Request) -> Shape:
    if request.scope["path"].startswith("/v1beta/"):
        return "google"
    return shape_of(request.scope["headers"], request.scope["query_string"])
