"""TOML text to the value tree: headers, dotted keys and inline tables become the tables they mean, each key written once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyproxy.config.faults import Fault, FaultLog, UnreadableError, printable
from pyproxy.config.toml_hints import hint_for
from pyproxy.config.toml_tables import Growing, GrowingList, GrowingTable, Maker, full_grown, why_closed
from pyproxy.config.tree import MAX_DEPTH, MAX_NODES, KeyPath, List, Node, Place, Scalar
from pyproxy.rust_core import parse_toml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproxy.rust_core import _TomlKey, _TomlPair, _TomlProblem, _TomlStatement, _TomlValue

_BOUNDS = {
    "depth": f"nested more than {MAX_DEPTH} levels deep",
    "nodes": f"more than {MAX_NODES:,} keys and values",
    "tokens": f"more words, signs and line breaks than {MAX_NODES:,} keys and values need",
}


def read_toml(text: str, file: str, log: FaultLog) -> Node | None:
    """Return the tree of a TOML text, or None when the text is empty.

    Faults that leave the rest readable (keys and tables written twice, dates and times) go to ``log``; so do all faults of the
    syntax but the first.

    Raises:
        UnreadableError: The text is not TOML, or passes a bound; it carries the first fault.
    """
    statements, problems = parse_toml(text, max_depth=MAX_DEPTH, max_nodes=MAX_NODES)
    if problems:
        first, *others = (_syntax_fault(file, problem) for problem in problems)
        for other in others:
            log.add(other)
        raise UnreadableError(first)
    return _Reader(file, log).read(statements) if statements else None


def _syntax_fault(file: str, problem: _TomlProblem) -> Fault:
    kind, line, column, message = problem
    if kind == "syntax":
        return Fault(file=file, line=line, column=column, message=f"not TOML: {message}", hint=hint_for(message))
    return Fault(file=file, line=line, column=column, message=_BOUNDS[kind])


class _Reader:
    """Puts each statement where it belongs."""

    def __init__(self, file: str, log: FaultLog) -> None:
        self._file = file
        self._log = log

    def read(self, statements: Sequence[_TomlStatement]) -> Node:
        here = root = GrowingTable(Place(self._file, 1, 1), "header", 0)
        for statement in statements:
            if statement[0] == "pair":
                _, keys, value = statement
                self._pair(here, keys, value)
            else:
                kind, line, column, keys = statement
                parent, place = self._parent(root, keys, "path")
                bracket = Place(self._file, line, column, place.path)
                here = self._headed_table(parent, place, bracket) if kind == "table" else self._next_of_list(parent, place, bracket)
        return full_grown(root)

    def _pair(self, table: GrowingTable, keys: Sequence[_TomlKey], value: _TomlValue) -> None:
        parent, place = self._parent(table, keys, "dots")
        if not self._taken(parent, place, "remove one of them"):
            parent.put(place, self._value(value, place.path, parent.depth + 1))

    def _headed_table(self, parent: GrowingTable, place: Place, bracket: Place) -> GrowingTable:
        """Return the table that ``[…]`` begins."""
        held = parent.held(place)
        if isinstance(held, GrowingTable) and held.made_by == "path":
            held.place, held.made_by = bracket, "header"
            parent.put(place, held)
            return held
        hint = "for one more table of the list write [[…]]" if isinstance(held, GrowingList) else "put the keys of both under one header"
        return self._attached(parent, place, GrowingTable(bracket, "header", parent.depth + 1), hint)

    def _next_of_list(self, parent: GrowingTable, place: Place, bracket: Place) -> GrowingTable:
        """Return the table that ``[[…]]`` adds to a list."""
        tables = parent.held(place)
        if not isinstance(tables, GrowingList):
            tables = GrowingList(bracket, parent.depth + 1)
            if not self._taken(parent, place, "a list of tables has [[…]] over each of them, and nothing else"):
                parent.put(place, tables)
        start = replace(bracket, path=place.path.child(len(tables.items)))
        table = self._bounded(GrowingTable(start, "header", tables.depth + 1))
        tables.items.append(table)
        return table

    def _parent(self, table: GrowingTable, keys: Sequence[_TomlKey], maker: Maker) -> tuple[GrowingTable, Place]:
        """Return the table that holds the last of the keys, and that key's place; tables that are not there yet are of ``maker``."""
        *path, last = keys
        for key in path:
            place = self._below(table, key)
            held = table.held(place)
            if isinstance(held, GrowingList) and maker == "path":
                table = held.items[-1]
            elif isinstance(held, GrowingTable) and held.may_get(maker):
                held.made_by = "dots" if maker == "dots" else held.made_by
                table = held
            else:
                table = self._attached(table, place, GrowingTable(place, maker, table.depth + 1), why_closed(held))
        return table, self._below(table, last)

    def _attached(self, parent: GrowingTable, place: Place, table: GrowingTable, hint: str) -> GrowingTable:
        """Return ``table`` as what the key stands for; where it stands for something already, the table takes what follows and is lost."""
        self._bounded(table)
        if not self._taken(parent, place, hint):
            parent.put(place, table)
        return table

    def _taken(self, table: GrowingTable, place: Place, hint: str) -> bool:
        first = table.entries.get(str(place.path.key))
        if first is not None:
            message = f"the key '{printable(str(place.path.key))}' is written twice: on line {first.place.line} and on line {place.line}"
            self._log.add(place.fault(message, hint))
        return first is not None

    def _value(self, value: _TomlValue, path: KeyPath, depth: int) -> Growing:
        place = Place(self._file, value[1], value[2], path)
        if value[0] == "array":
            self._check_depth(place, depth)
            return List(place, tuple(full_grown(self._value(item, path.child(i), depth + 1)) for i, item in enumerate(value[3])))
        if value[0] == "table":
            return self._inline_table(value[3], self._bounded(GrowingTable(place, "header", depth)))
        if value[0] == "moment":
            self._log.add(place.fault("is a date or a time, and no setting takes one", "put it in quotes"))
            return Scalar(place, None, broken=True)
        return Scalar(place, value[3])

    def _inline_table(self, pairs: Sequence[_TomlPair], table: GrowingTable) -> GrowingTable:
        for keys, value in pairs:
            self._pair(table, keys, value)
        table.made_by = "braces"
        return table

    def _bounded(self, table: GrowingTable) -> GrowingTable:
        self._check_depth(table.place, table.depth)
        return table

    def _check_depth(self, place: Place, depth: int) -> None:
        if depth >= MAX_DEPTH:
            raise UnreadableError(place.fault(_BOUNDS["depth"]))

    def _below(self, table: GrowingTable, key: _TomlKey) -> Place:
        name, line, column = key
        return Place(self._file, line, column, table.place.path.child(name))
