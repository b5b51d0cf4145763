"""Polling pools: nested health checks, a nested fallback, a strategy as a table."""

from pyproxy.config.faults import FaultLog
from pyproxy.config.forms.moving import lift, move
from pyproxy.config.tree import Table

_HEALTH = {
    "enabled": "health_check",
    "interval": "health_check_interval",
    "path": "health_check_path",
    "prompt": "health_check_prompt",
    "timeout": "health_check_timeout",
}
_FALLBACK = {"strategy": "fallback_strategy"}
_ROTATION = {"type": "rotation_strategy", "strategy": "rotation_strategy"}


def canonical_pool(table: Table, log: FaultLog) -> Table:
    """``[health_check] interval`` becomes ``health_check_interval``, and so on."""
    table = lift(table, "health_check", _HEALTH, log)
    table = move(table, {"fallback": "fallback_config"}, log)
    table = lift(table, "fallback_config", _FALLBACK, log)
    table = move(table, {"rotation": "rotation_strategy"}, log)
    return lift(table, "rotation_strategy", _ROTATION, log)
