"""Models: ``prefill`` beside the capabilities, of which it is one."""

from pyproxy.config.faults import FaultLog
from pyproxy.config.forms.moving import sink
from pyproxy.config.tree import Table


def canonical_model(table: Table, log: FaultLog) -> Table:
    """``prefill: true`` becomes ``capabilities: {prefill: true}``."""
    return sink(table, "capabilities", {"prefill": "prefill"}, log)
