"""Passes over echelons of its own that a group's ``fallback_groups`` name and that are not there.

One list is often written for a whole family of groups, and names more tiers than each of them has.
"""

from dataclasses import replace

from pyproxy.config.faults import FaultLog
from pyproxy.config.references import echelons
from pyproxy.config.tree import Entry, List, Node, Scalar, Table


def drop_missing_echelons(root: Table, log: FaultLog) -> Table:
    """Return the tree without them, each told by a warning."""
    groups = root.table("task_groups")
    if groups is None:
        return root
    kept: dict[str, Entry] = {}
    for name, entry in groups.entries.items():
        value = _without_missing(name, entry.value, log) if isinstance(entry.value, Table) else entry.value
        kept[name] = replace(entry, value=value)
    return root.with_value("task_groups", groups.with_entries(kept))


def _without_missing(name: str, group: Table, log: FaultLog) -> Table:
    fallback = group.table("fallback_config")
    given = fallback.entries.get("fallback_groups") if fallback is not None else None
    if fallback is None or given is None or not isinstance(given.value, List):
        return group
    known = {f"{name}.{text.value}" for echelon in echelons(group) for text in echelon.texts("name")}
    missing = [item for item in given.value.items if _text(item).startswith(f"{name}.") and _text(item) not in known]
    if not missing:
        return group
    for item in missing:
        hint = log.suggestions.hint(_text(item), known) or "leave it out"
        log.add(item.place.fault(f"the task group '{name}' has no such echelon: it is passed over", hint, severity="warning"))
    there = List(given.value.place, tuple(item for item in given.value.items if item not in missing))
    return group.with_value("fallback_config", fallback.with_value("fallback_groups", there))


def _text(node: Node) -> str:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) and not node.variables else ""
