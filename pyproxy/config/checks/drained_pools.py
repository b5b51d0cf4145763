"""Pools in which nobody has a share."""

from collections.abc import Iterator

from pyproxy.config.checks.amounts import amount
from pyproxy.config.faults import FaultLog, printable
from pyproxy.config.references import echelon_name, echelons
from pyproxy.config.tree import Table


def check_drained_pools(root: Table, log: FaultLog) -> None:
    """Report each pool whose instances all have the weight 0."""
    for name, _, pool in root.tables("polling_pools"):
        weights = pool.table("weights")
        members = tuple(_members(root, pool))
        if weights is None or not members:
            continue
        first = dict(reversed(members))
        if all(_share(weights, member) == 0 for member in first.items()):
            message = f"leaves no instance of '{printable(name)}' that would ever be asked"
            log.add(pool.entries["weights"].place.fault(message, "give one of them a weight of 1 or more"))


def _members(root: Table, pool: Table) -> Iterator[tuple[str, str]]:
    """Yield each model of the pool with each echelon it stands in."""
    groups = root.table("task_groups")
    for text in pool.texts("task_groups"):
        name, _, only = str(text.value).partition(".")
        group = groups.table(name) if groups else None
        for echelon in echelons(group) if group else ():
            if only not in ("", echelon_name(echelon)):
                continue
            for model in echelon.texts("models"):
                yield str(model.value), f"{name}.{echelon_name(echelon)}"


def _share(weights: Table, member: tuple[str, str]) -> float:
    """The weight of a model: its own, else its echelon's, else 1."""
    return next((found.value for found in (amount(weights, key) for key in member) if found is not None), 1)
