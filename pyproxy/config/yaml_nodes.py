"""Composes YAML text into PyYAML's nodes, without PyYAML's recursion: nothing a file says can exhaust the stack or the memory."""

import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pyproxy.config.faults import Fault, UnreadableError
from pyproxy.config.tree import MAX_DEPTH, NodeBudget

_TAG_HANDLE = re.compile("tag handle .*")  # what follows is the file's own text, perhaps a credential
_VARIABLE = re.compile(r"\$\{")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HINTS = {
    "mapping values are not allowed": "a ': ' stands where none can be: put the text in quotes, or mend the indentation",
    "cannot start any token": "tabs cannot indent; a text that begins with a special character needs quotes",
    "could not find expected ':'": "a key needs ': ' and a value, with a space after the colon",
    "did not find expected key": "look at the indentation and the quotes of the lines before",
    "expected ',' or": "the bracket that was opened on line {opened} is not closed, or a comma is missing",
    "expected <document start>": "is it TOML? then the file's name ends in .toml; else look at the indentation",
    "expected <block end>": "look at the indentation and the quotes of the lines before",
    "unexpected end of stream": "close the quote that is opened here",
    "expected node content": "a value is missing here, or a bracket that was opened before is not closed",
    "alphabetic or numeric character": "a text that begins with '*' or '&' needs quotes",
    "unknown directive": "a line cannot begin with '%': remove it, or put the text in quotes",
    "undefined alias": "define it before with '&', or quote a text that begins with '*'",
}


def compose(text: str, file: str) -> Node | None:
    """Return the root node of a document, or None when it is empty; an alias is the same node again.

    An empty text as a tag means that the node has none.

    Raises:
        UnreadableError: The text is not YAML, holds a second document, nests too deeply or is too large.
    """
    composer = _Composer(file)
    for event in _events(text, file):
        composer.take(event)
    return composer.root


def _events(text: str, file: str) -> Iterator[Any]:
    fault: Fault | None = None
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        fault = _not_yaml(error, file, text)
    except yaml.YAMLError:
        fault = Fault(file=file, message="not YAML: it holds a character that cannot be read")
    if fault is not None:
        raise UnreadableError(fault)


def _not_yaml(error: yaml.MarkedYAMLError, file: str, text: str) -> Fault:
    opened, mark = error.context_mark or error.problem_mark, error.problem_mark or error.context_mark
    problem = _TAG_HANDLE.sub("tag handle", error.problem or "cannot be read")
    if "unexpected end of stream" in problem:  # the end is where every open quote ends up; its beginning is what to look at
        mark, problem = opened, "found a quote that is never closed"
    hint = next((hint for part, hint in _HINTS.items() if part in (error.problem or "")), "")
    if error.problem_mark is not None and _VARIABLE.match(text, max(error.problem_mark.index - 1, 0)):
        hint = 'within braces or brackets a variable needs quotes: "${{NAME}}"'
    return _fault(file, mark, f"not YAML: {problem}", hint.format(opened=opened.line + 1) if opened else hint)


def _fault(file: str, mark: Any, message: str, hint: str = "") -> Fault:
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (None, None)
    return Fault(file=file, line=line, column=column, message=message, hint=hint)


class _Composer:
    """A stack of open collections; each event opens, closes or adds to the innermost one."""

    def __init__(self, file: str) -> None:
        self.root: Node | None = None
        self._file = file
        self._budget = NodeBudget()
        self._open: list[tuple[Node, list[Node], str | None]] = []
        self._anchors: dict[str, Node] = {}

    def take(self, event: Any) -> None:
        if isinstance(event, DocumentStartEvent) and self.root is not None:
            self._stop(event, "a second document begins here", "one file holds one configuration: remove the '---'")
        elif isinstance(event, NodeEvent):
            if not self._budget.spend():
                self._stop(event, self._budget.message)
            self._begin(event)
        elif isinstance(event, CollectionEndEvent):
            self._end()

    def _begin(self, event: Any) -> None:
        start: Any = event.start_mark
        end: Any = event.end_mark
        if isinstance(event, AliasEvent):
            node = self._anchors.get(str(event.anchor))
            if node is None:
                raise UnreadableError(_fault(self._file, event.start_mark, "not YAML: found undefined alias", _HINTS["undefined alias"]))
            self._add(node, None)
        elif isinstance(event, ScalarEvent):
            tag = event.tag or ""
            self._add(ScalarNode(tag, event.value, start, end, event.style or None), event.anchor)
        elif isinstance(event, CollectionStartEvent):
            if len(self._open) >= MAX_DEPTH:
                self._stop(event, f"nested more than {MAX_DEPTH} levels deep")
            if event.anchor:
                self._anchors.pop(event.anchor, None)  # until it is complete, an alias to it would be a cycle
            kind = MappingNode if isinstance(event, MappingStartEvent) else SequenceNode
            self._open.append((kind(event.tag or "", [], start, end), [], event.anchor))

    def _end(self) -> None:
        node, children, anchor = self._open.pop()
        node.value = list(zip(children[::2], children[1::2], strict=True)) if isinstance(node, MappingNode) else children
        self._add(node, anchor)

    def _add(self, node: Node, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = node
        if self._open:
            self._open[-1][1].append(node)
        else:
            self.root = node

    def _stop(self, event: Any, message: str, hint: str = "") -> None:
        raise UnreadableError(_fault(self._file, event.start_mark, message, hint))
