"""Wrappers: defaults, monitoring and performance as tables, and a target named after its type."""

from dataclasses import replace

from pyproxy.config.faults import FaultLog
from pyproxy.config.forms.moving import lift, move
from pyproxy.config.tree import Entry, Scalar, Table

_TARGETS = {"pool_name": "pool", "group_name": "task_group", "task_group_name": "task_group", "model_name": "direct"}
_TYPES = {"group": "task_group", "polling_pool": "pool", "model": "direct"}
_DEFAULTS = {"enable_health_check": "health_check", "enable_metrics": "metrics"}
_MONITORING = {"metrics_enabled": "metrics", "alerting_enabled": "alerting"}
_PERFORMANCE = {"max_concurrent_requests": "concurrency_limit"}


def canonical_wrapper(table: Table, log: FaultLog) -> Table:
    """``[default_config] pool_name`` becomes ``target`` with the type ``pool``, and so on."""
    table = lift(table, "default_config", {}, log)
    table = lift(table, "monitoring", _MONITORING, log)
    table = lift(table, "performance", _PERFORMANCE, log)
    table = move(table, _DEFAULTS | _MONITORING | _PERFORMANCE, log)
    for key, kind in _TARGETS.items():
        given = table.entries.get(key)
        if given is not None and "type" not in table.entries:
            table = table.with_entries({**table.entries, "type": Entry(place := replace(given.place), Scalar(place, kind))})
    given = table.entries.get("type")
    if given is not None and isinstance(given.value, Scalar) and isinstance(given.value.value, str):
        value = replace(given.value, value=_TYPES.get(given.value.value, given.value.value))
        table = table.with_entries({**table.entries, "type": replace(given, value=value)})
    return move(table, dict.fromkeys(_TARGETS, "target"), log)
