"""Echelons that nothing leads to, because their group's ``fallback_groups`` names others."""

from collections.abc import Iterator

from pyproxy.config.faults import FaultLog, printable
from pyproxy.config.names import KnownNames
from pyproxy.config.references import echelon_name, echelons, references
from pyproxy.config.tree import Scalar, Table

_LISTS = {"polling_pools": "task_groups", "wrappers": "fallback_groups", "nodes": "fallback_groups"}


def check_left_out(root: Table, log: FaultLog) -> None:
    """Warn of each echelon that its group's ``fallback_groups`` leaves out, unless something else names it.

    A client may still ask for it by ``group.echelon``; a warning is what a forgotten one needs.
    """
    named = {str(reference.scalar.value) for reference in references(root)}
    known = KnownNames(root)
    whole = {str(text.value) for text in _lists(root)}
    for name, _, group in root.tables("task_groups"):
        policy = group.table("fallback_config")
        if policy is None or "fallback_groups" not in policy.entries or name in whole:
            continue
        if not all(known.holds(str(text.value), ("groups",)) for text in policy.texts("fallback_groups")):
            continue  # the one that is missing may be the one that is misspelt there
        for echelon in echelons(group)[1:]:
            reference = f"{name}.{echelon_name(echelon)}"
            if reference not in named:
                message = f"no request for '{printable(name)}' comes here: its fallback_groups leaves it out"
                hint = f"add {printable(reference)} to fallback_groups, or remove the echelon"
                log.add(echelon.place.fault(message, hint, severity="warning"))


def _lists(root: Table) -> Iterator[Scalar]:
    """Yield what stands in the lists in which a group's name means all of its echelons."""
    for _, _, group in root.tables("task_groups"):
        policy = group.table("fallback_config")
        yield from policy.texts("fallback_groups") if policy else ()
    for section, key in _LISTS.items():
        for _, _, table in root.tables(section):
            yield from table.texts(key)
