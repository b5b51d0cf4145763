"""Finds room for an attempt: the scheduler says who is next, the core says whether all levels have room.

The desk owns no state of its own: permits and levels are the core's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyproxy.domain.instances import node_scope

if TYPE_CHECKING:
    from collections.abc import Collection

    from pyproxy.domain import Candidate, Step
    from pyproxy.rust_core import AdmissionController, Grant

__all__ = ["AdmissionDesk", "Lease", "Refused"]


@dataclass(frozen=True, slots=True)
class Refused:
    """No candidate of a step can be had now, and nothing was charged.

    Attributes:
        scope: the scope that refused, or None if every candidate was excluded.
        reason: ``concurrency``, ``rate``, ``blocked`` or ``excluded``.
        retry_after_ns: nanoseconds until the first of the refusing scopes may admit, or None if unknown.
    """

    scope: str | None
    reason: str
    retry_after_ns: int | None


class Lease:
    """The permits of one attempt, at every level; given back once, however often it is asked."""

    __slots__ = ("_controller", "_grant", "candidate")

    def __init__(self, controller: AdmissionController, grant: Grant, candidate: Candidate) -> None:
        self._controller = controller
        self._grant = grant
        self.candidate = candidate

    def release(self, now_ns: int) -> None:
        """Give the permits back; what the rates were charged stays charged."""
        self._controller.release(self._grant, now_ns=now_ns)

    def refund(self, now_ns: int) -> None:
        """Give back permits and charges alike: the attempt failed."""
        self._controller.refund(self._grant, now_ns=now_ns)
        self._controller.release(self._grant, now_ns=now_ns)


class AdmissionDesk:
    """All-or-nothing admission over a step's candidates."""

    def __init__(self, controller: AdmissionController, nodes: Collection[str] = ()) -> None:
        self._controller = controller
        self._nodes = frozenset(nodes)

    def admit(self, step: Step, *, node: str | None, excluded: Collection[str], only: str | None, now_ns: int) -> Lease | Refused:
        """Take permits at every level for the next candidate of `step` that has room.

        Args:
            step: the echelon or model to try.
            node: the caller's name; one that is not configured has no limits of its own.
            excluded: instances that are not to be asked.
            only: the one instance to consider, for a retry on the same; the scheduler is not asked then.
            now_ns: monotonic nanoseconds.
        """
        caller = (node_scope(node),) if node in self._nodes and node is not None else ()
        if only is not None:
            candidate = next(candidate for candidate in step.candidates if candidate.instance == only)
            return self._acquire(candidate, caller, now_ns)
        eligible = [candidate.instance not in excluded for candidate in step.candidates]
        refused = Refused(scope=None, reason="excluded", retry_after_ns=None)
        while (index := step.scheduler.pick(eligible, now_ns=now_ns)) is not None:
            candidate = step.candidates[index]
            verdict = self._acquire(candidate, caller, now_ns)
            if isinstance(verdict, Lease):
                return verdict
            if verdict.scope != candidate.instance:
                return verdict  # a level that all candidates share: none of them would be admitted
            refused = _earlier(refused, verdict)
            eligible[index] = False
        return refused

    def pause(self, instance: str, until_ns: int, now_ns: int) -> None:
        """Hold an instance back until a provider's Retry-After has passed; its rates are not touched."""
        self._controller.block_until(instance, until_ns, now_ns=now_ns)

    def _acquire(self, candidate: Candidate, caller: tuple[str, ...], now_ns: int) -> Lease | Refused:
        verdict = self._controller.try_acquire([*candidate.path, *caller], requests=1, now_ns=now_ns)
        if verdict:
            return Lease(self._controller, verdict, candidate)
        return Refused(scope=verdict.scope, reason=verdict.reason, retry_after_ns=verdict.retry_after_ns)


def _earlier(known: Refused, other: Refused) -> Refused:
    """Of two refusals the one that ends first; one whose end is unknown loses to one whose end is known."""
    if known.scope is None or known.retry_after_ns is None:
        return other
    if other.retry_after_ns is None or known.retry_after_ns <= other.retry_after_ns:
        return known
    return other
