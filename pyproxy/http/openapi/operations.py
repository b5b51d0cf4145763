"""An operation of the sidecar itself, which calls no model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.http.openapi.answers import error
from pyproxy.http.openapi.shorthand import STRING

if TYPE_CHECKING:
    from pyproxy.http.openapi.shorthand import Json

__all__ = ["operation", "path_parameter"]


def operation(
    name: str, summary: str, tag: str, answered: Json, *, api: str = "openai", responses: Json | None = None, **more: Any
) -> Json:
    """Describe one.

    Args:
        name: its id, like no other's.
        summary: what it is for.
        tag: among which others it stands.
        answered: what it is answered with when all is well.
        api: whose errors it has.
        responses: its other answers, by status.
        more: members of the description beside these.
    """
    answers = {"200": answered, **(responses or {}), "default": error(api, "The request is refused.")}
    return {"operationId": name, "summary": summary, "tags": [tag], **more, "responses": answers}


def path_parameter(name: str, description: str) -> Json:
    """Describe a name in a path."""
    return {"name": name, "in": "path", "required": True, "schema": {**STRING, "minLength": 1}, "description": description}
