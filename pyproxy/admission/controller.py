"""The asyncio side of admission: whoever waits in the core's queue waits here for a future.

The core decides; every operation that can make room returns the tickets it let in, and their futures are completed in the same
step. One timer stands for all deadlines and refills. To be used from one event loop's thread.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, TypeAlias

from pyproxy.admission.permit import Acquisition, Permit
from pyproxy.errors import AdmissionRefused
from pyproxy.rust_core import AdmissionController, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Literal

    from pyproxy.rust_core import Grant, Path, RateLimit, Ticket
    from pyproxy.rust_core import _ScopeSnapshot as ScopeSnapshot

__all__ = ["ConcurrencyController"]

Scopes: TypeAlias = "Sequence[str] | Path"
Dimension: TypeAlias = "Literal['requests', 'tokens']"


class _Waiter:
    """One who waits at several doors at once, with a ticket for each, and goes through the first that opens."""

    __slots__ = ("future", "tickets")

    def __init__(self, future: asyncio.Future[Ticket], tickets: list[Ticket]) -> None:
        self.future = future
        self.tickets = tickets


class ConcurrencyController:
    """Limits on concurrency, requests and tokens over a tree of scopes, and a fair queue before them.

    Args:
        clock: monotonic nanoseconds; the same clock as the event loop's.
        aging_ns: so long a wait lifts one who waits by one priority.
    """

    def __init__(self, *, clock: Callable[[], int] = time.monotonic_ns, aging_ns: int | None = None) -> None:
        self._core = AdmissionController(aging_ns=aging_ns, on_dropped=self._dropped)
        self._clock = clock
        self._waiters: dict[int, _Waiter] = {}
        self._loop: asyncio.AbstractEventLoop
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0

    @property
    def core(self) -> AdmissionController:
        """The core's part of it; who makes room there calls `advance` afterwards."""
        return self._core

    # --- what can make room -------------------------------------------------------------------------------------------

    def define(
        self,
        key: str,
        *,
        parent: str | None = None,
        concurrency: int | None = None,
        rates: Sequence[RateLimit] = (),
        queue_size: int | None = None,
        weight: int = 1,
    ) -> None:
        """Define a scope or change it; see `pyproxy.rust_core.AdmissionController.define`."""
        self._wake(self._core.define(key, parent, concurrency, rates, queue_size, weight, now_ns=self._clock()))

    def release(self, grant: Grant) -> None:
        """Give the permits of a grant back, once."""
        self._wake(self._core.release(grant, now_ns=self._clock()))

    def settle(self, grant: Grant, tokens: int, *, exact: bool = True) -> None:
        """Charge the tokens really used, once."""
        self._wake(self._core.settle(grant, tokens, exact, now_ns=self._clock()))

    def refund(self, grant: Grant) -> None:
        """Give back what a grant was charged, once."""
        self._wake(self._core.refund(grant, now_ns=self._clock()))

    def advance(self) -> None:
        """Let those in for whom there is room by now."""
        self._wake(self._core.advance(now_ns=self._clock()))

    def remove(self, key: str) -> None:
        """Take a scope away; whoever passes it or waits for it is not disturbed."""
        self._core.remove(key)

    # --- what takes it ------------------------------------------------------------------------------------------------

    def try_acquire(self, path: Scopes, *, requests: int = 1, tokens: int = 0) -> Grant | Refusal:
        """Admit at once or not at all; passes nobody who waits."""
        answer = self._core.try_acquire(path, requests, tokens, now_ns=self._clock())
        self._follow()
        return answer

    def peek(self, path: Scopes, *, requests: int = 1, tokens: int = 0) -> Refusal | None:
        """Tell why `try_acquire` would refuse now, or None if it would not; nothing is charged."""
        answer = self.try_acquire(path, requests=requests, tokens=tokens)
        if isinstance(answer, Refusal):
            return answer
        self.refund(answer)
        self.release(answer)
        return None

    def acquire(
        self,
        path: Scopes,
        *,
        requests: int = 1,
        tokens: int = 0,
        priority: int = 0,
        flow: str | None = None,
        deadline_ns: int | None = None,
    ) -> Acquisition:
        """Admit at once or when there is room; see `pyproxy.rust_core.AdmissionController.enqueue` for the arguments.

        Cancelling the wait at any point gives up the place, or the grant it has just brought, and passes it on.
        """

        async def acquire() -> Permit:
            _, permit = await self.acquire_any(
                (path,), requests=requests, tokens=(tokens,), priority=priority, flow=flow, deadline_ns=deadline_ns
            )
            return permit

        return Acquisition(acquire)

    async def acquire_any(
        self,
        paths: Sequence[Scopes],
        *,
        requests: int = 1,
        tokens: Sequence[int],
        priority: int = 0,
        flow: str | None = None,
        deadline_ns: int | None = None,
    ) -> tuple[int, Permit]:
        """Admit through the first of several paths that has room: who waits stands in the queue of each.

        Args:
            paths: where it may go; the first among those that have room now is taken.
            requests: calls it costs.
            tokens: tokens it costs on each path.
            priority: the lowest number goes first.
            flow: whose share it counts against.
            deadline_ns: the latest time to be let in.

        Returns:
            The index of the path, and the permit.

        Raises:
            AdmissionRefused: none of them can be had; of several refusals the one that may end first.
        """
        tickets: list[Ticket] = []
        refusals: list[Refusal] = []
        places: dict[int, int] = {}
        now_ns = self._clock()  # one for all: the first place must not expire while the last is being asked for
        for index, path in enumerate(paths):
            answer = self._core.enqueue(path, requests, tokens[index], priority, flow, deadline_ns, now_ns=now_ns)
            if isinstance(answer, Refusal):
                refusals.append(answer)
                continue
            tickets.append(answer)
            places[answer.id] = index
            if answer.grant is not None:
                self._wake(self._cancelled(tickets[:-1]))
                return index, Permit(self, answer.grant)
        if not tickets:
            self._follow()
            raise _refused(min(refusals, key=lambda refusal: (refusal.retry_after_ns is None, refusal.retry_after_ns or 0)))
        ticket = await self._granted(tickets)
        assert ticket.grant is not None  # noqa: S101 - that is what it was waited for
        return places[ticket.id], Permit(self, ticket.grant)

    def block_until(self, key: str, until_ns: int) -> None:
        """Grant nothing through the scope before this time."""
        self._core.block_until(key, until_ns, now_ns=self._clock())
        self._follow()

    def tighten(self, key: str, dimension: Dimension, remaining: int, reset_at_ns: int, observed_at_ns: int | None = None) -> None:
        """Heed what a provider says is left; see `pyproxy.rust_core.AdmissionController.tighten`."""
        self._core.tighten(key, dimension, remaining, reset_at_ns, observed_at_ns, now_ns=self._clock())
        self._follow()

    def close(self) -> None:
        """Let nobody in any more, and wake everybody who waits with a refusal, once."""
        tickets = self._core.close(now_ns=self._clock())
        for ticket in tickets:
            if ticket.state == "closed":
                self._fail(ticket, AdmissionRefused("closed: nobody is admitted any more", reason="closed"))
        self._wake(tickets)

    # --- what is there ------------------------------------------------------------------------------------------------

    def now_ns(self) -> int:
        """Read the clock that all of this goes by."""
        return self._clock()

    def path(self, keys: Sequence[str]) -> Path:
        """Look a path up once, to be used often."""
        return self._core.path(keys)

    def in_flight(self, key: str) -> int:
        """Tell how many permits are held through the scope."""
        return self._core.in_flight(key)

    def waiting(self, key: str | None = None) -> int:
        """Tell how many wait to pass the scope, or in all."""
        return self._core.waiting(key)

    def snapshot(self) -> list[ScopeSnapshot]:
        """Tell every scope's limits and state, in the order of definition."""
        return self._core.snapshot(now_ns=self._clock())

    async def _granted(self, tickets: list[Ticket]) -> Ticket:
        """Wait for the first of the tickets to bring a grant; the others are given up in the same step."""
        self._loop = asyncio.get_running_loop()
        waiter = _Waiter(self._loop.create_future(), tickets)
        self._waiters.update((ticket.id, waiter) for ticket in tickets)
        self._arm()
        try:
            return await waiter.future
        except (asyncio.CancelledError, GeneratorExit):
            # Cancelled or closed while it waited, or in the moment between the grant and the wake-up: it is passed on.
            self._wake(self._cancelled(tickets))
            raise

    # --- waking -------------------------------------------------------------------------------------------------------

    def _wake(self, tickets: list[Ticket]) -> None:
        let_in = deque(tickets)
        while let_in:
            ticket = let_in.popleft()
            waiter = self._waiters.pop(ticket.id, None)
            if waiter is not None and not waiter.future.done() and ticket.grant is not None:
                waiter.future.set_result(ticket)
                let_in.extend(self._cancelled([other for other in waiter.tickets if other is not ticket]))
        self._follow()

    def _cancelled(self, tickets: list[Ticket]) -> list[Ticket]:
        """Give tickets up; returns who was let in by that."""
        let_in: list[Ticket] = []
        for ticket in tickets:
            self._waiters.pop(ticket.id, None)
            let_in += self._core.cancel(ticket, now_ns=self._clock())
        return let_in

    def _dropped(self, tickets: list[Ticket]) -> None:
        for ticket in tickets:
            if ticket.state == "expired":
                self._fail(ticket, AdmissionRefused("the deadline passed in the queue", reason="deadline"))
            else:
                self._fail(ticket, AdmissionRefused("the cost is larger than a limit that was lowered ever allows", reason="rate"))

    def _follow(self) -> None:
        """Have the timer stand for whoever still waits."""
        if self._waiters:
            self._arm()
        else:
            self._disarm()

    def _fail(self, ticket: Ticket, error: AdmissionRefused) -> None:
        """Tell the one who holds the ticket, if it was the last of those it waited with."""
        waiter = self._waiters.pop(ticket.id, None)
        if waiter is not None and not waiter.future.done() and not any(other.id in self._waiters for other in waiter.tickets):
            waiter.future.set_exception(error)

    def _arm(self) -> None:
        """Set the one timer for the next time at which time alone changes something."""
        now = self._clock()
        due = self._core.next_wakeup(now_ns=now)
        if due is None:
            self._disarm()
        elif self._timer is None or due != self._timer_due:
            self._disarm()
            self._timer = self._loop.call_later((due - now) / 1e9, self._ring)
            self._timer_due = due

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        self.advance()


def _refused(refusal: Refusal) -> AdmissionRefused:
    message = f"{refusal.scope}: {_WORDS[refusal.reason]}"
    return AdmissionRefused(message, reason=refusal.reason, scope=refusal.scope, retry_after_ns=refusal.retry_after_ns)


_WORDS = {
    "rate": "the cost is larger than a rate limit ever allows",
    "queue_full": "the queue is full",
    "deadline": "it cannot be admitted before the deadline",
    "closed": "nobody is admitted any more",
}
