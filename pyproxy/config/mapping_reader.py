"""A Python mapping to the value tree, for configurations that a program writes: key paths, but no lines."""

from collections.abc import Mapping
from typing import Any

from pyproxy.config.faults import FaultLog, UnreadableError
from pyproxy.config.tree import MAX_DEPTH, Entry, List, Node, NodeBudget, Place, Scalar, Table

MAPPING = "<mapping>"


def read_mapping(mapping: Mapping[Any, Any], log: FaultLog) -> Node:
    """Return the tree of a mapping of texts, numbers, booleans, None, lists, tuples and mappings.

    Raises:
        UnreadableError: It nests too deeply (a cycle does) or is too large.
    """
    return _Reader(log).node(mapping, Place(MAPPING), 0)


class _Reader:
    def __init__(self, log: FaultLog) -> None:
        self._log = log
        self._budget = NodeBudget()

    def node(self, value: Any, place: Place, depth: int) -> Node:
        if not self._budget.spend(value if isinstance(value, str) else ""):
            raise UnreadableError(place.fault(self._budget.message))
        if depth > MAX_DEPTH:
            raise UnreadableError(place.fault(f"nested more than {MAX_DEPTH} levels deep"))
        if value is None or isinstance(value, bool | int | float | str):
            return Scalar(place, value)
        if isinstance(value, Mapping):
            return Table(place, self._entries(value, place, depth))
        if isinstance(value, list | tuple):
            return List(place, tuple(self.node(item, _below(place, i), depth + 1) for i, item in enumerate(value)))
        self._log.add(place.fault(f"cannot be of the type {type(value).__name__}", "use texts, numbers, booleans, lists and mappings"))
        return Scalar(place, None, broken=True)

    def _entries(self, mapping: Mapping[Any, Any], place: Place, depth: int) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        for key, value in mapping.items():
            if not isinstance(key, str):
                self._log.add(place.fault(f"a key must be text, and one is of the type {type(key).__name__}"))
                continue
            below = _below(place, key)
            entries[key] = Entry(below, self.node(value, below, depth + 1))
        return entries


def _below(place: Place, key: str | int) -> Place:
    return Place(place.file, path=place.path.child(key))
