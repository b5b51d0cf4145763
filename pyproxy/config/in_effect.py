"""Tells which settings of a configuration load but change nothing yet, so that nobody relies on them by mistake."""

from collections.abc import Mapping
from typing import Any

from pyproxy.config.faults import FaultLog
from pyproxy.config.settings import Pending, Settings
from pyproxy.config.tree import List, Node, Place, Table


def warn_of_pending(settings: Settings, table: Table, log: FaultLog) -> None:
    """Report each setting that is marked as `Pending` and asks for more than this version does, once for each place it stands.

    Args:
        settings: A model that was made from ``table``.
        table: Where its settings stand.
        log: Takes the warnings.
    """
    for name, field in type(settings).model_fields.items():
        entry = table.entries.get(name)
        if entry is None:
            continue
        value = getattr(settings, name)
        pending = next((mark for mark in field.metadata if isinstance(mark, Pending)), None)
        if pending is None:
            _descend(value, entry.value, log)
        elif isinstance(value, Mapping) and isinstance(entry.value, Table):
            for named in entry.value.entries.values():
                _warn(named.place, pending, log)
        elif value not in pending.in_effect:
            _warn(entry.place, pending, log)


def _warn(place: Place, pending: Pending, log: FaultLog) -> None:
    log.add(place.fault(f"accepted, not in effect yet: {pending.why}", severity="warning"))


def _descend(value: Any, node: Node, log: FaultLog) -> None:
    if isinstance(value, Settings) and isinstance(node, Table):
        warn_of_pending(value, node, log)
    elif isinstance(value, Mapping) and isinstance(node, Table):
        for key, item in value.items():
            entry = node.entries.get(key)
            if entry is not None:
                _descend(item, entry.value, log)
    elif isinstance(value, tuple) and isinstance(node, List):
        for item, child in zip(value, node.items, strict=True):
            _descend(item, child, log)
