"""The core, called from Python, beside what a program would use instead: nanoseconds an operation, in turns, in one run."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aiolimiter import AsyncLimiter
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pyrate_limiter import Duration, Limiter, Rate
from table import Row, criterion_rows, show

from pyproxy import ConcurrencyController
from pyproxy.rust_core import AdmissionController, RateLimit, Scheduler, SseFramer, TokenBucket, scan_envelope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pyproxy.admission import Acquisition, Permit

MINUTE_NS = 60_000_000_000
PLENTY = 1 << 50
SCOPES = ["group", "group.echelon", "model", "node:caller"]
SMALL = json.dumps({"model": "fast_group", "stream": True, "messages": [{"role": "user", "content": "Hello " * 40}]}).encode()
LARGE = json.dumps({"model": "fast_group", "messages": [{"role": "user", "content": "Hello there. " * 1200}] * 13}).encode()
EVENT = b'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}\n\n'


@dataclass
class Contender:
    """One way to do a job: `run` performs it a number of times."""

    job: str
    name: str
    run: Callable[[int], Awaitable[None]]


def plain(operation: Callable[[], object]) -> Callable[[int], Awaitable[None]]:
    async def run(times: int) -> None:
        for _ in range(times):
            operation()

    return run


def anew(make: Callable[[], Callable[[], object]]) -> Callable[[int], Awaitable[None]]:
    """What grows with use is begun anew for each measurement."""

    async def run(times: int) -> None:
        operation = make()
        for _ in range(times):
            operation()

    return run


def awaited(operation: Callable[[], Awaitable[object]]) -> Callable[[int], Awaitable[None]]:
    async def run(times: int) -> None:
        for _ in range(times):
            await operation()

    return run


def controller(levels: int, *, looked_up: bool = False) -> Callable[[], object]:
    admission = AdmissionController()
    keys = SCOPES[:levels]
    for scope in keys:
        admission.define(key=scope, concurrency=100, rates=[RateLimit("requests", PLENTY, MINUTE_NS)])
    path = admission.path(keys) if looked_up else keys

    def pair() -> None:
        admission.release(admission.try_acquire(path))  # type: ignore[arg-type]

    return pair


def handover(crowd: int) -> Callable[[], object]:
    """A full queue whose only place goes from hand to hand while one more joins each time."""
    admission = AdmissionController()
    for scope in SCOPES:
        admission.define(key=scope, concurrency=1)
    grant = admission.try_acquire(SCOPES)
    path = admission.path(SCOPES)
    for number in range(crowd):
        admission.enqueue(path, flow=f"flow {number % 100}")

    def turn() -> None:
        nonlocal grant
        (ticket,) = admission.release(grant)  # type: ignore[arg-type]
        grant = ticket.grant  # type: ignore[assignment]
        admission.enqueue(path, flow="one more")

    return turn


def full_controller() -> Callable[[], object]:
    admission = AdmissionController()
    for scope in SCOPES:
        admission.define(key=scope, concurrency=1)
    admission.try_acquire(SCOPES)
    return lambda: admission.try_acquire(SCOPES)


async def semaphore() -> Callable[[], Awaitable[object]]:
    permits = asyncio.Semaphore(100)

    async def pair() -> None:
        await permits.acquire()
        permits.release()

    return pair


def peers(job: str, cost: int) -> list[Contender]:
    """Those that keep a log of what they let in: an entry for each call, or for each unit of its cost."""
    item = RateLimitItemPerMinute(PLENTY)

    def fresh_window() -> Callable[[], object]:
        window = MovingWindowRateLimiter(MemoryStorage())
        return lambda: window.hit(item, "caller", cost=cost)

    def fresh_log() -> Callable[[], object]:
        log = Limiter(Rate(PLENTY, Duration.MINUTE))
        return lambda: log.try_acquire("caller", cost, blocking=False)

    return [Contender(job, "limits, moving window", anew(fresh_window)), Contender(job, "pyrate-limiter", anew(fresh_log))]


async def contenders() -> list[Contender]:
    bucket, empty = TokenBucket(PLENTY, PLENTY, MINUTE_NS), TokenBucket(1, 1, 3600 * MINUTE_NS)
    empty.try_acquire()
    limiter, spent = AsyncLimiter(PLENTY, 60), AsyncLimiter(1, 3600 * 60)
    await spent.acquire()
    turns, everyone = Scheduler("round_robin", weights=[1] * 8), [True] * 8
    framer = SseFramer("openai")
    return [
        Contender("take one from a rate", "TokenBucket", plain(bucket.try_acquire)),
        Contender("take one from a rate", "aiolimiter", awaited(limiter.acquire)),
        *peers("take one from a rate", 1),
        Contender("take 10,000 from a rate", "TokenBucket", plain(lambda: bucket.try_acquire(10_000))),
        Contender("take 10,000 from a rate", "aiolimiter", awaited(lambda: limiter.acquire(10_000))),
        *peers("take 10,000 from a rate", 10_000),
        Contender("be refused by a rate", "TokenBucket", plain(empty.try_acquire)),
        Contender("be refused by a rate", "aiolimiter", plain(spent.has_capacity)),
        Contender("permit and back, 1 level", "AdmissionController", plain(controller(1))),
        Contender("permit and back, 1 level", "asyncio.Semaphore", awaited(await semaphore())),
        Contender("permit and back, 4 levels, 4 rates", "AdmissionController", plain(controller(4))),
        Contender("the same by a path looked up once", "AdmissionController", plain(controller(4, looked_up=True))),
        *(Contender(f"release, {crowd:,} wait, one joins", "AdmissionController", plain(handover(crowd))) for crowd in (1, 1_000, 100_000)),
        Contender("be refused a permit, 4 levels", "AdmissionController", plain(full_controller())),
        Contender("whose turn of 8", "Scheduler", plain(lambda: turns.pick(everyone))),
        Contender(f"find the model in {len(SMALL)} B", "scan_envelope", plain(lambda: scan_envelope(SMALL))),
        Contender(f"find the model in {len(SMALL)} B", "json.loads", plain(lambda: json.loads(SMALL))),
        Contender(f"find the model in {len(LARGE) // 1000} KB", "scan_envelope", plain(lambda: scan_envelope(LARGE))),
        Contender(f"find the model in {len(LARGE) // 1000} KB", "json.loads", plain(lambda: json.loads(LARGE))),
        Contender("one event of a stream", "SseFramer", plain(lambda: framer.feed(EVENT))),
    ]


async def measure(field: list[Contender], rounds: int, round_s: float) -> list[list[float]]:
    """Nanoseconds an operation, for each contender and round; every round gives each contender its turn."""
    times = []
    for contender in field:
        started = time.perf_counter()
        await contender.run(200)
        times.append(max(50, round(round_s * 200 / (time.perf_counter() - started))))
    seen: list[list[float]] = [[] for _ in field]
    for number in range(rounds):
        print(f"\rround {number + 1} of {rounds}", end="", file=sys.stderr, flush=True)
        for index, contender in enumerate(field):
            started_ns = time.perf_counter_ns()
            await contender.run(times[index])
            seen[index].append((time.perf_counter_ns() - started_ns) / times[index])
    print(file=sys.stderr)
    return seen


def rows_of(field: list[Contender], seen: list[list[float]]) -> list[Row]:
    return [
        Row("Python", contender.job, contender.name, statistics.median(samples), f"{min(samples):,.0f} - {max(samples):,.0f}")
        for contender, samples in zip(field, seen, strict=True)
    ]


async def hand_over(acquire: Callable[[], Awaitable[object]], release: Callable[[object], object]) -> float:
    """Nanoseconds from a release to the moment at which the one who waited for it runs."""

    async def waiter() -> tuple[object, int]:
        permit = await acquire()
        return permit, time.perf_counter_ns()

    held = await acquire()
    task = asyncio.ensure_future(waiter())
    await asyncio.sleep(0)
    released_ns = time.perf_counter_ns()
    release(held)
    permit, resumed_ns = await task
    release(permit)
    return resumed_ns - released_ns


async def resume(times: int) -> list[Row]:
    """Release to resume, ours and asyncio's in turns."""
    controller, semaphore = ConcurrencyController(), asyncio.Semaphore(1)
    for scope in SCOPES:
        controller.define(scope, concurrency=1, rates=[RateLimit("requests", PLENTY, MINUTE_NS)])
    path = controller.path(SCOPES)
    seen: dict[str, list[float]] = {"ConcurrencyController, 4 levels": [], "asyncio.Semaphore": []}
    for _ in range(times):
        ours = await hand_over(lambda: _permit(controller.acquire(path)), lambda permit: permit.release())  # type: ignore[attr-defined]
        theirs = await hand_over(semaphore.acquire, lambda _: semaphore.release())
        for name, sample in zip(seen, (ours, theirs), strict=True):
            seen[name].append(sample)
    rows = []
    for name, samples in seen.items():
        middle, high = statistics.median(samples), statistics.quantiles(samples, n=100)[98]
        rows.append(Row("Python", "from release to resume in asyncio", name, middle, f"p99 {high:,.0f}"))
    return rows


async def _permit(acquisition: Acquisition) -> Permit:
    return await acquisition


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few seconds instead of half a minute")
    parser.add_argument("--json", metavar="PATH", help="write the figures there, too")
    parser.add_argument("--criterion", metavar="FOLDER", type=Path, help="show what criterion has measured in the same table")
    options = parser.parse_args()
    gc.disable()

    async def run() -> list[Row]:
        field = await contenders()
        rows = rows_of(field, await measure(field, 7 if options.quick else 31, 0.02 if options.quick else 0.05))
        return rows + await resume(1_000 if options.quick else 10_000)

    rows = [] if options.criterion is None else criterion_rows(options.criterion)
    rows += asyncio.run(run())
    show(rows)
    if options.json:
        Path(options.json).write_text(json.dumps([asdict(row) for row in rows], indent=1))


if __name__ == "__main__":
    main()
