"""Numbers as they stand in the tree, before they are typed."""

from dataclasses import dataclass

from pyproxy.config.tree import Place, Scalar, Table


@dataclass(frozen=True, slots=True)
class Amount:
    """The number of a setting.

    Attributes:
        place: Where the setting's key stands.
        value: The number.
        shown: The number for people, or the variables it came from.
    """

    place: Place
    value: float
    shown: str


def amount(table: Table | None, key: str) -> Amount | None:
    """Return the number under ``key``; None when there is none, or what is there is no number."""
    entry = table.entries.get(key) if table is not None else None
    node = entry.value if entry is not None else None
    if entry is None or not isinstance(node, Scalar) or node.broken or node.value is None or isinstance(node.value, bool):
        return None
    try:
        return Amount(entry.place, float(node.value), node.shown)
    except (OverflowError, ValueError):
        return None
