"""What deciding costs for a request that goes well at once: microseconds of CPU a request, with both ports stubbed out."""

from __future__ import annotations

import argparse
import random
import statistics
import time
from typing import TYPE_CHECKING

from pyproxy.admission import Caller, Lease
from pyproxy.config import load_config
from pyproxy.domain import Request, Usage
from pyproxy.orchestration.actions import Admit, Admitted, Attempt, Committed, Done
from pyproxy.orchestration.engine import conduct
from pyproxy.orchestration.journey import Journey
from pyproxy.orchestration.strategies import STRATEGIES
from pyproxy.providers.httpx_transport import HttpxTransports
from pyproxy.reloading.assembly import Assembly
from pyproxy.rust_core import scan_envelope

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.orchestration.actions import Event

BODY = b'{"model": "g", "messages": [{"role": "user", "content": "Hello"}]}'
CONFIG = {
    "providers": {"p": {"base_url": "http://p.test", "api_key": "k"}},
    "models": {name: {"provider": "p", "model": name, "rpm_limit": 10**9, "concurrency_limit": 100} for name in "abc"},
    "task_groups": {
        "g": {
            "concurrency_limit": 100,
            "e1": {"models": ["a", "b", "c"], "concurrency_limit": 100, "rpm_limit": 10**9},
            "fallback_config": {"circuit_breaker": {"failure_threshold": 5}},
        }
    },
    "nodes": {"n": {"llm_group": "g", "concurrency_limit": 100}},
}


def main() -> None:
    """Measure, in turns, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    contenders = {"the engine alone": engine_alone(), "with resolving, limits on four levels, breaker and scheduler": all_of_it()}
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(given.rounds):
        for name, run in contenders.items():
            begin = time.process_time_ns()
            for _ in range(given.requests):
                run()
            taken[name].append((time.process_time_ns() - begin) / given.requests / 1000)
    for name, values in taken.items():
        print(f"{statistics.median(values):6.1f} µs  {name}  ({min(values):.1f} to {max(values):.1f})")


def engine_alone() -> Callable[[], None]:
    """A plan that is there, a lease that is there: what is left is the generator and its bookkeeping."""
    snapshot = Assembly(load_config(CONFIG, {}), HttpxTransports()).snapshots.current
    request, plan = asked(), snapshot.resolver.resolve("g")
    lease = snapshot.desk.admit(plan.steps[0], Caller(), excluded=(), only=None, now_ns=time.monotonic_ns())
    assert isinstance(lease, Lease)  # noqa: S101 - the limits are far
    strategy, chance = STRATEGIES[plan.policy.strategy], random.Random(7)
    admitted, committed, done = Admitted(0, lease), Committed(0, 200), Done(0)

    def run() -> None:
        engine = conduct(Journey(request, plan), strategy, chance)
        action, answer = next(engine), None
        while True:
            answer = admitted if type(action) is Admit else committed if type(action) is Attempt else done
            try:
                action = engine.send(answer)
            except StopIteration:
                return

    return run


def all_of_it() -> Callable[[], None]:
    """What every request decides: its target, its place under the limits, and the end of both."""
    snapshots = Assembly(load_config(CONFIG, {}), HttpxTransports()).snapshots
    request, chance = asked(), random.Random(7)

    def run() -> None:
        with snapshots.hold() as snapshot:
            plan = snapshot.resolver.resolve(request.target)
            caller, lease = Caller(("node:n",), "node:n", 1), None
            engine = conduct(Journey(request, plan), STRATEGIES[plan.policy.strategy], chance)
            action = next(engine)
            while True:
                now_ns = time.monotonic_ns()
                event: Event
                if isinstance(action, Admit):
                    lease = snapshot.desk.admit(action.step, caller, excluded=action.excluded, only=action.only, now_ns=now_ns)
                    assert isinstance(lease, Lease)  # noqa: S101 - the limits are far
                    event = Admitted(now_ns, lease)
                elif isinstance(action, Attempt):
                    action.lease.committed(now_ns)
                    event = Committed(now_ns, 200)
                else:
                    assert isinstance(lease, Lease)  # noqa: S101 - it was admitted
                    lease.delivered(now_ns, Usage(5, 7))
                    event = Done(now_ns)
                try:
                    action = engine.send(event)
                except StopIteration:
                    return

    return run


def asked() -> Request:
    return Request("id", "/v1/chat/completions", b"", BODY, scan_envelope(BODY), (), time.monotonic_ns() + 10**15)


if __name__ == "__main__":
    main()
