"""What one attempt holds: permits at every level, its tokens, its breaker's leave, its place with the scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.admission.instances import Ended
from pyproxy.rust_core import Probe

if TYPE_CHECKING:
    from pyproxy.admission.permit import Permit
    from pyproxy.admission.standing import Standing
    from pyproxy.admission.tokens import Prompt
    from pyproxy.domain import Candidate, Step, Usage
    from pyproxy.rust_core import Outcome, Pass

__all__ = ["Lease"]


class Lease:
    """Held from admission to the end of the attempt, and given back once, however often it is asked.

    Of the four ends only the first that is told counts.

    Attributes:
        candidate: the instance that is called.
    """

    __slots__ = ("_committed_ns", "_ended", "_leave", "_permit", "_place", "_prompt", "_standing", "_started_ns", "_step", "candidate")

    def __init__(
        self,
        candidate: Candidate,
        step: Step,
        permit: Permit,
        *,
        leave: Pass | Probe | None,
        standing: Standing,
        prompt: Prompt,
        started_ns: int,
        is_started: bool = False,
    ) -> None:
        self.candidate = candidate
        self._step = step
        self._permit = permit
        self._leave = leave
        self._standing = standing
        self._prompt = prompt
        self._started_ns = started_ns
        self._place = step.candidates.index(candidate)
        self._ended = False
        self._committed_ns: int | None = None
        if not is_started:  # or the scheduler knows of it
            step.scheduler.on_start(self._place, now_ns=started_ns)

    def committed(self, now_ns: int) -> None:
        """Note that the answer is good as far as it can be known: a probe needs no more, and may be long about the rest."""
        self._committed_ns = now_ns
        self._standing.credentials.works(self.candidate)
        if isinstance(self._leave, Probe):
            self._standing.breakers.record(self._step, self.candidate, self._leave, now_ns, ok=True)

    def delivered(self, now_ns: int, usage: Usage | None) -> None:
        """End an attempt whose answer is whole; its tokens are charged as the provider counted them."""
        if self._end(now_ns, ok=True, usage=usage):
            if usage is not None:
                self._permit.settle(self._counted(usage))
                self._standing.tokens.learn(self.candidate.model, self._prompt, usage)
            self._permit.release()

    def failed(self, outcome: Outcome, now_ns: int) -> None:
        """End an attempt that failed before anything was delivered: nothing of it stays charged."""
        if self._end(now_ns, ok=False if outcome.counts_for_breaker else None, failure=outcome.name):
            self._permit.refund()
            self._permit.release()
            if outcome.disable_credential:
                self._standing.credentials.disable(self.candidate, outcome.name, now_ns)

    def broke(self, now_ns: int, usage: Usage | None) -> None:
        """End an attempt whose answer broke off: what it used is known in part, so that nothing is given back."""
        if self._end(now_ns, ok=False, failure="broken_off", usage=usage):
            self._cut_short(usage)

    def dropped(self, now_ns: int, usage: Usage | None = None) -> None:
        """End an attempt that nobody waits for any more: it says nothing about the instance, and what it cost stays charged."""
        if self._end(now_ns, ok=None, failure="dropped", usage=usage):
            self._cut_short(usage)

    def _counted(self, usage: Usage) -> int:
        """The tokens that its provider counts against its limits: Anthropic leaves out those read from a cache."""
        return usage.counted(with_cached=self.candidate.dialect != "anthropic")

    def _cut_short(self, usage: Usage | None) -> None:
        if usage is not None:
            self._permit.settle(self._counted(usage), exact=False)
        self._permit.release()

    def _end(self, now_ns: int, *, ok: bool | None, failure: str | None = None, usage: Usage | None = None) -> bool:
        if self._ended:
            return False
        self._ended = True
        self._standing.breakers.record(self._step, self.candidate, self._leave, now_ns, ok=ok)
        taken_ns = now_ns - self._started_ns
        self._step.scheduler.on_finish(self._place, taken_ns, ok is not False, now_ns=now_ns)
        ttft_ns = None if self._committed_ns is None else self._committed_ns - self._started_ns
        self._standing.instances.ended(self.candidate.instance, Ended(ok, failure, taken_ns, ttft_ns, usage), now_ns)
        return True
