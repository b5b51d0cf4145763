"""Finds room for an attempt: the scheduler says who is next, breakers and credentials who may, the core whether there is room.

The desk owns no state of its own: permits and levels are the core's, and what is known of instances outlives it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from pyproxy.admission.lease import Lease
from pyproxy.admission.permit import Permit
from pyproxy.admission.refused import EXCLUDED, Refused, first_to_end
from pyproxy.admission.tokens import Prompt
from pyproxy.errors import AdmissionRefused
from pyproxy.rust_core import Open

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pyproxy.admission.controller import ConcurrencyController, Dimension
    from pyproxy.admission.credentials import Disabled
    from pyproxy.admission.standing import Standing
    from pyproxy.domain import Candidate, Step
    from pyproxy.rust_core import AdmissionController, Grant, Pass, Path, Probe

__all__ = ["AdmissionDesk", "Caller", "Refused"]

# Callers that the configuration does not know wait as one, so that names made up by the dozen get no more than one share.
_NOBODY = "node:"


_NO_PROMPT = Prompt()


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf room is asked for.

    Attributes:
        scopes: what it passes beside the scopes of whom it asks: those of its node and of the wrapper it came through.
        flow: whose share of what comes free it has; callers that the configuration does not know have one together.
        priority: who goes first among those who wait; the lowest number does.
        prompt: what is to be sent.
    """

    scopes: tuple[str, ...] = ()
    flow: str = _NOBODY
    priority: int = 0
    prompt: Prompt = _NO_PROMPT


class AdmissionDesk:
    """All-or-nothing admission over a step's candidates."""

    def __init__(
        self,
        controller: ConcurrencyController,
        standing: Standing,
        token_limits: Mapping[str, int],
        rated: Collection[tuple[str, str]],
    ) -> None:
        """Admit through the scopes of a controller.

        Args:
            controller: the limits.
            standing: what is known of instances.
            token_limits: the smallest limit of tokens of each scope that has one.
            rated: the scopes that limit requests or tokens over a window of time, each with what it limits.
        """
        self._controller = controller
        self._standing = standing
        self._token_limits = token_limits
        self._rated = rated
        self._ways: dict[tuple[tuple[str, ...], tuple[str, ...]], _Way] = {}

    def admit(
        self,
        step: Step,
        caller: Caller,
        *,
        excluded: Collection[str],
        only: str | None,
        last: Collection[str] = (),
        now_ns: int,
    ) -> Lease | Refused:
        """Take permits at every level for the next candidate of `step` that has room, or say why none has.

        Args:
            step: the echelon or model to try.
            caller: who asks.
            excluded: instances that are not to be asked.
            only: the one instance to consider, for a retry on the same; the scheduler is not asked then.
            last: instances that are asked where none of the others has room.
            now_ns: monotonic nanoseconds.
        """
        if only is not None:
            return self._acquire(step, _the_one(step, only), caller, now_ns)
        if last and step.even:
            verdict = self._next_of(step, caller, {*excluded, *last}, now_ns)
            if isinstance(verdict, Lease):
                return verdict
        return self._next_of(step, caller, excluded, now_ns)

    def _next_of(self, step: Step, caller: Caller, excluded: Collection[str], now_ns: int) -> Lease | Refused:
        eligible = [candidate.instance not in excluded for candidate in step.candidates]
        refusals: list[Refused] = []
        while (index := step.scheduler.pick(eligible, now_ns=now_ns)) is not None:
            candidate = step.candidates[index]
            verdict = self._acquire(step, candidate, caller, now_ns)
            if isinstance(verdict, Lease):
                return verdict
            closed = _closed_by(step, verdict.scope)
            if all(closed):
                return verdict  # none of them would be admitted
            refusals.append(verdict)
            eligible = [may and not shut for may, shut in zip(eligible, closed, strict=True)]
        return first_to_end(refusals)

    @property
    def standing(self) -> Standing:
        """What is known of the instances."""
        return self._standing

    @property
    def core(self) -> AdmissionController:
        """The limits, for those who take their permits natively."""
        return self._controller.core

    def path(self, candidate: Candidate, caller: Caller) -> Path:
        """The scopes that a call to a candidate passes."""
        return self._way(candidate, caller).path

    def most_tokens(self, candidate: Candidate, caller: Caller) -> int | None:
        """Tell the smallest limit of tokens on the way to a candidate, if there is one."""
        return self._way(candidate, caller).most_tokens

    def rated(self, instance: str) -> tuple[bool, bool]:
        """Tell whether a limit of ours counts the requests to an instance, and whether one counts its tokens."""
        return (instance, "requests") in self._rated, (instance, "tokens") in self._rated

    def taken_over(self, step: Step, candidate: Candidate, grant: Grant, leave: Pass | None, started_ns: int) -> Lease:
        """Make a lease of what an attempt holds that was begun natively."""
        permit = Permit(self._controller, grant)
        return Lease(
            candidate, step, permit, leave=leave, standing=self._standing, prompt=_NO_PROMPT, started_ns=started_ns, is_started=True
        )

    def advance(self) -> None:
        """Let those in for whom others have made room natively."""
        self._controller.advance()

    def room_for(self, instance: str) -> Permit | None:
        """Take a permit of one instance on nobody's behalf, if it has room now."""
        verdict = self._controller.try_acquire((instance,))
        return Permit(self._controller, verdict) if verdict else None

    def in_flight(self, scope: str) -> int:
        """Tell how many permits are held through a scope."""
        return self._controller.in_flight(scope)

    async def wait(
        self, step: Step, caller: Caller, *, excluded: Collection[str], only: str | None, refused: str | None, until_ns: int, now_ns: int
    ) -> Lease | Refused:
        """Wait in the queues for the first candidate of `step` that has room.

        Args:
            step: the echelon or model to try.
            caller: who asks.
            excluded: instances that are not to be asked.
            only: the one instance to consider.
            refused: the scope that had no room. If all candidates pass it, one place in the queue is enough.
            until_ns: the latest time to be let in.
            now_ns: monotonic nanoseconds.
        """
        candidates = [_the_one(step, only)] if only is not None else self._waited_for(step, excluded, refused, now_ns)
        if not candidates:
            return EXCLUDED
        try:
            index, permit = await self._controller.acquire_any(
                [self._way(candidate, caller).path for candidate in candidates],
                tokens=[self._tokens(step, candidate, caller) for candidate in candidates],
                priority=caller.priority,
                flow=caller.flow,
                deadline_ns=until_ns,
            )
        except AdmissionRefused as error:
            return Refused(error.scope or refused, error.reason, error.retry_after_ns)
        return self._lease(step, candidates[index], caller, permit)

    def hindrance(self, step: Step, candidate: Candidate, caller: Caller, now_ns: int) -> Refused | None:
        """Tell what would keep a candidate from being called now, or None; nothing is taken, no turn and no probe."""
        disabled = self._standing.credentials.disabled(candidate, now_ns)
        if disabled is not None:
            return _unused(candidate, disabled, now_ns)
        open_ns = self._standing.breakers.retry_after_ns(step, candidate, now_ns)
        if open_ns:
            return Refused(candidate.instance, "breaker_open", open_ns)
        verdict = self._controller.peek(self._way(candidate, caller).path, tokens=self._tokens(step, candidate, caller))
        return None if verdict is None else Refused(verdict.scope, verdict.reason, verdict.retry_after_ns, permanent=verdict.permanent)

    def pause(self, instance: str, until_ns: int) -> None:
        """Hold an instance back until a provider's Retry-After has passed; its rates are not touched."""
        self._controller.block_until(instance, until_ns)

    def tighten(self, instance: str, dimension: Dimension, remaining: int, reset_at_ns: int) -> None:
        """Let no more through to an instance before the reset than its provider says is left; it never lets more through.

        Where there is no limit of ours that could be tightened, what is left is not counted: it is held back once nothing is.
        """
        if (instance, dimension) in self._rated:
            self._controller.tighten(instance, dimension, remaining, reset_at_ns)
        elif remaining == 0:
            self._controller.block_until(instance, reset_at_ns)

    def _acquire(self, step: Step, candidate: Candidate, caller: Caller, now_ns: int) -> Lease | Refused:
        """Take permits, if breaker and credential let the instance be asked at all."""
        leave = self._leave(step, candidate, now_ns)
        if isinstance(leave, Refused):
            return leave
        verdict = self._controller.try_acquire(self._way(candidate, caller).path, tokens=self._tokens(step, candidate, caller))
        if verdict:
            return Lease(
                candidate,
                step,
                Permit(self._controller, verdict),
                leave=leave,
                standing=self._standing,
                prompt=caller.prompt,
                started_ns=now_ns,
            )
        self._standing.breakers.record(step, candidate, leave, now_ns, ok=None)
        return Refused(verdict.scope, verdict.reason, verdict.retry_after_ns, permanent=verdict.permanent)

    def _lease(self, step: Step, candidate: Candidate, caller: Caller, permit: Permit) -> Lease | Refused:
        """Make a lease of a permit that was waited for, if the instance may still be asked."""
        now_ns = self._controller.now_ns()
        leave = self._leave(step, candidate, now_ns)
        if isinstance(leave, Refused):
            permit.refund()
            permit.release()
            return leave
        return Lease(candidate, step, permit, leave=leave, standing=self._standing, prompt=caller.prompt, started_ns=now_ns)

    def _leave(self, step: Step, candidate: Candidate, now_ns: int) -> Pass | Probe | Refused | None:
        disabled = self._standing.credentials.disabled(candidate, now_ns)
        if disabled is not None:
            return _unused(candidate, disabled, now_ns)
        leave = self._standing.breakers.allow(step, candidate, now_ns)
        return Refused(candidate.instance, "breaker_open", leave.retry_after_ns) if isinstance(leave, Open) else leave

    def _waited_for(self, step: Step, excluded: Collection[str], refused: str | None, now_ns: int) -> list[Candidate]:
        """The candidates that only lack room; the next of them alone, where all lack the same."""
        standing = self._standing
        eligible = [
            candidate.instance not in excluded
            and standing.credentials.disabled(candidate, now_ns) is None
            and standing.breakers.retry_after_ns(step, candidate, now_ns) == 0
            for candidate in step.candidates
        ]
        if all(_closed_by(step, refused)):
            index = step.scheduler.pick(eligible, now_ns=now_ns)
            return [] if index is None else [step.candidates[index]]
        return [candidate for candidate, open_now in zip(step.candidates, eligible, strict=True) if open_now]

    def _tokens(self, step: Step, candidate: Candidate, caller: Caller) -> int:
        prompt = caller.prompt
        if prompt.max_tokens is None and step.defaults.max_tokens is not None:
            prompt = replace(prompt, max_tokens=step.defaults.max_tokens)
        return self._standing.tokens.reservation(candidate.model, prompt, self._way(candidate, caller).most_tokens)

    def _way(self, candidate: Candidate, caller: Caller) -> _Way:
        key = (candidate.path, caller.scopes)
        way = self._ways.get(key)
        if way is None:
            keys = (*candidate.path, *caller.scopes)
            limits = [self._token_limits[scope] for scope in keys if scope in self._token_limits]
            way = self._ways[key] = _Way(self._controller.path(keys), min(limits, default=None))
        return way


class _Way(NamedTuple):
    """The scopes that calls to a candidate pass, and the smallest limit of tokens among them."""

    path: Path
    most_tokens: int | None


def _unused(candidate: Candidate, disabled: Disabled, now_ns: int) -> Refused:
    reason = "credential_spent" if disabled.spent else "credential_disabled"
    return Refused(candidate.instance, reason, disabled.until_ns - now_ns)


def _the_one(step: Step, instance: str) -> Candidate:
    return next(candidate for candidate in step.candidates if candidate.instance == instance)


def _closed_by(step: Step, scope: str | None) -> list[bool]:
    """Which candidates pass a scope that has no room: all of them where it is a level that they share, or the caller's own."""
    closed = [scope in candidate.path for candidate in step.candidates]
    return closed if any(closed) else [True] * len(closed)
