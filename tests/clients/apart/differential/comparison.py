"""Whether two translations mean the same, but for disagreements that are known, each told as a rule."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from clients.apart.differential.requests import Meaning
    from clients.apart.differential.translations import Case

__all__ = ["RULES", "Compared", "Rule", "compare", "rule"]

Right = Literal["ours", "litellm", "both"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A disagreement that is known: it makes of litellm's meaning what it would be, did litellm do as ours does.

    It is told the body and a meaning, never both meanings, so that it cannot hide what it does not explain.

    Attributes:
        name: what differs.
        because: which of the two is right, and by what fact.
        right: whose translation is; both, where the provider takes either.
        examples: for each translation that it is about, a body that the two disagree about without it.
        amend: changes a meaning in place.
        levels: whether it is for our meaning as well: where both have made something up, such as an id.
    """

    name: str
    because: str
    right: Right
    examples: dict[str, Any]
    amend: Callable[[Any, Meaning], None]
    levels: bool


RULES: Final[dict[str, Rule]] = {}
"""All of them, in the order in which they apply."""


def rule(right: Right, *, levels: bool = False, **examples: Any) -> Callable[[Callable[[Any, Meaning], None]], None]:
    """Add a function as a rule: its name says what differs, its docstring why, and each example is given by its translation."""

    def add(amend: Callable[[Any, Meaning], None]) -> None:
        assert amend.__doc__, "a disagreement without a reason is a fault"
        assert amend.__name__ not in RULES
        RULES[amend.__name__] = Rule(amend.__name__, amend.__doc__, right, examples, amend, levels)

    return add


class Compared(NamedTuple):
    """Two meanings after the rules, and which of these had something to say."""

    ours: Meaning
    theirs: Meaning
    applied: list[str]


def compare(case: Case, ours: Meaning, theirs: Meaning, *, without: Collection[str] = ()) -> Compared:
    """Apply the rules of a translation to what its two versions mean."""
    ours, theirs = deepcopy(ours), deepcopy(theirs)
    applied = []
    for known in RULES.values():
        if case.translation not in known.examples or known.name in without or "refused" in theirs:
            continue
        before = deepcopy((ours, theirs))
        known.amend(case.body, theirs)
        if known.levels:
            known.amend(case.body, ours)
        if (ours, theirs) != before:
            applied.append(known.name)
    return Compared(ours, theirs, applied)
