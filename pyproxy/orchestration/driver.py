"""The asyncio driver: performs what an engine asks for, through the two ports, and tells it what happened.

It owns what must be given back: the lease of the attempt under way and the upstream call. Both are released on
every way out, cancellation included.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from pyproxy.admission import Lease
from pyproxy.dialects.translation.translator import UntranslatableError
from pyproxy.domain.operations import RESPONSES
from pyproxy.orchestration.actions import (
    UNDER_A_GOOD_STATUS,
    Abort,
    Admit,
    Admitted,
    Answer,
    Attempt,
    Broken,
    Committed,
    Done,
    Failed,
    NotAdmitted,
    OneMore,
    Relay,
    Sleep,
    TooMany,
    Wait,
)
from pyproxy.orchestration.caller import caller_of
from pyproxy.orchestration.extra_calls import ExtraCalls
from pyproxy.orchestration.question import Questions
from pyproxy.orchestration.relay import Break, relay
from pyproxy.orchestration.response_turns import keep_turn, response_id_of
from pyproxy.orchestration.stream_answer import StreamAnswer
from pyproxy.orchestration.taken_over import BrokenAnswer
from pyproxy.orchestration.upstream import PlainAnswer, UpstreamRefusal, open_answer
from pyproxy.providers.transport import TransportFailure
from pyproxy.rust_core import classify, parse_rate_limits, parse_retry_after
from pyproxy.sessions import Place, served

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from typing import Literal

    from pyproxy.admission import Refused
    from pyproxy.dialects.translation.translation import Translation
    from pyproxy.domain import Candidate, Usage
    from pyproxy.orchestration.actions import Action, Event
    from pyproxy.orchestration.delivery import Delivery
    from pyproxy.orchestration.journey import Journey
    from pyproxy.orchestration.retry_budget import RetryBudget
    from pyproxy.orchestration.seam import Delivered
    from pyproxy.orchestration.snapshots import Snapshot
    from pyproxy.orchestration.taken_over import TakenOver

__all__ = ["Driver"]


class Driver:
    """Drives one engine for one request."""

    def __init__(
        self,
        journey: Journey,
        delivery: Delivery,
        snapshot: Snapshot,
        retry_budget: RetryBudget,
        now_ns: Callable[[], int] = time.monotonic_ns,
        *,
        taken_over: TakenOver | None = None,
    ) -> None:
        self._journey = journey
        self._questions = Questions(journey)
        self._wire = journey.request.operation.wire
        self._translation: Translation | None = None
        self._delivery = delivery
        self._desk = snapshot.desk
        self._transport = snapshot.transport
        self._sessions = snapshot.sessions
        self._now_ns = now_ns
        self._taken_over = taken_over
        self._caller = caller_of(journey)
        self._extra = ExtraCalls(retry_budget)
        self._lease: Lease | None = None
        self._answer: PlainAnswer | StreamAnswer | BrokenAnswer | None = None
        self._delivered: Delivered | None = None

    @property
    def usage(self) -> Usage | None:
        """Prompt and completion tokens of the answer, if the provider told them."""
        return None if self._answer is None else self._answer.usage

    async def run(self, engine: Generator[Action, Event, None]) -> None:
        """Perform the engine's actions to its end."""
        try:
            action = next(engine)
            while True:
                action = engine.send(await self._perform(action))
        except StopIteration:
            return
        finally:
            engine.close()
            await self._let_go()

    async def _perform(self, action: Action) -> Event:
        match action:
            case Admit():
                return self._admit(action)
            case Wait():
                return await self._wait(action)
            case OneMore():
                return await self._one_more(action)
            case Attempt():
                return await self._attempt(action)
            case Relay():
                return await self._relay(action)
            case Sleep():
                await self._sleep(action)
            case Answer():
                await self._delivery.error(action.error)
            case Abort():
                await self._abort(action)
        return Done(self._now_ns())

    def _admit(self, action: Admit) -> Admitted | NotAdmitted:
        if self._taken_over is not None:
            self._lease = self._taken_over.lease
            return Admitted(self._taken_over.admitted_ns, self._lease)
        now_ns = self._now_ns()
        verdict = self._desk.admit(action.step, self._caller, excluded=action.excluded, only=action.only, last=action.last, now_ns=now_ns)
        return self._told(verdict, now_ns)

    async def _wait(self, action: Wait) -> Admitted | NotAdmitted:
        asked, began_ns = action.admit, self._now_ns()
        try:
            verdict = await self._desk.wait(
                asked.step,
                self._caller,
                excluded=asked.excluded,
                only=asked.only,
                refused=action.refused,
                until_ns=action.until_ns,
                now_ns=began_ns,
            )
        except asyncio.CancelledError:
            # The engine hears no more of this wait, and the record of the request is to tell of it all the same.
            self._journey.queue_ns += self._now_ns() - began_ns
            raise
        return self._told(verdict, self._now_ns())

    def _told(self, verdict: Lease | Refused, now_ns: int) -> Admitted | NotAdmitted:
        if isinstance(verdict, Lease):
            self._lease = verdict
            return Admitted(now_ns, verdict)
        return NotAdmitted(now_ns, verdict.scope, verdict.reason, verdict.retry_after_ns, verdict.also, verdict.permanent)

    async def _one_more(self, action: OneMore) -> Done | TooMany:
        may_call = await self._extra.ask(action.instances, (self._journey.deadline_ns - self._now_ns()) / 1e9)
        return Done(self._now_ns()) if may_call else TooMany(self._now_ns())

    async def _attempt(self, action: Attempt) -> Committed | Failed:
        if self._taken_over is not None:
            return self._go_on(self._taken_over, action.lease)
        candidate, step = action.lease.candidate, action.step
        remaining = (action.deadline_ns - self._now_ns()) / 1e9
        bound = remaining if step.attempt_timeout is None else min(remaining, step.attempt_timeout)
        try:
            question = self._questions.ask(action, self._delivered)
            self._wire, self._translation = question.wire, question.translation
            async with asyncio.timeout(bound):
                self._answer = await open_answer(
                    self._transport,
                    question.call,
                    step.timeouts,
                    reading=self._questions.reading(question, self._delivery.face, self._delivery.keep_alive),
                    now=lambda: self._now_ns() / 1e9,
                )
        except TimeoutError:
            of_attempt = ("attempt_timeout", f"no answer within the echelon's timeout of {bound:g} s")
            return self._failed(candidate, *of_attempt if bound < remaining else ("deadline", "the request's time is over"))
        except UntranslatableError as error:
            failed = Failed(self._now_ns(), classify("untranslatable"), error.message, param=error.param)
            return self._given_back(candidate, failed)
        except TransportFailure as failure:
            return self._failed(candidate, failure.signal, failure.detail, failure.body)
        except UpstreamRefusal as refusal:
            return self._refused(candidate, refusal)
        now_ns = self._now_ns()
        self._journey.lost = question.lost
        action.lease.committed(now_ns)
        self._extra.heard(candidate.instance, well=True)
        self._note_session(candidate, now_ns)
        self._heed(candidate, self._answer.headers, now_ns)
        return Committed(now_ns, self._answer.status)

    def _go_on(self, taken_over: TakenOver, lease: Lease) -> Committed | Failed:
        """Go on from an attempt that was made natively."""
        self._taken_over = None
        try:
            self._answer = answer = taken_over.happened(self._delivery)
        except UpstreamRefusal as refusal:
            return self._refused(lease.candidate, refusal)
        except TransportFailure as failure:
            return self._failed(lease.candidate, failure.signal, failure.detail, failure.body)
        lease.committed(answer.committed_ns)
        self._extra.heard(lease.candidate.instance, well=True)
        return Committed(answer.committed_ns, answer.status)

    def _note_session(self, candidate: Candidate, now_ns: int) -> None:
        if self._sessions is not None and self._journey.affinity is not None:
            place = Place(candidate.instance, candidate.model, candidate.provider)
            answer, is_response = self._answer, self._journey.request.operation is RESPONSES
            response_id = response_id_of(answer) if is_response and isinstance(answer, PlainAnswer | StreamAnswer) else None
            self._journey.moved = served(self._sessions, self._journey.affinity, place, now_ns, response_id)

    def _keep_turn(self) -> None:
        """Hold the conversation of a response that no provider keeps, for the next turn to go on with."""
        translation, affinity = self._translation, self._journey.affinity
        if translation is not None and affinity is not None and self._sessions is not None and self._journey.request.operation is RESPONSES:
            keep_turn(translation, self._sessions, affinity, self._now_ns())

    def _failed(self, candidate: Candidate, signal: str, detail: str, body: bytes | None = None) -> Failed:
        """Note a failure that no bad status told of; `body` is the error that came under a good one, in an answer or as an event."""
        failed = Failed(self._now_ns(), classify(signal, body=body), detail)
        if body is not None:
            status = 400 if failed.outcome.to_client else None
            failed = replace(failed, status=status, body=body, retry_after_ns=parse_retry_after([], 0, body), wire=UNDER_A_GOOD_STATUS)
        return self._given_back(candidate, failed)

    def _refused(self, candidate: Candidate, refusal: UpstreamRefusal) -> Failed:
        now_ns, lease = self._now_ns(), self._lease
        outcome = classify("status", refusal.status, refusal.body)
        retry_after_ns = parse_retry_after(refusal.headers, time.time_ns() // 1_000_000, refusal.body)
        headers = tuple(refusal.headers)
        failed = Failed(now_ns, outcome, f"status {refusal.status}", refusal.status, headers, refusal.body, retry_after_ns, self._wire)
        self._given_back(candidate, failed)
        if lease is not None:
            self._heed(lease.candidate, refusal.headers, now_ns)
            if outcome.pause_limiter and retry_after_ns is not None:
                self._desk.pause(lease.candidate.instance, now_ns + retry_after_ns)
        return failed

    def _heed(self, candidate: Candidate, headers: Iterable[tuple[bytes, bytes]], now_ns: int) -> None:
        """Let no more through than the provider says is left."""
        for dimension, remaining, reset_in_ns in parse_rate_limits(list(headers), time.time_ns() // 1_000_000):
            if dimension != "output_tokens":  # which are limited apart, and cannot be told from the rest beforehand
                kind: Literal["requests", "tokens"] = "requests" if dimension == "requests" else "tokens"
                self._desk.tighten(candidate.instance, kind, remaining, now_ns + reset_in_ns)

    def _given_back(self, candidate: Candidate, failed: Failed) -> Failed:
        """Give back permits and charges of an attempt that failed, and tell the retry budget."""
        lease, self._lease = self._lease, None
        if lease is not None and failed.outcome.name == "diverged":
            lease.dropped(failed.now_ns)  # it did answer, which cost tokens, and well: only not what was of use here
        elif lease is not None:
            lease.failed(failed.outcome, failed.now_ns)
        said_nothing = failed.outcome.to_client or failed.outcome.name in ("deadline", "diverged", "untranslatable")
        self._extra.heard(candidate.instance, well=None if said_nothing else False)
        return failed

    async def _relay(self, action: Relay) -> Done | Broken:
        answer, lease = self._answer, self._lease
        assert answer is not None  # noqa: S101 - the engine relays only what was committed
        assert lease is not None  # noqa: S101 - and holds until the last byte
        if isinstance(answer, BrokenAnswer):
            return await self._broken(answer.ended, answer, lease)
        broken: Break | None
        try:
            async with asyncio.timeout((action.deadline_ns - self._now_ns()) / 1e9):
                broken = await relay(answer, self._delivery, self._keep_turn)
        except TimeoutError:
            broken = Break("deadline", "the request's time is over")
        if broken is not None:
            return await self._broken(broken, answer, lease)
        lease.delivered(self._now_ns(), answer.usage)
        self._lease = None
        if isinstance(answer, StreamAnswer):
            await answer.drain()
        return Done(self._now_ns())

    async def _broken(self, broken: Break, answer: PlainAnswer | StreamAnswer | BrokenAnswer, lease: Lease) -> Broken:
        """End the call, give back what it held, and see whether another may go on with its stream."""
        await answer.aclose()
        now_ns, self._lease = self._now_ns(), None
        if broken.signal == "deadline":
            lease.dropped(now_ns, answer.usage)
            return Broken(now_ns, *broken)
        lease.broke(now_ns, answer.usage)
        promised = self._journey.plan.stream_guarantee == "resume"
        self._delivered = answer.delivered if promised and isinstance(answer, StreamAnswer) else None
        if self._delivered is not None:
            self._delivery.keep_alive()
        return Broken(now_ns, *broken, resumable=self._delivered is not None)

    async def _abort(self, action: Abort) -> None:
        await self._close_answer()
        await self._delivery.interrupt(action.error, action.event)

    async def _sleep(self, action: Sleep) -> None:
        # A timer may fire a little early; a permit asked for too early is refused, and the wait was for nothing.
        while (left := action.until_ns - self._now_ns()) > 0:  # noqa: ASYNC110 - time is what is waited for
            await asyncio.sleep(left / 1e9)

    async def _close_answer(self) -> None:
        if self._answer is not None:
            await self._answer.aclose()

    async def _let_go(self) -> None:
        self._extra.end()
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.dropped(self._now_ns(), self.usage)
        try:
            await self._close_answer()
        finally:
            await self._delivery.leave()
