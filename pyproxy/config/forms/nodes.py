"""Nodes of a workflow: settings under ``config``, beside the type of the node."""

from pyproxy.config.faults import FaultLog
from pyproxy.config.forms.moving import lift, without
from pyproxy.config.tree import Scalar, Table

LLM_NODE = "llm_node"


def canonical_node(table: Table, log: FaultLog) -> Table:
    """``type: llm_node`` with ``config: {...}`` becomes the settings alone."""
    kind = table.entries.get("type")
    if kind is not None and isinstance(kind.value, Scalar) and kind.value.value == LLM_NODE:
        table = without(table, "type")
    return lift(table, "config", {}, log)
