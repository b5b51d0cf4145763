"""Where a value comes from: the place of its key in the files, found in the tree that the configuration was made from."""

from dataclasses import dataclass

from pyproxy.config.schema import Location
from pyproxy.config.tree import Entry, List, Node, Place, Scalar, Table


@dataclass(frozen=True, slots=True)
class Origin:
    """What a file says about a key.

    Attributes:
        place: Where the key stands.
        node: Its value there.
        overrides: Where it stood, too, and gave way, the first of them first.
    """

    place: Place
    node: Node
    overrides: tuple[Place, ...] = ()

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that the value was made from, each once."""
        return tuple(dict.fromkeys(self.node.variables)) if isinstance(self.node, Scalar) else ()

    @property
    def written(self) -> str:
        """The text with variables that the value was made from; empty where the file has none."""
        return self.node.written if isinstance(self.node, Scalar) else ""


def origin_of(tree: Table, path: Location) -> Origin | None:
    """Return the origin of what stands at a key path, or None when no file says anything about it, so that its default holds.

    Args:
        tree: A tree in the canonical form.
        path: The keys, an echelon under its name, an item of a list under its number.
    """
    origin: Origin | None = Origin(tree.place, tree)
    for key in path:
        origin = _below(origin.node, key) if origin else None
    return origin


def _below(node: Node, key: str | int) -> Origin | None:
    if isinstance(node, List):
        items = node.items
        return Origin(items[key].place, items[key]) if isinstance(key, int) and key < len(items) else None
    if isinstance(node, Table) and isinstance(key, str):
        entry = node.entries.get(key)
        return _echelon(node, key) if entry is None else Origin(entry.place, entry.value, _overrides(entry))
    return None


def _echelon(group: Table, name: str) -> Origin | None:
    gathered = group.entries.get("echelons")
    for item in gathered.value.items if gathered and isinstance(gathered.value, List) else ():
        if isinstance(item, Table) and any(text.value == name for text in item.texts("name")):
            return Origin(item.place, item)
    return None


def _overrides(entry: Entry) -> tuple[Place, ...]:
    """Return the places that a step of the loader noted as overridden; the tree of a single file has none."""
    overridden: tuple[Place, ...] = getattr(entry, "overrides", ())
    return overridden
