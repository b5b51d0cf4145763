"""The list of models, in the shape that each kind of client reads: every name that can be asked for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pyproxy.dialects.faces import FACES
from pyproxy.dialects.model_lists import model_entry, model_list, shape_of
from pyproxy.errors import TargetNotFound
from pyproxy.http.replies import json_reply, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import Scope

    from pyproxy.dialects.face import Face
    from pyproxy.dialects.model_lists import Shape
    from pyproxy.http.replies import Reply

__all__ = ["model_entries", "model_lists"]

_FACES: Mapping[Shape, Face] = {
    "openai": FACES["openai"],
    "codex": FACES["responses"],
    "anthropic": FACES["anthropic"],
    "google": FACES["gemini"],
}


def model_lists(targets: Callable[[], list[str]]) -> Callable[[Scope], Reply]:
    """The list."""
    created = int(time.time())
    return lambda scope: json_reply(model_list(_shape(scope), targets(), created))


def model_entries(knows: Callable[[str], bool]) -> Callable[[Scope], Reply]:
    """One entry of it, for which a pattern among the aliases is enough."""
    created = int(time.time())

    def show(scope: Scope) -> Reply:
        target = scope["path"].partition("/models/")[2]
        if not knows(target):
            missing = TargetNotFound(f"There is no target '{target[:200]}' here. GET /v1/models lists the targets.", param="model")
            return refusal(missing, scope, _FACES[_shape(scope)])
        return json_reply(model_entry(_shape(scope), target, created))

    return show


def _shape(scope: Scope) -> Shape:
    if scope["path"].startswith("/v1beta/"):
        return "google"
    return shape_of(scope["headers"], scope["query_string"])
