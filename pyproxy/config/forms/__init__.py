"""The older ways to write things, each turned into the canonical form before anything else looks at it."""

from pyproxy.config.faults import FaultLog
from pyproxy.config.forms.groups import canonical_group
from pyproxy.config.forms.models import canonical_model
from pyproxy.config.forms.nodes import canonical_node
from pyproxy.config.forms.pools import canonical_pool
from pyproxy.config.forms.wrappers import canonical_wrapper
from pyproxy.config.tree import Table

_FORMS = {
    "models": canonical_model,
    "task_groups": canonical_group,
    "polling_pools": canonical_pool,
    "wrappers": canonical_wrapper,
    "nodes": canonical_node,
}


def canonical(section: str, table: Table, log: FaultLog) -> Table:
    """Return one model, group, pool, wrapper or node as the canonical form writes it; whatever is canonical already is left alone."""
    form = _FORMS.get(section)
    return table if form is None else form(table, log)


__all__ = ["canonical"]
