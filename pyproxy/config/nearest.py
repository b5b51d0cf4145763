"""Did you mean: the nearest known name, at a cost that a hostile file cannot drive up."""

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST_NAME = 100
CUTOFF = 0.6


class Suggestions:
    """Gives hints for misspelt names until its budget of comparisons is spent; after that it stays silent.

    Args:
        budget: Name-to-name comparisons in all (each takes some tens of microseconds).
    """

    def __init__(self, budget: int = 10_000) -> None:
        self._left = budget

    def nearest(self, name: str, known: Iterable[str]) -> str | None:
        """Return the known name most like ``name``, or None when none is like it."""
        if len(name) > LONGEST_NAME or self._left <= 0:
            return None
        candidates: list[str] = []
        for other in known:
            if len(candidates) >= self._left:
                break
            if len(other) <= LONGEST_NAME:
                candidates.append(other)
        self._left -= len(candidates)
        found = get_close_matches(name, candidates, n=1, cutoff=CUTOFF)
        return found[0] if found else _alike(name.lower(), candidates)

    def hint(self, name: str, known: Iterable[str]) -> str:
        """Return ``did you mean 'x'?``, or an empty text."""
        found = self.nearest(name, known)
        return f"did you mean '{found}'?" if found else ""


def _alike(name: str, candidates: list[str]) -> str | None:
    """Return a name that differs in capital letters alone, or one that has ``name`` among its words."""
    same = (other for other in candidates if other.lower() == name)
    longer = (other for other in candidates if name in other.lower().split("_"))
    return next(same, None) or next(longer, None)
