"""The list of models, in pages."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pyproxy.providers.mock.reply import BadRequestError

_PAGE: Final = 20
_LARGEST: Final = 1_000


def model(name: str) -> dict[str, Any]:
    """Give one model."""
    return {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-02T00:00:00Z", "lifecycle": "active"}


def page(names: Sequence[str], query: Mapping[str, str]) -> dict[str, Any]:
    """Give the page of models that the query asks for.

    Raises:
        BadRequestError: If the query's `limit` is not a number in range.
    """
    try:
        limit = int(query.get("limit", _PAGE))
    except ValueError:
        text = "limit: Input should be a valid integer, unable to parse string as an integer"
        raise BadRequestError(text) from None
    if limit < 1:
        raise BadRequestError("limit: Input should be greater than or equal to 1")
    if limit > _LARGEST:
        raise BadRequestError(f"limit: Input should be less than or equal to {_LARGEST}")
    rest = list(names)
    if (after := query.get("after_id")) in rest:
        rest = rest[rest.index(after) + 1 :]
    if (before := query.get("before_id")) in rest:
        rest = rest[: rest.index(before)]
    shown = [model(name) for name in rest[:limit]]
    ends = (shown[0]["id"], shown[-1]["id"]) if shown else (None, None)
    return {"data": shown, "has_more": len(rest) > limit, "first_id": ends[0], "last_id": ends[1]}
