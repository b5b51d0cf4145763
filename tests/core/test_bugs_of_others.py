"""Bugs that other gateways have had in their limiters, queues and schedulers: one test each, so that we never have them."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.virtual_time import VirtualLoop, run_virtually

from pyproxy.admission import ConcurrencyController
from pyproxy.rust_core import AdmissionController, Grant, RateLimit, Refusal, Scheduler, Ticket

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE

ALGORITHMS: dict[str, dict[str, object]] = {
    "token_bucket": {"algorithm": "token_bucket"},
    "strict_bucket": {"algorithm": "token_bucket", "strict": True},
    "sliding_window": {"algorithm": "sliding_window"},
}

by_every_algorithm = pytest.mark.parametrize("how", list(ALGORITHMS.values()), ids=list(ALGORITHMS))
without_a_burst_on_top = pytest.mark.parametrize(
    "how", [ALGORITHMS["strict_bucket"], ALGORITHMS["sliding_window"]], ids=["bucket", "window"]
)


def model(*rates: RateLimit, concurrency: int | None = None) -> AdmissionController:
    controller = AdmissionController()
    controller.define("model", rates=rates, concurrency=concurrency, now_ns=0)
    return controller


def rate(how: dict[str, object], limit: int, window_ns: int = MINUTE, dimension: str = "requests") -> RateLimit:
    return RateLimit(dimension, limit, window_ns, **how)  # type: ignore[arg-type]


def ask(controller: AdmissionController, now_ns: int, requests: int = 1, tokens: int = 0) -> Grant | Refusal:
    return controller.try_acquire(["model"], requests, tokens, now_ns=now_ns)


def granted(answer: Grant | Refusal | Ticket) -> Grant:
    assert isinstance(answer, Grant), answer
    return answer


def wait_of(answer: Grant | Refusal) -> int:
    assert isinstance(answer, Refusal), answer
    assert answer.retry_after_ns is not None
    return answer.retry_after_ns


def levels(controller: AdmissionController, now_ns: int) -> list[Fraction]:
    (scope,) = controller.snapshot(now_ns=now_ns)
    return [Fraction(*rate["level"]) for rate in scope["rates"]]


@by_every_algorithm
def test_a_burst_off_by_one(how: dict[str, object]) -> None:
    """The last of the burst was refused, or one more admitted. Invariant 1."""
    limit = rate(how, 10)
    controller = model(limit)
    assert [bool(ask(controller, 0)) for _ in range(limit.capacity + 1)] == [True] * limit.capacity + [False]
    whole = model(limit)
    assert not ask(whole, 0, requests=limit.capacity + 1)
    assert ask(whole, 0, requests=limit.capacity)
    assert not ask(whole, 0)


@by_every_algorithm
def test_a_state_of_two_words_torn_by_a_race(how: dict[str, object]) -> None:
    """Count and time were written one after the other, and threads whose clocks differ minted tokens between. Invariant 29."""
    limit = rate(how, 100, 1000)
    controller = model(limit)
    start = threading.Barrier(4)
    taken: list[int] = []

    def worker(ahead: int) -> None:
        start.wait()
        taken.append(sum(bool(ask(controller, max(0, now - ahead))) for now in range(1000)))

    threads = [threading.Thread(target=worker, args=(300 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert limit.capacity <= sum(taken) <= (limit.limit if limit.strict else limit.capacity + limit.limit)


@by_every_algorithm
@given(limit=st.integers(2, 1000), window=st.integers(1, 10_000), cost=st.integers(1, 1000))
def test_a_wait_rounded_down(how: dict[str, object], limit: int, window: int, cost: int) -> None:
    """Who came back when it was told to was refused again, for want of a fraction of a token. Invariant 3."""
    controller = model(rate(how, limit, window))
    most = rate(how, limit, window).capacity
    granted(ask(controller, 0, requests=most))
    wait = wait_of(ask(controller, 0, requests=min(cost, most)))
    assert not ask(controller, wait - 1, requests=min(cost, most))
    assert ask(controller, wait, requests=min(cost, most))


@without_a_burst_on_top
def test_a_window_whose_edge_is_counted_on_neither_side(how: dict[str, object]) -> None:
    """What was taken exactly a window ago had been dropped, so that a window with both its ends held twice the limit."""
    limit = rate(how, 10, 60)
    controller = model(limit)
    granted(ask(controller, 5, requests=limit.capacity))
    passed = limit.capacity + sum(bool(ask(controller, now)) for now in range(5, 66) for _ in range(10))
    assert passed <= limit.limit


def test_a_refill_in_whole_windows_only() -> None:
    """Nothing came back until the window was over, and then all of it at once. Invariant 2."""
    controller = model(rate(ALGORITHMS["token_bucket"], 60))
    granted(ask(controller, 0, requests=60))
    assert [levels(controller, now) for now in (SECOND // 2, SECOND, 59 * SECOND)] == [[Fraction(1, 2)], [1], [59]]
    assert [bool(ask(controller, second * SECOND)) for second in range(1, 60)] == [True] * 59


@by_every_algorithm
def test_a_key_without_its_interval(how: dict[str, object]) -> None:
    """The minute's counter and the day's were one: the day's limit was spent at the pace of the minute's, or never."""
    minute, day = rate(how, 4), rate(how, 6, DAY)
    controller = model(minute, day)
    granted(ask(controller, 0, requests=2))
    assert levels(controller, 0) == [minute.capacity - 2, day.capacity - 2]
    controller.define("model", rates=[day, minute], now_ns=0)
    assert levels(controller, 0) == [day.capacity - 2, minute.capacity - 2]
    granted(ask(controller, 2 * MINUTE))
    assert wait_of(ask(controller, 2 * MINUTE, requests=min(4, minute.capacity))) > MINUTE


@by_every_algorithm
def test_an_overrun_forgiven(how: dict[str, object]) -> None:
    """Settling asked the limiter for the difference, which refused for want of room, and nothing was charged. Invariant 23."""
    limit = rate(how, 100, dimension="tokens")
    controller, exact = model(limit), model(limit)
    grant = granted(ask(controller, 0, tokens=limit.capacity))
    controller.settle(grant, limit.capacity + 70, now_ns=0)
    controller.settle(grant, 0, now_ns=0)
    assert levels(controller, 0) == [-70]
    granted(ask(exact, 0, tokens=limit.capacity))
    assert wait_of(ask(controller, 0, tokens=1)) >= wait_of(ask(exact, 0, tokens=1))
    assert not ask(controller, 30 * SECOND, tokens=1)


@by_every_algorithm
def test_the_tokens_of_a_failed_call_kept(how: dict[str, object]) -> None:
    """A provider that was down emptied the limit of its own standby. Invariants 8 and 20."""
    limit = rate(how, 100, dimension="tokens")
    controller = model(limit, rate(how, 10), concurrency=1)
    before = controller.snapshot(now_ns=0)
    for _ in range(20):
        grant = granted(ask(controller, 0, tokens=limit.capacity))
        controller.refund(grant, now_ns=0)
        controller.release(grant, now_ns=0)
        assert controller.snapshot(now_ns=0) == before


@without_a_burst_on_top
def test_a_window_of_two_counters(how: dict[str, object]) -> None:
    """The last window was thought to have been used evenly: its limit at its end, and most of the next on top. Invariant 10."""
    limit = rate(how, 100)
    controller = model(limit)
    end = MINUTE - 1
    log = [(end, limit.capacity)]
    granted(ask(controller, end, requests=limit.capacity))
    for now in range(end, end + 2 * MINUTE, SECOND // 4):
        log += [(now, 1)] * sum(bool(ask(controller, now)) for _ in range(3))
    for begin, _ in log:
        assert sum(cost for at, cost in log if begin <= at <= begin + MINUTE) <= limit.limit


@by_every_algorithm
@pytest.mark.parametrize("limit", [7, 1000, 99_991])
def test_a_wait_below_a_second_that_spins(how: dict[str, object], limit: int) -> None:
    """Waits in whole seconds were 0 where they were short, and the queue asked again and again until they were over."""
    controller = model(rate(how, limit, SECOND))
    granted(ask(controller, 0, requests=rate(how, limit).capacity))
    tickets = [controller.enqueue(["model"], now_ns=0) for _ in range(20)]
    now = wakeups = 0
    while (due := controller.next_wakeup(now_ns=now)) is not None:
        assert due > now
        now, wakeups = due, wakeups + 1
        assert controller.advance(now_ns=now)
    assert wakeups <= len(tickets)
    assert all(isinstance(ticket, Ticket) and ticket.state == "granted" for ticket in tickets)


@pytest.mark.parametrize("name", ["round_robin", "weighted", "least_used", "least_recently_used"])
@pytest.mark.parametrize("away", range(4))
def test_an_index_modulo_those_available(name: str, away: int) -> None:
    """The one after a broken instance was sent the traffic of both, and whoever came and went shifted all the others."""
    scheduler = Scheduler(name, weights=[1] * 4, seed=7)
    for eligible_again in (False, True):
        picks: Counter[int | None] = Counter()
        for turn in range(240):
            picked = scheduler.pick([index != away or (eligible_again and turn % 3 == 0) for index in range(4)], now_ns=turn)
            assert picked is not None
            scheduler.on_start(picked, now_ns=turn)
            scheduler.on_finish(picked, now_ns=turn)
            picks[picked] += 1
        others = [picks[index] for index in range(4) if index != away]
        assert max(others) - min(others) <= (2 if eligible_again else 0), picks


def test_a_slot_leaked_until_its_key_is_dead() -> None:
    """A call that was cancelled, or raised, kept its slot, until none was left and nobody got through any more. Invariant 20."""
    loop = VirtualLoop()
    controller = ConcurrencyController(clock=loop.now_ns)

    async def call(how_it_ends: int) -> None:
        with suppress(LookupError):
            async with controller.acquire(["model"], deadline_ns=loop.now_ns() + 10 * SECOND):
                await asyncio.sleep(1)
                if how_it_ends % 2:
                    raise LookupError

    async def main() -> None:
        controller.define("model", concurrency=2)
        for after in (0, 0.5, 1, 1.5):
            calls = [asyncio.ensure_future(call(how_it_ends)) for how_it_ends in range(9)]
            await asyncio.sleep(after)
            for task in calls[::3]:
                task.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            assert (controller.in_flight("model"), controller.waiting()) == (0, 0)
        async with controller.acquire(["model"]), controller.acquire(["model"]):
            assert controller.in_flight("model") == 2

    run_virtually(main(), loop)


def test_a_slot_of_one_who_waited_leaked() -> None:
    """The same where the ticket was granted and never claimed, expired, or given up. Invariants 20 and 21."""
    controller = model(concurrency=1)
    holder = granted(ask(controller, 0))
    unclaimed, given_up, late, last = (controller.enqueue(["model"], deadline_ns=at, now_ns=0) for at in (99, 99, 5, 99))
    assert isinstance(unclaimed, Ticket)
    assert isinstance(given_up, Ticket)
    assert isinstance(late, Ticket)
    assert isinstance(last, Ticket)
    assert controller.release(holder, now_ns=1) == [unclaimed]
    controller.cancel(given_up, now_ns=6)
    assert controller.cancel(unclaimed, now_ns=6) == [last]
    assert [ticket.state for ticket in (unclaimed, given_up, late)] == ["cancelled", "cancelled", "expired"]
    assert last.grant is not None
    controller.release(last.grant, now_ns=6)
    controller.release(last.grant, now_ns=6)
    assert (controller.in_flight("model"), controller.waiting()) == (0, 0)


@by_every_algorithm
def test_a_refused_call_charged(how: dict[str, object]) -> None:
    """Clients that retried while they were refused kept themselves out, and drained the levels above the one that refused. Invariant 13."""
    controller = model(rate(how, 1000), rate(how, 10, dimension="tokens"))
    controller.define("node", rates=[rate(how, 2)], now_ns=0)
    granted(controller.try_acquire(["model", "node"], now_ns=0))
    while controller.try_acquire(["model", "node"], now_ns=0):
        pass
    before = controller.snapshot(now_ns=0)
    first = wait_of(controller.try_acquire(["model", "node"], now_ns=0))
    for now in range(0, first, first // 20 + 1):
        assert wait_of(controller.try_acquire(["model", "node"], now_ns=now)) == first - now
        assert not ask(controller, now, tokens=11)
    assert controller.snapshot(now_ns=0) == before
    assert controller.try_acquire(["model", "node"], now_ns=first)
