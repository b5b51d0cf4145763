"""YAML text to the value tree: tags, duplicate keys, merge keys and aliases, each within bounds."""

from typing import Any

from yaml.nodes import MappingNode, ScalarNode, SequenceNode
from yaml.nodes import Node as YamlNode

from pyproxy.config.faults import FaultLog, UnreadableError, printable
from pyproxy.config.tree import MAX_DEPTH, Entry, KeyPath, List, Node, NodeBudget, Place, Scalar, Table
from pyproxy.config.yaml_nodes import compose
from pyproxy.config.yaml_scalars import ScalarError, plain_scalar, tagged_scalar

_COLLECTION_TAGS = ("", "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
_MERGE = "<<"


def read_yaml(text: str, file: str, log: FaultLog) -> Node | None:
    """Return the tree of a YAML text, or None when the text is empty.

    Faults that leave the rest readable (duplicate keys, tags that are not allowed, keys that are not text) go to ``log``.

    Raises:
        UnreadableError: The text is not YAML, or passes a bound; it carries the fault.
    """
    root = compose(text, file)
    return None if root is None else _Reader(file, log).node(root, KeyPath(), 0)


class _Reader:
    """Expands nodes, aliases included, into places and values."""

    def __init__(self, file: str, log: FaultLog) -> None:
        self._file = file
        self._log = log
        self._budget = NodeBudget()

    def node(self, node: YamlNode, path: KeyPath, depth: int) -> Node:
        place = self._place(node, path)
        if not self._budget.spend(node.value if isinstance(node, ScalarNode) else ""):
            raise UnreadableError(place.fault(self._budget.message))
        if depth > MAX_DEPTH:
            raise UnreadableError(place.fault(f"nested more than {MAX_DEPTH} levels deep"))
        if isinstance(node, ScalarNode):
            return self._scalar(node, place)
        if node.tag not in _COLLECTION_TAGS:
            self._log.add(place.fault("has a tag that is not allowed", "remove the tag"))
        if isinstance(node, SequenceNode):
            return List(place, tuple(self.node(item, path.child(i), depth + 1) for i, item in enumerate(node.value)))
        return self._table(node, place, depth)

    def _scalar(self, node: ScalarNode, place: Place) -> Scalar:
        if not node.tag:
            return Scalar(place, node.value if node.style else plain_scalar(node.value))
        try:
            return Scalar(place, tagged_scalar(node.tag, node.value))
        except ScalarError as error:
            self._log.add(place.fault(str(error), "quote a text that begins with '!'; a variable is written ${NAME}"))
            return Scalar(place, None, broken=True)

    def _table(self, node: YamlNode, place: Place, depth: int) -> Table:
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        for key_node, value_node in node.value:
            if isinstance(key_node, ScalarNode) and key_node.value == _MERGE and not key_node.style and not key_node.tag:
                self._merge(merged, value_node, place, depth)
                continue
            key = self._key(key_node, place)
            if key is None:
                continue
            key_place = self._place(key_node, place.path.child(key))
            if key in own:
                first = own[key].place
                lines = f"on line {first.line}" + ("" if first.line == key_place.line else f" and on line {key_place.line}")
                message = f"the key '{printable(key)}' is written twice: {lines}"
                self._log.add(key_place.fault(message, "remove one of them"))
                continue
            own[key] = Entry(key_place, self.node(value_node, key_place.path, depth + 1))
        return Table(place, {**merged, **own})

    def _key(self, node: YamlNode, place: Place) -> str | None:
        value: Any = plain_scalar(node.value) if isinstance(node, ScalarNode) and not node.style and not node.tag else node.value
        if isinstance(value, str):
            return value
        key_place = self._place(node, place.path)
        if isinstance(node, ScalarNode):
            reads = "nothing" if value is None else "true or false" if isinstance(value, bool) else "a number"
            self._log.add(key_place.fault(f"a key must be text, and unquoted this one reads as {reads}", "put the key in quotes"))
        else:
            self._log.add(key_place.fault("a key must be text, not a list or a table", "quote a text that begins with '[' or '{'"))
        return None

    def _merge(self, merged: dict[str, Entry], node: YamlNode, place: Place, depth: int) -> None:
        """Add the entries of the merged tables; earlier ones win, and the table's own keys win over all."""
        for source in node.value if isinstance(node, SequenceNode) else (node,):
            if not isinstance(source, MappingNode):
                self._log.add(self._place(source, place.path).fault("'<<' merges tables only", "point it at a table: <<: *name"))
                continue
            table = self.node(source, place.path, depth + 1)
            for key, entry in table.entries.items() if isinstance(table, Table) else ():
                merged.setdefault(key, entry)

    def _place(self, node: YamlNode, path: KeyPath) -> Place:
        mark: Any = node.start_mark
        return Place(self._file, mark.line + 1, mark.column + 1, path)
