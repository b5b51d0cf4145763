"""Echelons that nothing leads to, because their group's ``fallback_groups`` names others, or its strategy never goes down."""

from collections.abc import Iterator

from pyproxy.config.faults import FaultLog, printable
from pyproxy.config.names import KnownNames
from pyproxy.config.references import echelon_name, echelons, references
from pyproxy.config.tree import Scalar, Table

_STRATEGIES = {
    "model_rotate": "strategy model_rotate stays in the first echelon",
    "task_group_switch": "strategy task_group_switch goes to other groups only",
}
_LISTS = {"polling_pools": "task_groups", "wrappers": "fallback_groups", "nodes": "fallback_groups"}


def check_left_out(root: Table, log: FaultLog) -> None:
    """Warn of each echelon that its group's fallback never comes to, unless something else names it.

    A client may still ask for it by ``group.echelon``; a warning is what a forgotten one needs.
    """
    named = {str(reference.scalar.value) for reference in references(root)}
    known = KnownNames(root)
    whole = {str(text.value) for text in _lists(root)}
    for name, _, group in root.tables("task_groups"):
        policy = group.table("fallback_config")
        if policy is None or name in whole:
            continue
        why, way_out = _never_goes_down(policy, known)
        if not why:
            continue
        for echelon in echelons(group)[1:]:
            reference = f"{name}.{echelon_name(echelon)}"
            if reference not in named:
                message = f"no request for '{printable(name)}' comes here: its {why}"
                hint = f"{way_out.format(printable(reference))}, or remove the echelon"
                log.add(echelon.place.fault(message, hint, severity="warning"))


def _never_goes_down(policy: Table, known: KnownNames) -> tuple[str, str]:
    """Tell why a group's fallback passes over its own echelons, and what would change that; empty texts if it does not."""
    strategy = _STRATEGIES.get(next((str(text.value) for text in policy.texts("strategy")), ""))
    if strategy is not None:
        return strategy, "choose another strategy"
    # A name that is missing may be the one that is misspelt there.
    if "fallback_groups" in policy.entries and all(known.holds(str(text.value), ("groups",)) for text in policy.texts("fallback_groups")):
        return "fallback_groups leaves it out", "add {} to fallback_groups"
    return "", ""


def _lists(root: Table) -> Iterator[Scalar]:
    """Yield what stands in the lists in which a group's name means all of its echelons."""
    for _, _, group in root.tables("task_groups"):
        policy = group.table("fallback_config")
        yield from policy.texts("fallback_groups") if policy else ()
    for section, key in _LISTS.items():
        for _, _, table in root.tables(section):
            yield from table.texts(key)
