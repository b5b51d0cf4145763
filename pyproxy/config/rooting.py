"""Tells every key path from the root of the configuration, whatever file a part of it comes from."""

from dataclasses import replace

from pyproxy.config.faults import FaultLog
from pyproxy.config.tree import Entry, KeyPath, List, Node, Place, Table


def rooted(root: Table, log: FaultLog) -> Table:
    """Return the tree with paths from its own root, and tell the faults so far by them, too.

    What stands in several places, for it is inherited or an alias, keeps one place: that where it comes first.
    """
    rooting = _Rooting()
    tree = Table(root.place, {key: rooting.entry(entry, KeyPath(KeyPath(), key)) for key, entry in root.entries.items()})
    log.relocate(rooting.places)
    return tree


class _Rooting:
    """Makes the new places.

    Attributes:
        places: What each place has become, by the identity of the old one, which is kept so that no other takes it over.
    """

    def __init__(self) -> None:
        self.places: dict[int, tuple[Place, Place]] = {}

    def entry(self, entry: Entry, path: KeyPath) -> Entry:
        place = self._place(entry.place, path)
        return Entry(place, self._node(entry.value, path), entry.overrides)

    def _node(self, node: Node, path: KeyPath) -> Node:
        place = self._place(node.place, path)
        if isinstance(node, Table):
            return Table(place, {key: self.entry(entry, path.child(key)) for key, entry in node.entries.items()})
        if isinstance(node, List):
            return List(place, tuple(self._node(item, path.child(index)) for index, item in enumerate(node.items)))
        return replace(node, place=place)

    def _place(self, place: Place, path: KeyPath) -> Place:
        known = self.places.get(id(place))
        if known is None:
            known = self.places[id(place)] = place, replace(place, path=path)
        return known[1]
