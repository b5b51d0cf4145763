"""Where the members of a body stand that a path such as ``messages[].tool_calls[].id`` names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["places"]


def places(value: Any, path: str) -> Iterator[tuple[Any, Any]]:
    """Yield what holds each of them, and under which key; ``[]`` stands for each item of a list, and null for nothing."""
    name, _, rest = path.partition(".")
    many = name.endswith("[]")
    name = name.removesuffix("[]")
    inner = value.get(name) if isinstance(value, dict) else None
    if many:
        items = inner if isinstance(inner, list) else []
        holders: list[tuple[Any, Any]] = [(items, index) for index in range(len(items))]
    else:
        holders = [(value, name)] if inner is not None else []
    for holder, key in holders:
        if rest:
            yield from places(holder[key], rest)
        else:
            yield holder, key
