"""The parts of a configuration that can be taken out by themselves, and the tree without them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyproxy.config.echelons import GROUP_SETTINGS
from pyproxy.config.faults import printable
from pyproxy.config.fragments import INHERITS
from pyproxy.config.root import Config
from pyproxy.config.schema import Location, settings_at
from pyproxy.config.tree import List, Node, Place, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_KINDS = {
    "providers": "provider",
    "models": "model",
    "task_groups": "task group",
    "polling_pools": "polling pool",
    "wrappers": "wrapper",
    "nodes": "node",
    "aliases": "alias",
}
_LISTS = ("models", "fallback_groups", "task_groups", "api_keys")
"""Lists of which each entry is a part: the others do without it."""
_NAMED, _ECHELON = 2, 3
"""How deep the named tables and the echelons stand."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a configuration.

    Attributes:
        location: Its keys, from the root.
        shown: What it is, for people.
        names: The names that are gone without it, as section and name.
    """

    location: Location
    shown: str
    names: tuple[tuple[str, str], ...] = ()


class Parts:
    """The parts of one tree, found by the places in it.

    Args:
        root: The tree, its echelons not yet gathered.
    """

    def __init__(self, root: Table) -> None:
        self._root = root
        self._locations: dict[int, list[Location]] = {}
        for place, location in _places(root, ()):
            self._locations.setdefault(id(place), []).append(location)

    def at(self, place: Place | None) -> tuple[Part | None, ...]:
        """Return the part around each occurrence of a place, None for one that cannot be missed; empty for a place not in the tree."""
        found = dict.fromkeys(self._locations.get(id(place), ()))
        return tuple(dict.fromkeys(self._part(location) for location in found))

    def _part(self, location: Location) -> Part | None:
        for depth, key in enumerate(location):
            if key != INHERITS and self._is_unknown(location[:depth], key):
                return Part(location[: depth + 1], f"the key '{printable(str(key))}'")
            if isinstance(key, int) and depth > _NAMED and location[depth - 1] in _LISTS:
                return Part(location[: depth + 1], "this entry")
        if not location or location[0] not in _KINDS:
            return None if location[:1] != ("config_validation",) else Part(location[:1], "the key 'config_validation'")
        section = str(location[0])
        if len(location) < _NAMED:
            return Part(location, f"the section '{section}'")
        name = str(location[1])
        if section == "task_groups":
            return self._group_or_echelon(location, name)
        return Part(location[:_NAMED], f"the {_KINDS[section]} '{printable(name)}'", ((section, name),))

    def _group_or_echelon(self, location: Location, name: str) -> Part:
        if len(location) >= _ECHELON and location[2] not in (*GROUP_SETTINGS, INHERITS):
            echelon = f"{name}.{location[2]}"
            return Part(location[:_ECHELON], f"the echelon '{printable(echelon)}'", (("groups", echelon),))
        groups = self._root.table("task_groups")
        group = groups.table(name) if groups else None
        below = tuple(("groups", f"{name}.{key}") for key in (group.entries if group else ()))
        return Part(location[:_NAMED], f"the task group '{printable(name)}'", (("groups", name), *below))

    def _is_unknown(self, above: Location, key: str | int) -> bool:
        if above[:1] == ("task_groups",) and len(above) >= _ECHELON and above[2] not in GROUP_SETTINGS:
            above = (*above[:_NAMED], "echelons", 0, *above[_ECHELON:])
        model = settings_at(Config, above)
        if model is None or (key in model.model_fields and key not in model.made_by_the_reader):
            return False
        return not (above[:1] == ("task_groups",) and len(above) == _NAMED and self._is_table((*above, key)))

    def _is_table(self, location: Location) -> bool:
        node: Node | None = self._root
        for key in location:
            entry = node.entries.get(str(key)) if isinstance(node, Table) else None
            node = entry.value if entry else None
        return isinstance(node, Table) and location[-1] not in ("name", "echelons")


def _places(node: Node, location: Location) -> Iterator[tuple[Place, Location]]:
    yield node.place, location
    if isinstance(node, Table):
        for key, entry in node.entries.items():
            yield entry.place, (*location, key)
            yield from _places(entry.value, (*location, key))
    elif isinstance(node, List):
        for index, item in enumerate(node.items):
            yield from _places(item, (*location, index))


def without(root: Table, parts: Iterable[Part]) -> Table:
    """Return the tree without some of its parts."""
    cuts = {part.location for part in parts}
    around = {location[:depth] for location in cuts for depth in range(len(location))}
    return _Pruning(cuts, around).table(root, ())


@dataclass(frozen=True, slots=True)
class _Pruning:
    cuts: set[Location]
    around: set[Location]

    def table(self, table: Table, here: Location) -> Table:
        kept = {key: entry for key, entry in table.entries.items() if (*here, key) not in self.cuts}
        return table.with_entries({key: replace(entry, value=self.node(entry.value, (*here, key))) for key, entry in kept.items()})

    def node(self, node: Node, here: Location) -> Node:
        if here not in self.around:
            return node
        if isinstance(node, Table):
            return self.table(node, here)
        if isinstance(node, List):
            items = enumerate(node.items)
            return replace(node, items=tuple(self.node(item, (*here, i)) for i, item in items if (*here, i) not in self.cuts))
        return node
