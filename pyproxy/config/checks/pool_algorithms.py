"""Rate limits of pools that configure one way of counting and use the other, or none at all."""

from pyproxy.config.faults import FaultLog
from pyproxy.config.pools import RateLimitingConfig
from pyproxy.config.tree import Scalar, Table

_ALGORITHMS = ("token_bucket", "sliding_window")
_EXAMPLES = {
    "token_bucket": "{bucket_size: 100, refill_rate: 10}",
    "sliding_window": "{window_size: 60, max_requests: 100}",
}


def check_pool_algorithms(root: Table, log: FaultLog) -> None:
    """Warn of the settings of an algorithm that is not the chosen one, and of one without settings."""
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
        if chosen in _ALGORITHMS and not any(algorithm in limiting.entries for algorithm in _ALGORITHMS) and _is_on(limiting):
            hint = f"add {chosen}: {_EXAMPLES[chosen]}"
            log.add(pool.entries["rate_limiting"].place.fault(f"limits nothing: it has no {chosen}", hint, severity="warning"))


def _is_on(limiting: Table) -> bool:
    entry = limiting.entries.get("enabled")
    return entry is None or (isinstance(entry.value, Scalar) and entry.value.value is True)
