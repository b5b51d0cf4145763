"""Lists that name the same thing twice."""

from collections.abc import Iterator

from pyproxy.config.faults import FaultLog, Severity
from pyproxy.config.references import echelons
from pyproxy.config.tree import Scalar, Table

_SHARE = "remove one of them; a larger share of the traffic is its weight"
_REMOVE = "remove one of them"


def check_duplicates(root: Table, log: FaultLog) -> None:
    """Report what stands in one list twice: an error where it would take two turns, a warning where it changes nothing."""
    for table, key, severity, hint in _lists(root):
        first: dict[str, Scalar] = {}
        for text in table.texts(key):
            if first.setdefault(str(text.value), text) is not text:
                log.add(text.place.fault(f"'{text.shown}' stands in this list already", hint, severity=severity))


def _lists(root: Table) -> Iterator[tuple[Table, str, Severity, str]]:
    for _, _, group in root.tables("task_groups"):
        yield from ((echelon, "models", "error", _SHARE) for echelon in echelons(group))
        fallback = group.table("fallback_config")
        if fallback is not None:
            yield fallback, "fallback_groups", "warning", _REMOVE
    yield from ((pool, "task_groups", "error", _REMOVE) for _, _, pool in root.tables("polling_pools"))
    for section in ("wrappers", "nodes"):
        yield from ((table, "fallback_groups", "warning", _REMOVE) for _, _, table in root.tables(section))
