"""Where each setting belongs, for one that stands in the wrong place."""

from functools import cache

from pyproxy.config.root import Config
from pyproxy.config.schema import Location, settings_at

_HOMES: dict[str, Location] = {
    "the server": ("server",),
    "the sessions": ("sessions",),
    "a provider": ("providers", ""),
    "a model": ("models", ""),
    "a task group": ("task_groups", ""),
    "an echelon": ("task_groups", "", "echelons", 0),
    "the timeouts of a task group": ("task_groups", "", "timeouts"),
    "the fallback_config of a task group": ("task_groups", "", "fallback_config"),
    "the circuit_breaker in a fallback_config": ("task_groups", "", "fallback_config", "circuit_breaker"),
    "a polling pool": ("polling_pools", ""),
    "the rate_limiting of a polling pool": ("polling_pools", "", "rate_limiting"),
    "the token_bucket in a rate_limiting": ("polling_pools", "", "rate_limiting", "token_bucket"),
    "the sliding_window in a rate_limiting": ("polling_pools", "", "rate_limiting", "sliding_window"),
    "a wrapper": ("wrappers", ""),
    "a node": ("nodes", ""),
    "the top of the file": (),
}
_MOST_SHOWN = 4


def home_hint(key: str) -> str:
    """Return where a setting of that name belongs, or an empty text when it is none anywhere."""
    homes = _homes().get(key, ())
    if not homes:
        return ""
    shown = homes[:_MOST_SHOWN]
    return f"it is a setting of {' or '.join(filter(None, (', '.join(shown[:-1]), shown[-1])))}: move it there"


@cache
def _homes() -> dict[str, tuple[str, ...]]:
    homes: dict[str, tuple[str, ...]] = {}
    for shown, location in _HOMES.items():
        model = settings_at(Config, location)
        for name in set(model.model_fields) - model.made_by_the_reader if model else ():
            homes[name] = (*homes.get(name, ()), shown)
    return homes
