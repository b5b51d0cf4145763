"""The asyncio driver: performs what an engine asks for, through the two ports, and tells it what happened.

It owns what must be given back: the lease of the attempt under way and the upstream call. Both are released on
every way out, cancellation included.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from pyproxy.admission import Lease
from pyproxy.dialects import openai
from pyproxy.orchestration import response_headers
from pyproxy.orchestration.actions import (
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
    Relay,
    Sleep,
)
from pyproxy.orchestration.upstream import StreamAnswer, UpstreamRefusal, open_answer
from pyproxy.providers.transport import TransportFailure, UpstreamCall
from pyproxy.rust_core import classify, parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pyproxy.admission import AdmissionDesk
    from pyproxy.orchestration.actions import Action, Event
    from pyproxy.orchestration.delivery import Delivery
    from pyproxy.orchestration.journey import Journey
    from pyproxy.orchestration.upstream import PlainAnswer
    from pyproxy.providers.transport import Transport

__all__ = ["Driver"]

_PATHS = {"/v1/chat/completions": "/chat/completions"}


class Driver:
    """Drives one engine for one request."""

    def __init__(
        self, journey: Journey, delivery: Delivery, desk: AdmissionDesk, transport: Transport, now_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._journey = journey
        self._request = journey.request
        self._delivery = delivery
        self._desk = desk
        self._transport = transport
        self._now_ns = now_ns
        self._lease: Lease | None = None
        self._answer: PlainAnswer | StreamAnswer | None = None

    @property
    def usage(self) -> tuple[int, int] | None:
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
        now_ns = self._now_ns()
        verdict = self._desk.admit(action.step, node=self._request.node, excluded=action.excluded, only=action.only, now_ns=now_ns)
        if isinstance(verdict, Lease):
            self._lease = verdict
            return Admitted(now_ns, verdict)
        return NotAdmitted(now_ns, verdict.scope, verdict.reason, verdict.retry_after_ns)

    async def _attempt(self, action: Attempt) -> Committed | Failed:
        candidate, step = action.lease.candidate, action.step
        call = UpstreamCall(
            instance=candidate.instance,
            path=_PATHS[self._request.route],
            query=self._request.query,
            headers=self._request.headers,
            body=self._request.envelope.rewrite(self._request.body, candidate.upstream_model),
            connect_timeout=step.timeouts.connect,
        )
        remaining = (action.deadline_ns - self._now_ns()) / 1e9
        bound = remaining if step.attempt_timeout is None else min(remaining, step.attempt_timeout)
        try:
            async with asyncio.timeout(bound):
                self._answer = await open_answer(
                    self._transport, call, step.timeouts, stream=self._request.stream, dialect="openai", now=lambda: self._now_ns() / 1e9
                )
        except TimeoutError:
            if bound < remaining:
                return self._failed("attempt_timeout", f"no answer within the echelon's timeout of {bound:g} s")
            return self._failed("deadline", "the request's time is over")
        except TransportFailure as failure:
            return self._failed(failure.signal, failure.detail)
        except UpstreamRefusal as refusal:
            return self._refused(refusal)
        return Committed(self._now_ns(), self._answer.status)

    def _failed(self, signal: str, detail: str) -> Failed:
        now_ns = self._give_back()
        return Failed(now_ns, classify(signal), detail)

    def _refused(self, refusal: UpstreamRefusal) -> Failed:
        now_ns, lease = self._now_ns(), self._lease
        outcome = classify("status", refusal.status, refusal.body)
        retry_after_ns = parse_retry_after(refusal.headers, time.time_ns() // 1_000_000, refusal.body)
        self._give_back()
        if outcome.pause_limiter and retry_after_ns is not None and lease is not None:
            self._desk.pause(lease.candidate.instance, now_ns + retry_after_ns, now_ns)
        headers = tuple(refusal.headers)
        return Failed(now_ns, outcome, f"status {refusal.status}", refusal.status, headers, refusal.body, retry_after_ns)

    async def _relay(self, action: Relay) -> Done | Broken:
        answer = self._answer
        assert answer is not None  # noqa: S101 - the engine relays only what was committed
        headers = response_headers.for_answer(answer.headers)
        try:
            async with asyncio.timeout((action.deadline_ns - self._now_ns()) / 1e9):
                if isinstance(answer, StreamAnswer):
                    broken = await self._relay_stream(answer, headers)
                else:
                    broken = None
                    await self._delivery.whole(answer.status, headers, answer.body)
        except TimeoutError:
            broken = Broken(self._now_ns(), "deadline", "the request's time is over")
        self._release()
        if broken is not None:
            return broken
        if isinstance(answer, StreamAnswer):
            await answer.drain()
        return Done(self._now_ns())

    async def _relay_stream(self, answer: StreamAnswer, headers: list[tuple[bytes, bytes]]) -> Broken | None:
        """Pass events on as they become whole; None when the stream ended as it should."""
        framer = answer.framer
        await self._delivery.start_stream(answer.status, headers)
        try:
            await self._pass_on(answer)
        except TransportFailure as failure:
            if not framer.complete:
                return Broken(self._now_ns(), failure.signal, failure.detail)
        if answer.fault is not None:
            return Broken(self._now_ns(), "malformed", answer.fault, response_headers.error_event(framer.error))
        if not framer.complete:
            return Broken(self._now_ns(), "truncated", "the provider ended it without a finish_reason")
        if not framer.terminal:
            await self._delivery.send(openai.DONE_EVENT)
        await self._delivery.finish()
        return None

    async def _pass_on(self, answer: StreamAnswer) -> None:
        """Deliver events until the terminal one, the end of the body, or the first that must not be delivered."""
        events: bytes | None = answer.held
        while events is not None:
            if events:
                await self._delivery.send(events)
            if answer.framer.terminal or answer.fault is not None:
                return
            events = await answer.next_events()
        if last := answer.framer.finish():
            await self._delivery.send(last)

    async def _abort(self, action: Abort) -> None:
        await self._close_answer()
        await self._delivery.interrupt(action.error, action.event)

    async def _sleep(self, action: Sleep) -> None:
        # A timer may fire a little early; a permit asked for too early is refused, and the wait was for nothing.
        while (left := action.until_ns - self._now_ns()) > 0:  # noqa: ASYNC110 - time is what is waited for
            await asyncio.sleep(left / 1e9)

    def _give_back(self) -> int:
        """Return permits and charges of an attempt that failed."""
        now_ns = self._now_ns()
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.refund(now_ns)
        return now_ns

    def _release(self) -> None:
        """Return the permits of an attempt that was delivered."""
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.release(self._now_ns())

    async def _close_answer(self) -> None:
        if self._answer is not None:
            await self._answer.aclose()

    async def _let_go(self) -> None:
        self._release()
        await self._close_answer()
