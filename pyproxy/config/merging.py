"""Lays one tree over another: tables merge, whatever else stands in the upper one replaces.

A key that ends in ``+`` extends a list instead of replacing it: ``models+: [x]`` adds x to the models below. Merging is associative, so
that layers may be joined in any grouping: a ``+`` that finds no list yet waits for one, and a table that has replaced something that
was none goes on replacing. `settle` ends the waiting.
"""

from dataclasses import replace

from pyproxy.config.faults import FaultLog, printable
from pyproxy.config.tree import Entry, List, Node, Table

EXTENDS = "+"


def merge(lower: Table, upper: Table) -> Table:
    """Return ``upper`` laid over ``lower``; each entry remembers the places it overrode."""
    entries: dict[str, Entry] = {}
    for key, entry in (*_extensions_last(lower), *_extensions_last(upper)):
        if key.endswith(EXTENDS):
            _extend(entries, key.removesuffix(EXTENDS), entry)
            continue
        entries.pop(key + EXTENDS, None)
        below = entries.get(key)
        entries[key] = entry if below is None else _over(below, entry)
    return replace(lower, entries=entries)


def settle(table: Table, log: FaultLog) -> Table:
    """Return the tree with every ``+`` resolved; one that extends what is no list is a fault."""
    entries: dict[str, Entry] = {}
    for key, entry in _extensions_last(table):
        settled = replace(entry, value=_settled(entry.value, log))
        if not key.endswith(EXTENDS):
            entries[key] = settled
            continue
        _extend(entries, key.removesuffix(EXTENDS), settled)
        waiting = entries.pop(key, None)
        if waiting is None:
            continue
        if isinstance(waiting.value, List) and key.removesuffix(EXTENDS) not in entries:
            entries[key.removesuffix(EXTENDS)] = waiting
        else:
            log.add(entry.place.fault("extends a list, and there is none", f"write {printable(key)}: [...] over a list"))
    return replace(table, entries=entries)


def _extensions_last(table: Table) -> list[tuple[str, Entry]]:
    return sorted(table.entries.items(), key=lambda item: item[0].endswith(EXTENDS))


def _extend(entries: dict[str, Entry], key: str, entry: Entry) -> None:
    waiting = entries.get(key + EXTENDS)
    if waiting is not None and not isinstance(waiting.value, List):
        return  # it is a fault already, whatever comes over it
    for target in (key, key + EXTENDS):
        below = entries.get(target)
        if below is not None and isinstance(below.value, List) and isinstance(entry.value, List):
            longer = List(entry.value.place, below.value.items + entry.value.items)
            entries[target] = Entry(entry.place, longer, (*below.overrides, below.place))
            return
    entries[key + EXTENDS] = entry


def _over(below: Entry, above: Entry) -> Entry:
    overrides = (*below.overrides, below.place)
    if isinstance(above.value, Table) and not above.value.replaces:
        if isinstance(below.value, Table):
            merged = merge(below.value, above.value)
            return Entry(above.place, replace(merged, place=above.value.place), overrides)
        return Entry(above.place, replace(above.value, replaces=True), overrides)
    return Entry(above.place, above.value, overrides)


def _settled(node: Node, log: FaultLog) -> Node:
    if isinstance(node, Table):
        return settle(node, log)
    if isinstance(node, List):
        return List(node.place, tuple(_settled(item, log) for item in node.items))
    return node
