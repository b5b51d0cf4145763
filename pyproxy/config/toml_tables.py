"""Tables while a TOML text is read: headers and dotted keys add to them, and a part once written is not written again.

What may add to a table depends on what made it:

- ``path``: it is only named in a header below it, ``[a.b]`` for ``a``. A header or dotted keys may still write it.
- ``header``: ``[a]``. Its pairs stand under that header; headers below it may add tables.
- ``dots``: ``a.b = 1`` for ``a``. More dotted keys of the same header may add pairs, headers below it tables.
- ``braces``: ``a = {…}``. Nothing may add to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pyproxy.config.tree import Entry, List, Node, Place, Scalar, Table

Maker: TypeAlias = Literal["path", "header", "dots", "braces"]


@dataclass(slots=True)
class GrowingTable:
    """A table that may still get entries.

    Attributes:
        place: Where it starts.
        made_by: What wrote it.
        depth: How many tables and lists it is in.
        entries: What it holds so far.
    """

    place: Place
    made_by: Maker
    depth: int
    entries: dict[str, GrowingEntry] = field(default_factory=dict)

    def held(self, key: Place) -> Growing | None:
        """Return what the key at this place stands for so far."""
        entry = self.entries.get(str(key.path.key))
        return entry.value if entry else None

    def put(self, key: Place, value: Growing) -> None:
        """Let the key at this place stand for ``value``."""
        self.entries[str(key.path.key)] = GrowingEntry(key, value)

    def may_get(self, addition: Maker) -> bool:
        """Whether a header may stand below this table (``path``), or dotted keys add to it (``dots``)."""
        return self.made_by in (("path", "header", "dots") if addition == "path" else ("path", "dots"))


@dataclass(slots=True)
class GrowingList:
    """A list of tables, each under a ``[[header]]`` of its own."""

    place: Place
    depth: int
    items: list[GrowingTable] = field(default_factory=list)


Growing: TypeAlias = GrowingTable | GrowingList | List | Scalar


@dataclass(slots=True)
class GrowingEntry:
    """What a key stands for, with the key's own place."""

    place: Place
    value: Growing


def full_grown(growing: Growing) -> Node:
    """Return what has been read as nodes of the tree."""
    if isinstance(growing, GrowingTable):
        return Table(growing.place, {key: Entry(entry.place, full_grown(entry.value)) for key, entry in growing.entries.items()})
    if isinstance(growing, GrowingList):
        return List(growing.place, tuple(full_grown(item) for item in growing.items))
    return growing


def why_closed(held: Growing | None) -> str:
    """Return what to do where something cannot get another entry."""
    if isinstance(held, GrowingList):
        return "write the keys of a table of the list under its [[…]]"
    if isinstance(held, GrowingTable):
        return "put all of a table in its braces" if held.made_by == "braces" else "write its keys under its header"
    return "a key has either a value or a table"
