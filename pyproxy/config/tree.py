"""The value tree: what every reader (YAML, TOML, a mapping) produces, each key and value with its place.

The steps between reading and the typed models (substitution, echelons, implicit models, references) work on this tree, so that
any fault they find can say where it stands. Nodes are immutable by convention: a step returns a new tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from pyproxy.config.faults import Fault, Severity, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_NODES = 60_000
"""Keys and values in one configuration, aliases expanded; far above any real one, far below what would stall a start."""
MAX_TEXT = 10 * 1024 * 1024
"""Characters in all values of one configuration, aliases expanded: as many as its largest file may have."""
MAX_DEPTH = 64
"""Levels of nesting."""


Value: TypeAlias = bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class KeyPath:
    """Where a node stands in the configuration, as links to its parents: cheap to make, written out only for a fault."""

    parent: KeyPath | None = None
    key: str | int = ""

    def child(self, key: str | int) -> KeyPath:
        """Return the path of the entry ``key`` below this one."""
        return KeyPath(self, key)

    @property
    def keys(self) -> tuple[str | int, ...]:
        """The keys from the root to here."""
        keys: list[str | int] = []
        here = self
        while here.parent is not None:
            keys.append(here.key)
            here = here.parent
        return tuple(reversed(keys))

    def __str__(self) -> str:
        text = ""
        for key in self.keys:
            if isinstance(key, int):
                text += f"[{key}]"
            else:
                text += f".{printable(key)}" if text else printable(key)
        return text


@dataclass(frozen=True, slots=True)
class Place:
    """File, line, column (from 1; None without lines) and key path of a key or a value."""

    file: str
    line: int | None = None
    column: int | None = None
    path: KeyPath = field(default_factory=KeyPath)

    def fault(self, message: str, hint: str = "", *, severity: Severity = "error", below: str = "") -> Fault:
        """Return a fault that stands here; ``below`` names a key that is missing under this place."""
        path = self.path.child(below) if below else self.path
        return Fault(
            severity=severity,
            file=self.file,
            line=self.line,
            column=self.column,
            path=str(path),
            message=message,
            hint=hint,
            place=self,
        )


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value.

    Attributes:
        place: Where the value starts.
        value: As read; a text that had variables holds their values.
        variables: The environment variables it was made from: then no fault and no repr may show it.
        broken: A fault was already reported about it, so that nobody reports another.
        written: The text that had variables, as the file has it; empty where there is none.
    """

    place: Place
    value: Value
    variables: tuple[str, ...] = ()
    broken: bool = False
    written: str = ""

    @property
    def origin(self) -> str:
        """The variables it was made from, for a hint; empty when there are none."""
        return f"the value comes from {', '.join(f'${{{name}}}' for name in dict.fromkeys(self.variables))}" if self.variables else ""

    @property
    def shown(self) -> str:
        """The value for people: as it is written, or the variables that it was made from."""
        return "".join(f"${{{name}}}" for name in dict.fromkeys(self.variables)) or printable(str(self.value))


@dataclass(frozen=True, slots=True)
class List:
    """Values in order."""

    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """The value of a key, with the place of the key itself, and those of the keys that it overrode, the first of them first."""

    place: Place
    value: Node
    overrides: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Values by key, in the order of their appearance.

    Attributes:
        place: Where the table starts.
        entries: Its keys.
        replaces: It stands for all there was below it, for that was no table; laid over another table it replaces that, too.
    """

    place: Place
    entries: dict[str, Entry]
    replaces: bool = False

    def table(self, key: str) -> Table | None:
        """Return the table under ``key``, or None when there is none or it is something else."""
        entry = self.entries.get(key)
        return entry.value if entry and isinstance(entry.value, Table) else None

    def tables(self, key: str) -> Iterator[tuple[str, Entry, Table]]:
        """Yield name, entry and table of each table within the table under ``key``."""
        section = self.table(key)
        for name, entry in section.entries.items() if section else ():
            if isinstance(entry.value, Table):
                yield name, entry, entry.value

    def texts(self, key: str) -> Iterator[Scalar]:
        """Yield the text under ``key``, or each text of the list there; whatever is not text is left to the typed models."""
        entry = self.entries.get(key)
        if entry is None:
            return
        nodes = entry.value.items if isinstance(entry.value, List) else (entry.value,)
        for node in nodes:
            if isinstance(node, Scalar) and isinstance(node.value, str) and not node.broken:
                yield node

    def with_entries(self, entries: dict[str, Entry]) -> Table:
        """Return this table with other entries."""
        return Table(self.place, entries, self.replaces)

    def with_value(self, key: str, value: Node) -> Table:
        """Return this table with another value under ``key``."""
        old = self.entries.get(key)
        return self.with_entries({**self.entries, key: Entry(old.place, value, old.overrides) if old else Entry(value.place, value)})


Node: TypeAlias = Scalar | List | Table


def size(node: Node) -> int:
    """Return how many values there are in a node, itself included."""
    if isinstance(node, Table):
        return 1 + sum(size(entry.value) for entry in node.entries.values())
    return 1 + sum(map(size, node.items)) if isinstance(node, List) else 1


class NodeBudget:
    """Counts nodes and their text while a tree grows, and stops it where it gets absurd."""

    def __init__(self, limit: int = MAX_NODES) -> None:
        self._limit = limit
        self._nodes_left = limit
        self._text_left = MAX_TEXT

    def spend(self, text: str = "") -> bool:
        """Count one node with its text; return False when there is too much."""
        self._nodes_left -= 1
        self._text_left -= len(text)
        return self._nodes_left >= 0 and self._text_left >= 0

    @property
    def message(self) -> str:
        """What to say when the budget is spent."""
        if self._text_left < 0:
            return f"more than {MAX_TEXT:,} characters of text, aliases expanded"
        return f"more than {self._limit:,} keys and values, aliases expanded"
