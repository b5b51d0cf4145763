"""Why no candidate of a step can be had, and of several reasons the one that counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EXCLUDED", "Refused", "first_to_end"]

_LEFT_ALONE = frozenset(("breaker_open", "credential_disabled", "credential_spent"))


@dataclass(frozen=True, slots=True)
class Refused:
    """No candidate of a step can be had now, and nothing was charged.

    Attributes:
        scope: the scope that refused, or None if every candidate was excluded.
        reason: ``concurrency``, ``rate``, ``blocked``, ``reserved``, ``queue_full``, ``deadline``, ``breaker_open``,
            ``credential_disabled``, ``credential_spent`` or ``excluded``.
        retry_after_ns: nanoseconds until the first of the refusing scopes may admit; None if unknown, or if a ``rate`` never does.
        also: further scopes that refused for the same reason.
        permanent: whether no wait can help.
    """

    scope: str | None
    reason: str
    retry_after_ns: int | None
    also: tuple[str, ...] = ()
    permanent: bool = False


EXCLUDED = Refused(scope=None, reason="excluded", retry_after_ns=None)


def first_to_end(refusals: Sequence[Refused]) -> Refused:
    """The refusal that ends first, with who else refused for its reason."""
    first = reduce(_earlier, refusals, EXCLUDED)
    also = tuple(each.scope for each in refusals if each.reason == first.reason and each.scope not in (None, first.scope))
    return replace(first, also=also) if also else first


def _earlier(known: Refused, other: Refused) -> Refused:
    """Of two refusals the one that ends first; one whose end is unknown loses to one whose end is known.

    One for want of room, which may be waited for, goes before one for earlier failures.
    """
    if known.scope is None:
        return other
    if (known.reason in _LEFT_ALONE) != (other.reason in _LEFT_ALONE):
        return other if known.reason in _LEFT_ALONE else known
    if known.retry_after_ns is None:
        return other
    if other.retry_after_ns is None or known.retry_after_ns <= other.retry_after_ns:
        return known
    return other
