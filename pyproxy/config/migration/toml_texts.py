"""Edits of TOML texts: a table goes under a header of its own, at the end of the part that its group has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pyproxy.config.migration.texts import Edit, is_comment, quoted
from pyproxy.config.tree import MAX_DEPTH, MAX_NODES, Table
from pyproxy.rust_core import parse_toml

if TYPE_CHECKING:
    from collections.abc import Iterator

_BARE = re.compile(r"[A-Za-z0-9_-]+")


class _Statement(NamedTuple):
    """A header or a pair; ``closed`` when nothing can be added below its path."""

    line: int
    path: tuple[str, ...]
    is_header: bool
    closed: bool


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, as TOML counts them."""
    return [line for line in re.split(r"(?<=\n)", text) if line]


def with_table(text: str, table: Table, key: str, value: dict[str, Any]) -> Edit | None:
    """Return how to add a table to one that stands in the text; None where that is in braces or in a list.

    Args:
        text: The file.
        table: The table to add to, as it was read from the text.
        key: The key of the new one.
        value: Its content.
    """
    path = tuple(key for key in table.place.path.keys if isinstance(key, str))
    statements, lines = list(_statements(text)), lines_of(text)
    if any(one.closed and _begins(path, one.path) for one in statements):
        return None
    own = [number for number, one in enumerate(statements) if _begins(one.path, path)]
    if not own:
        return None
    following = next((one.line for one in statements[own[-1] + 1 :] if one.is_header), len(lines))
    end = _content_end(lines, following)
    while end < following and is_comment(lines[end]):
        end += 1
    if 0 < end == following < len(lines):  # the comments belong to the header below them
        end = _content_end(lines, following)
    tail = ("",) if end < len(lines) and lines[end].strip() else ()
    return Edit(end, end, ("", *_tables((*path, key), value), *tail))


def without_key(text: str, path: tuple[str, ...]) -> list[Edit] | None:
    """Return how to take a key out; None where it stands in braces with others."""
    statements, lines = list(_statements(text)), lines_of(text)
    starts = [one.line for one in statements[1:]] + [len(lines)]
    edits = [
        Edit(one.line, _content_end(lines, following)) for one, following in zip(statements, starts, strict=True) if _begins(one.path, path)
    ]
    return edits or None


def document(content: dict[str, Any]) -> str:
    """Return a whole file."""
    return "\n".join(_tables((), content)).lstrip("\n") + "\n"


def flow(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        return quoted(value)
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _tables(path: tuple[str, ...], content: dict[str, Any]) -> list[str]:
    pairs = [f"{_key(key)} = {flow(value)}" for key, value in content.items() if not isinstance(value, dict)]
    lines = [f"[{'.'.join(map(_key, path))}]", *pairs] if path and (pairs or not content) else pairs
    for key, value in content.items():
        if isinstance(value, dict):
            below = _tables((*path, key), value)
            lines += ["", *below] if lines else below
    return lines


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else quoted(key)


def _statements(text: str) -> Iterator[_Statement]:
    header: tuple[str, ...] = ()
    for statement in parse_toml(text, max_depth=MAX_DEPTH, max_nodes=MAX_NODES)[0]:
        if statement[0] == "pair":
            _, keys, value = statement
            path = (*header, *(key[0] for key in keys))
            yield _Statement(keys[0][1] - 1, path, is_header=False, closed=value[0] == "table")
        else:
            kind, line, _, keys = statement
            header = tuple(key[0] for key in keys)
            yield _Statement(line - 1, header, is_header=True, closed=kind == "tables")


def _begins(path: tuple[str, ...], start: tuple[str, ...]) -> bool:
    return path[: len(start)] == start


def _content_end(lines: list[str], following: int) -> int:
    """The line behind the last one before ``following`` that is neither blank nor a comment."""
    end = following
    while end > 0 and (not lines[end - 1].strip() or is_comment(lines[end - 1])):
        end -= 1
    return end
