"""Task groups: echelons under ``echelons``, and a fallback that is written beside them."""

from pyproxy.config.fallback import FallbackConfig
from pyproxy.config.faults import FaultLog
from pyproxy.config.forms.moving import move, sink, without
from pyproxy.config.tree import Entry, List, Table

_FLAT = {"fallback_strategy": "strategy"} | {name: name for name in FallbackConfig.model_fields if name != "strategy"}


def canonical_group(table: Table, log: FaultLog) -> Table:
    """``[task_group.echelons.x]`` becomes ``x``; ``fallback_strategy`` and its like go into ``fallback_config``."""
    table = move(table, {"fallback": "fallback_config"}, log)
    table = sink(table, "fallback_config", _FLAT, log)
    given = table.entries.get("echelons")
    if given is None:
        return table
    if isinstance(given.value, Table):
        echelons = given.value.entries
    elif isinstance(given.value, List) and all(isinstance(item, Table) and _name(item) for item in given.value.items):
        tables = [item for item in given.value.items if isinstance(item, Table)]
        echelons = {_name(item): Entry(item.place, without(item, "name")) for item in tables}
    else:
        return table
    return move(Table(table.place, {**without(table, "echelons").entries, **echelons}), {}, log)


def _name(table: Table) -> str:
    return next((str(text.value) for text in table.texts("name")), "")
