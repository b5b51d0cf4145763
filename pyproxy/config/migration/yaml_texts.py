"""Edits of YAML texts: where a table of a group goes, and what lines a key takes. Whatever is in braces is left to people."""

import re
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pyproxy.config.migration.texts import Edit, is_comment, quoted
from pyproxy.config.tree import Table
from pyproxy.config.yaml_scalars import plain_scalar

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_STEP = 2


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, as YAML counts them."""
    return text.splitlines(keepends=True)


def with_table(text: str, table: Table, key: str, value: dict[str, Any]) -> Edit | None:
    """Return how to add a table to one that stands in the text; None where that is not in block style.

    Args:
        text: The file.
        table: The table to add to, as it was read from the text.
        key: The key of the new one.
        value: Its content.
    """
    mapping = _mapping_at(_root(text), (table.place.line or 0) - 1, (table.place.column or 0) - 1)
    lines = lines_of(text)
    indent = None if mapping is None else _indent(mapping, lines)
    if mapping is None or indent is None:
        return None
    end = _end(mapping)
    while end < len(lines) and is_comment(lines[end]) and len(lines[end]) - len(lines[end].lstrip()) >= len(indent):
        end += 1
    if end == len(lines) and not lines[-1].endswith(("\n", "\r")) and _is_literal(mapping):
        return None  # the line end that has to be added would become part of the literal
    new = [indent + line for line in block({key: value})]
    is_airy = any(not line.strip() for line in lines[_line(mapping) : end])
    return Edit(end, end, ("", *new) if is_airy and not indent else tuple(new))


def without_key(text: str, path: tuple[str, ...]) -> list[Edit] | None:
    """Return how to take a key out, with a table above that would hold nothing then; None where it is not in block style."""
    node, lines = _root(text), lines_of(text)
    cut: Edit | None = None
    for key in path:
        if not isinstance(node, MappingNode) or _indent(node, lines) is None:
            return None
        pair = next(((name, value) for name, value in node.value if isinstance(name, ScalarNode) and name.value == key), None)
        if pair is None:
            return None
        if cut is None or len(node.value) > 1:
            cut = Edit(_line(pair[0]), _end_of_pair(*pair))
        node = pair[1]
    return None if cut is None else [cut]


def document(content: dict[str, Any]) -> str:
    """Return a whole file, a blank line between its sections."""
    gap = "\n\n" if any(isinstance(value, dict) for value in content.values()) else "\n"
    return gap.join("\n".join(block({key: value})) for key, value in content.items()) + "\n"


def block(content: dict[str, Any]) -> list[str]:
    """Return lines in block style; lists stay in brackets."""
    lines: list[str] = []
    for key, value in content.items():
        if isinstance(value, dict) and value:
            lines += [f"{_scalar(key)}:", *(" " * _STEP + line for line in block(value))]
        else:
            lines.append(f"{_scalar(key)}: {flow(value)}")
    return lines


def flow(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) and plain_scalar(value) == value else quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


def _root(text: str) -> Node | None:
    root: Node | None = yaml.compose(text, Loader=_LOADER)  # the loader has read this text before, and so within bounds
    return root


def _mapping_at(node: Node | None, line: int, column: int) -> MappingNode | None:
    mark: Any = None if node is None else node.start_mark
    if isinstance(node, MappingNode) and (mark.line, mark.column) == (line, column):
        return node
    children = node.value if isinstance(node, SequenceNode) else []
    if isinstance(node, MappingNode):
        children = [value for _, value in node.value]
    below = (_mapping_at(child, line, column) for child in children)
    return next((found for found in below if found is not None), None)


def _indent(mapping: MappingNode, lines: list[str]) -> str | None:
    """What stands before each key of a mapping in block style; None where that is not blanks alone."""
    if mapping.flow_style or not mapping.value:
        return None
    mark: Any = mapping.value[0][0].start_mark
    before = lines[mark.line][: mark.column]
    return None if before.strip(" ") else before


def _line(node: Node) -> int:
    mark: Any = node.start_mark
    return int(mark.line)


def _end(node: Node) -> int:
    """The line behind a node; the parser's own mark of a block is that of whatever comes next."""
    if isinstance(node, SequenceNode) and not node.flow_style:
        return max((_end(item) for item in node.value), default=_line(node) + 1)
    if isinstance(node, MappingNode) and not node.flow_style:
        return max((_end_of_pair(key, value) for key, value in node.value), default=_line(node) + 1)
    mark: Any = node.end_mark
    return int(mark.line) + bool(mark.column)


def _is_literal(node: Node) -> bool:
    """Whether the last thing in a node is a text in lines of its own, after ``|`` or ``>``."""
    while not isinstance(node, ScalarNode) and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return isinstance(node, ScalarNode) and node.style in ("|", ">")


def _end_of_pair(key: Node, value: Node) -> int:
    is_empty = isinstance(value, ScalarNode) and not value.value and not value.style
    is_alias = _line(value) < _line(key)
    return _end(key) if is_empty or is_alias else max(_end(key), _end(value))
