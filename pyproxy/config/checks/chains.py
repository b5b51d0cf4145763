"""How a chain of names is written for people: ``a → b → a``."""

from collections.abc import Sequence

from pyproxy.config.faults import printable

_MOST_SHOWN = 12


def shown_chain(names: Sequence[str]) -> str:
    """Return the names with arrows between them; of a long chain, its two ends."""
    half = _MOST_SHOWN // 2
    if len(names) > _MOST_SHOWN:
        names = [*names[:half], f"… {len(names) - 2 * half} more …", *names[-half:]]
    return " → ".join(printable(name) for name in names)
