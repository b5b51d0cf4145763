"""``inherits_from``: a thing begins as another and says only what is different.

The value is a path relative to its file, or the name of another in the same section or of a table in the same file. Parents may inherit
in turn. Tables merge, whatever else is said again replaces.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeGuard

from pyproxy.config.faults import FaultLog, UnreadableError, printable_path
from pyproxy.config.forms import canonical
from pyproxy.config.forms.moving import without
from pyproxy.config.fragments import INHERITS, named_entries, settings_alone, with_own_tables, without_others
from pyproxy.config.kinds import Kind
from pyproxy.config.merging import merge
from pyproxy.config.paths import beside, is_file, resolved
from pyproxy.config.tree import MAX_DEPTH, MAX_NODES, Entry, Node, Scalar, Table, size

ENDINGS = (".toml", ".yaml", ".yml", ".json")

ReadFile = Callable[[Path], Table | None]
"""Reads a file as a table, or reports why not and returns None."""

Chain = tuple[str, ...]


class Inheritance:
    """Resolves what the files of one configuration inherit.

    Attributes:
        parents: The files that something inherits from.
        tables: The tables at the top of a file that are there for others of it to inherit, as file and name.
    """

    def __init__(self, read: ReadFile, log: FaultLog) -> None:
        self._read = read
        self._log = log
        self.parents: set[Path] = set()
        self.tables: set[tuple[str, str]] = set()
        self._nodes_left = MAX_NODES

    def whole(self, file: Path, table: Table, chain: Chain = ()) -> Table:
        """Return a file of sections over the file that it inherits from."""
        asked = self._asked(table)
        own = without(table, INHERITS)
        if asked is None or self._too_deep(asked, chain):
            return own
        path, content = self._file(file, asked, (*chain, str(file))) or (file, None)
        if content is None:
            return own
        return self._within_bounds(merge(self.whole(path, content, (*chain, str(file))), own), asked)

    def each(self, file: Path, raw: Table, sections: Table) -> Table:
        """Return the sections with each thing in them canonical, and over what it inherits.

        Args:
            file: Where they stand.
            raw: The file as it was read, whose tables may be inherited by name.
            sections: Its content under the canonical sections.
        """
        sections = with_own_tables(sections)
        for kind, name, entry in list(named_entries(sections)):
            section = sections.table(kind.section)
            if section is not None and isinstance(entry.value, Table):
                made = self._made(kind, name, entry.value, (file, raw, sections), ())
                asked = entry.value.entries.get(INHERITS)
                made = made if asked is None else self._within_bounds(made, asked)
                section.entries[name] = replace(entry, value=made)
        return sections

    def _made(self, kind: Kind, name: str, table: Table, where: tuple[Path, Table, Table], chain: Chain) -> Table:
        own = canonical(kind.section, without(table, INHERITS), self._log)
        asked = self._asked(table)
        if asked is None:
            return _bereft(own, table)
        file, raw, sections = where
        here = f"{file.name}:{name}"
        if self._circle(asked, here, chain) or self._too_deep(asked, chain):
            return _bereft(own, table)
        parent: Table | None = None
        text = str(asked.value)
        if _is_path(text):
            found = self._file(file, asked, ())
            if found is not None:
                path, content = found
                if content is None:
                    return own
                nearest = settings_alone(content, kind)
                parent = without_others(self._made(kind, path.stem, nearest, (path, content, content), (*chain, here)), kind)
        else:
            beside_it = (sections.table(kind.section) or raw).table(text)
            named = beside_it or raw.table(text)
            if named is None:
                self._missing(asked, kind, sections, raw)
            elif not self._circle(asked, f"{file.name}:{text}", (here,)):
                if beside_it is None:
                    self.tables.add((str(file), text))
                parent = self._made(kind, text, named, where, (*chain, here))
        return _bereft(own, table) if parent is None else merge(without(parent, "name"), own)

    def _asked(self, table: Table) -> Scalar | None:
        entry = table.entries.get(INHERITS)
        if entry is None:
            return None
        if _is_name(entry.value):
            return entry.value
        if isinstance(entry.value, Scalar) and entry.value.broken:
            return None  # it is the mark of one of its parents, which was told of
        self._log.add(entry.place.fault("must name a file or a section", 'write inherits_from: "../global.yaml" or the name of a section'))
        return None

    def _circle(self, asked: Scalar, here: str, chain: Chain) -> bool:
        if here not in chain:
            return False
        circle = " -> ".join((*chain[chain.index(here) :], here))
        self._log.add(asked.place.fault(f"inherits from itself: {circle}", "leave out one of these inherits_from"))
        return True

    def _too_deep(self, asked: Scalar, chain: Chain) -> bool:
        if len(chain) >= MAX_DEPTH:
            self._log.add(asked.place.fault(f"inherits over more than {MAX_DEPTH} levels"))
        return len(chain) >= MAX_DEPTH

    def _within_bounds(self, made: Table, asked: Scalar | Entry) -> Table:
        """Return what was made by inheriting; a file of few words could otherwise grow without an end."""
        self._nodes_left -= size(made)
        if self._nodes_left < 0:
            raise UnreadableError(asked.place.fault(f"more than {MAX_NODES:,} keys and values, what is inherited included"))
        return made

    def _file(self, file: Path, asked: Scalar, chain: Chain) -> tuple[Path, Table | None] | None:
        """Return the path and the content of a parent, None for what cannot be read, of which its own file tells; None if there is none."""
        path = beside(file, str(asked.value))
        here = resolved(path)
        if here in {resolved(Path(step)) for step in chain}:
            circle = " -> ".join((*(Path(step).name for step in chain), path.name))
            self._log.add(asked.place.fault(f"inherits from itself: {circle}", "leave out one of these inherits_from"))
            return None
        if not is_file(path):
            self._log.add_unread(
                path, asked.place.fault("there is no such file to inherit from", f"looked for {printable_path(str(path))}")
            )
            return None
        self.parents.add(here)
        return path, self._read(path)

    def _missing(self, asked: Scalar, kind: Kind, sections: Table, raw: Table) -> None:
        known = [*(sections.table(kind.section) or raw).entries, *raw.entries]
        nearest = self._log.suggestions.nearest(str(asked.value), known)
        hint = f"did you mean {nearest}?" if nearest else "name a section of this file, or a file by a path with its ending"
        self._log.add(asked.place.fault("there is no section of this name to inherit from", hint))


def _bereft(own: Table, table: Table) -> Table:
    """Return what a thing says itself, marked by what it names if it names a parent: it is not what was meant, and neither are its heirs.

    The mark keeps the place of the fault in the tree, so that whoever leaves out what is broken finds the thing there.
    """
    asked = table.entries.get(INHERITS)
    if asked is None:
        return own
    place = asked.value.place if _is_name(asked.value) else asked.place
    return own.with_entries({**own.entries, INHERITS: Entry(place, Scalar(place, None, broken=True))})


def _is_name(node: Node) -> TypeGuard[Scalar]:
    return isinstance(node, Scalar) and isinstance(node.value, str) and bool(node.value)


def _is_path(text: str) -> bool:
    return text.endswith(ENDINGS) or "/" in text or "\\" in text
