"""The asyncio side of admission: whoever waits in the core's queue waits here for a future.

The core decides; every operation that can make room returns the tickets it let in, and their futures are completed in the same
step. One timer stands for all deadlines and refills. To be used from one event loop's thread.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeAlias

from pyproxy.errors import AdmissionRefused
from pyproxy.rust_core import AdmissionController, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Sequence
    from types import TracebackType
    from typing import Literal

    from pyproxy.rust_core import Grant, Path, RateLimit, Ticket

__all__ = ["Acquisition", "ConcurrencyController", "Permit"]

Scopes: TypeAlias = "Sequence[str] | Path"
Dimension: TypeAlias = "Literal['requests', 'tokens']"


class Permit:
    """Leave to go through every scope of a path; given back once, however often it is asked."""

    __slots__ = ("_controller", "grant")

    def __init__(self, controller: ConcurrencyController, grant: Grant) -> None:
        self._controller = controller
        self.grant = grant

    def settle(self, tokens: int, *, exact: bool = True) -> None:
        """Charge the tokens really used in place of those reserved; where not `exact`, nothing is given back. Once."""
        self._controller.settle(self.grant, tokens, exact=exact)

    def refund(self) -> None:
        """Give back what was charged: the call was not made, or is not counted. Once, and not after a settlement."""
        self._controller.refund(self.grant)

    def release(self) -> None:
        """Give the permits back at every level; what was charged stays charged."""
        self._controller.release(self.grant)


class Acquisition:
    """A permit to be had: ``async with`` it, or await it and release it yourself.

    Raises:
        AdmissionRefused: the queue is full, the deadline cannot be met or has passed, no wait can help, or all is closed.
    """

    __slots__ = ("_acquire", "_entered", "_permit")

    def __init__(self, acquire: Callable[[], Coroutine[object, None, Permit]]) -> None:
        self._acquire = acquire
        self._entered = False
        self._permit: Permit | None = None

    def __await__(self) -> Generator[object, None, Permit]:
        """Wait for the permit."""
        return self._acquire().__await__()

    async def __aenter__(self) -> Permit:
        if self._entered:
            raise RuntimeError("this acquisition has been entered before: call acquire() for each")
        self._entered = True
        self._permit = await self._acquire()
        return self._permit

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._permit is not None:
            self._permit.release()


class ConcurrencyController:
    """Limits on concurrency, requests and tokens over a tree of scopes, and a fair queue before them.

    Args:
        clock: monotonic nanoseconds; the same clock as the event loop's.
        aging_ns: so long a wait lifts one who waits by one priority.
    """

    def __init__(self, *, clock: Callable[[], int] = time.monotonic_ns, aging_ns: int | None = None) -> None:
        self._core = AdmissionController(aging_ns=aging_ns, on_dropped=self._dropped)
        self._clock = clock
        self._futures: dict[int, asyncio.Future[Grant]] = {}
        self._loop: asyncio.AbstractEventLoop
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0

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

    def remove(self, key: str) -> None:
        """Take a scope away; whoever passes it or waits for it is not disturbed."""
        self._core.remove(key)

    # --- what takes it ------------------------------------------------------------------------------------------------

    def try_acquire(self, path: Scopes, *, requests: int = 1, tokens: int = 0) -> Grant | Refusal:
        """Admit at once or not at all; passes nobody who waits."""
        answer = self._core.try_acquire(path, requests, tokens, now_ns=self._clock())
        self._follow()
        return answer

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

        def enqueue() -> Ticket | Refusal:
            return self._core.enqueue(path, requests, tokens, priority, flow, deadline_ns, now_ns=self._clock())

        return Acquisition(lambda: self._acquire(enqueue))

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

    def path(self, keys: Sequence[str]) -> Path:
        """Look a path up once, to be used often."""
        return self._core.path(keys)

    def in_flight(self, key: str) -> int:
        """Tell how many permits are held through the scope."""
        return self._core.in_flight(key)

    def waiting(self, key: str | None = None) -> int:
        """Tell how many wait to pass the scope, or in all."""
        return self._core.waiting(key)

    async def _acquire(self, enqueue: Callable[[], Ticket | Refusal]) -> Permit:
        answer = enqueue()
        self._follow()
        if isinstance(answer, Refusal):
            raise _refused(answer)
        if answer.grant is not None:
            return Permit(self, answer.grant)
        self._loop = asyncio.get_running_loop()
        future: asyncio.Future[Grant] = self._loop.create_future()
        self._futures[answer.id] = future
        self._arm()
        try:
            return Permit(self, await future)
        except (asyncio.CancelledError, GeneratorExit):
            # Cancelled or closed while it waited, or in the moment between the grant and the wake-up: it is passed on.
            self._futures.pop(answer.id, None)
            self._wake(self._core.cancel(answer, now_ns=self._clock()))
            raise

    # --- waking -------------------------------------------------------------------------------------------------------

    def _wake(self, tickets: list[Ticket]) -> None:
        for ticket in tickets:
            future = self._futures.pop(ticket.id, None)
            if future is not None and not future.done() and ticket.grant is not None:
                future.set_result(ticket.grant)
        self._follow()

    def _dropped(self, tickets: list[Ticket]) -> None:
        for ticket in tickets:
            if ticket.state == "expired":
                self._fail(ticket, AdmissionRefused("the deadline passed in the queue", reason="deadline"))
            else:
                self._fail(ticket, AdmissionRefused("the cost is larger than a limit that was lowered ever allows", reason="rate"))

    def _follow(self) -> None:
        """Have the timer stand for whoever still waits."""
        if self._futures:
            self._arm()
        else:
            self._disarm()

    def _fail(self, ticket: Ticket, error: AdmissionRefused) -> None:
        future = self._futures.pop(ticket.id, None)
        if future is not None and not future.done():
            future.set_exception(error)

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
        self._wake(self._core.advance(now_ns=self._clock()))


def _refused(refusal: Refusal) -> AdmissionRefused:
    message = f"{refusal.scope}: {_WORDS[refusal.reason]}"
    return AdmissionRefused(message, reason=refusal.reason, scope=refusal.scope, retry_after_ns=refusal.retry_after_ns)


_WORDS = {
    "rate": "the cost is larger than a rate limit ever allows",
    "queue_full": "the queue is full",
    "deadline": "it cannot be admitted before the deadline",
    "closed": "nobody is admitted any more",
}
