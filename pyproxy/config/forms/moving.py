"""Moves settings of an older form to where the canonical form has them."""

from collections.abc import Mapping
from dataclasses import replace

from pyproxy.config.faults import FaultLog
from pyproxy.config.tree import Entry, List, Node, Scalar, Table


def move(table: Table, names: Mapping[str, str], log: FaultLog) -> Table:
    """Rename keys. One that is there under both names, with two values, is a fault."""
    entries: dict[str, Entry] = {}
    for key, entry in table.entries.items():
        _put(entries, names.get(key, key), entry, log)
    return table.with_entries(entries)


def lift(table: Table, key: str, names: Mapping[str, str], log: FaultLog) -> Table:
    """Put what stands in the table under ``key`` beside it, under other names where ``names`` has them."""
    inner = table.table(key)
    if inner is None:
        return table
    entries = {name: entry for name, entry in table.entries.items() if name != key}
    for name, entry in inner.entries.items():
        _put(entries, names.get(name, name), entry, log)
    return table.with_entries(entries)


def sink(table: Table, key: str, names: Mapping[str, str], log: FaultLog) -> Table:
    """Put settings into the table under ``key``, which is made where there is none."""
    sunk = {name: table.entries[name] for name in names if name in table.entries}
    target = table.entries.get(key)
    if not sunk or (target is not None and not isinstance(target.value, Table)):
        return table
    first = next(iter(sunk.values()))
    inner = dict(target.value.entries) if target is not None and isinstance(target.value, Table) else {}
    for name, entry in sunk.items():
        _put(inner, names[name], entry, log)
    place = replace(first.place) if target is None else target.place  # another place, that will have another path
    entries = {name: entry for name, entry in table.entries.items() if name not in sunk}
    return table.with_entries({**entries, key: Entry(place, Table(place, inner))})


def without(table: Table, *keys: str) -> Table:
    """Leave keys out."""
    return table.with_entries({key: entry for key, entry in table.entries.items() if key not in keys})


def _put(entries: dict[str, Entry], key: str, entry: Entry, log: FaultLog) -> None:
    given = entries.setdefault(key, entry)
    if given is not entry and _plain(given.value) != _plain(entry.value):
        line = "" if given.place.line is None else f" in line {given.place.line}"
        log.add(entry.place.fault(f"means {key}, which is given{line}", f"keep one of them, under the name {key}"))


def _plain(node: Node) -> object:
    if isinstance(node, Table):
        return {key: _plain(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, List):
        return [_plain(item) for item in node.items]
    return node.value if isinstance(node, Scalar) else None
