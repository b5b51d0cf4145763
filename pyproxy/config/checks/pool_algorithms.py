"""Rate limits of pools that configure one way of counting and use the other."""

from pyproxy.config.faults import FaultLog
from pyproxy.config.pools import RateLimitingConfig
from pyproxy.config.tree import Table

_ALGORITHMS = ("token_bucket", "sliding_window")


def check_pool_algorithms(root: Table, log: FaultLog) -> None:
    """Warn of the settings of an algorithm that is not the chosen one."""
    for _, _, pool in root.tables("polling_pools"):
        limiting = pool.table("rate_limiting")
        if limiting is None:
            continue
        default = RateLimitingConfig.model_fields["algorithm"].default
        chosen = next((str(text.value) for text in limiting.texts("algorithm")), default)
        for algorithm in _ALGORITHMS:
            if chosen in _ALGORITHMS and algorithm != chosen and algorithm in limiting.entries:
                hint = f"write algorithm: {algorithm}, or remove this table"
                message = f"changes nothing: the algorithm is {chosen}"
                log.add(limiting.entries[algorithm].place.fault(message, hint, severity="warning"))
