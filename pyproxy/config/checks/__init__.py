"""The checks of meaning: what is well formed, well typed and well named, and still cannot be meant.

Each check is a function in a file of its own. It takes the tree, its echelons gathered and its implicit models added, and reports to
the log; what is of the wrong type it passes over, for the typed models tell of that.
"""

from pyproxy.config.checks.aliases import check_aliases
from pyproxy.config.checks.attempts import check_attempts
from pyproxy.config.checks.dialects import check_dialects
from pyproxy.config.checks.drained_pools import check_drained_pools
from pyproxy.config.checks.duplicates import check_duplicates
from pyproxy.config.checks.fallback_cycles import check_fallback_cycles
from pyproxy.config.checks.left_out import check_left_out
from pyproxy.config.checks.limits import check_limits
from pyproxy.config.checks.pool_algorithms import check_pool_algorithms
from pyproxy.config.checks.pool_weights import check_pool_weights
from pyproxy.config.checks.task_types import check_task_types
from pyproxy.config.checks.timeouts import check_timeouts
from pyproxy.config.checks.weights import check_weights
from pyproxy.config.faults import FaultLog
from pyproxy.config.tree import Table

__all__ = ["run_checks"]

_CHECKS = (
    check_aliases,
    check_attempts,
    check_dialects,
    check_duplicates,
    check_fallback_cycles,
    check_left_out,
    check_limits,
    check_pool_algorithms,
    check_drained_pools,
    check_pool_weights,
    check_task_types,
    check_timeouts,
    check_weights,
)


def run_checks(root: Table, log: FaultLog) -> None:
    """Run every check, so that one run tells all there is to tell."""
    for check in _CHECKS:
        check(root, log)
