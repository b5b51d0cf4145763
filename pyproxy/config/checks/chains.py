"""How a chain of names is written for people: ``a → b → a``."""

from collections.abc import Sequence

from pyproxy.config.faults import printable

_MOST_SHOWN = 12


def shown_chain(names: Sequence[str]) -> str:
    """Return the names with arrows between them; of a long chain, its two ends."""
    shown = [printable(name) for name in names]
    if len(shown) > _MOST_SHOWN:
        half = _MOST_SHOWN // 2
        shown = [*shown[:half], f"… {len(shown) - 2 * half} more …", *shown[-half:]]
    return " → ".join(shown)
