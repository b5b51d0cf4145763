"""What must be kept of a turn of the responses API, so that the next can go on with it by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Json

__all__ = ["continued", "conversation_after"]


def conversation_after(request: Json, response: Json) -> list[Json]:
    """Return the conversation as it stands after a turn, as items of an input.

    Instructions are not among them: each request brings its own.

    Args:
        request: the body of a request, with all of the conversation in its input (see `continued`).
        response: the body of its answer.
    """
    return _items(request.get("input")) + _items(response.get("output"))


def continued(request: Json, conversation: list[Json]) -> Json:
    """Return a request that names a turn before as one that names none: with the conversation up to it in front of its input."""
    rest = {name: value for name, value in request.items() if name != "previous_response_id"}
    return {**rest, "input": [*conversation, *_items(request.get("input"))]}


def _items(given: Any) -> list[Json]:
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": given}]}]
    return [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []
