"""Weights of pools: each names an instance of its pool, and counts only under a weighted strategy."""

from pyproxy.config.faults import FaultLog, printable
from pyproxy.config.names import KnownNames
from pyproxy.config.pools import PollingPoolConfig
from pyproxy.config.references import echelon_name, echelons
from pyproxy.config.tree import List, Table


def check_pool_weights(root: Table, log: FaultLog) -> None:
    """Report each weight of what is no instance of its pool; warn of weights that the strategy does not look at."""
    holders, known = _holders(root), KnownNames(root)
    for name, _, pool in root.tables("polling_pools"):
        weights = pool.table("weights")
        if weights is None:
            continue
        _check_use(pool, log)
        groups = _groups(pool, known)
        for key, entry in weights.entries.items():
            if groups and groups.isdisjoint(holders.get(key, ())):
                hint = "name a model of its task_groups, or an echelon of them as group.echelon"
                log.add(entry.place.fault(f"is no instance of the pool '{printable(name)}'", hint))


def _holders(root: Table) -> dict[str, set[str]]:
    """Return the groups and echelons that each instance belongs to, by its name: a model, or an echelon in full."""
    holders: dict[str, set[str]] = {}
    for group, _, table in root.tables("task_groups"):
        for echelon in echelons(table):
            whole = f"{group}.{echelon_name(echelon)}"
            for instance in (whole, *(str(model.value) for model in echelon.texts("models"))):
                holders.setdefault(instance, set()).update((group, whole))
    return holders


def _groups(pool: Table, known: KnownNames) -> set[str]:
    """Return what a pool is made of; nothing where a part of it is not known, for the instance may be in that."""
    entry = pool.entries.get("task_groups")
    items = entry.value.items if entry is not None and isinstance(entry.value, List) else ()
    names = [str(text.value) for text in pool.texts("task_groups")]
    is_known = len(names) == len(items) and all(known.holds(name, ("groups",)) for name in names)
    return set(names) if is_known else set()


def _check_use(pool: Table, log: FaultLog) -> None:
    strategy = next(pool.texts("rotation_strategy"), None)
    default = str(PollingPoolConfig.model_fields["rotation_strategy"].default)
    chosen, shown = (default, default) if strategy is None else (str(strategy.value), strategy.shown)
    if "weighted" not in chosen:
        hint = "write rotation_strategy: weighted, or remove this table"
        log.add(pool.entries["weights"].place.fault(f"changes nothing: the rotation_strategy is {shown}", hint, severity="warning"))
