"""What it costs a request to be counted: microseconds of CPU, for all that listens in a sidecar together and for each by itself."""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING

from bench_engine import CONFIG

from pyproxy.config import load_config
from pyproxy.domain import Attempt, RequestRecord, Usage
from pyproxy.observe.alerts import Alerts
from pyproxy.observe.metrics import exposition
from pyproxy.observe.observers import Observers
from pyproxy.providers.httpx_transport import HttpxTransports
from pyproxy.reloading.assembly import Assembly
from pyproxy.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable

PRICED = {
    "models": {name: {"provider": "p", "model": name, "price": {"input": 1, "output": 4, "cached_input": 0.5}} for name in "abc"},
}


def main() -> None:
    """Measure, in turns, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    assembly = Assembly(load_config({**CONFIG, **PRICED}, {}), HttpxTransports())
    status = Status(assembly.snapshots, assembly.limits, Alerts(), "0")
    together = Observers(status.observers)
    contenders: dict[str, tuple[Callable[[RequestRecord], None], RequestRecord]] = {
        "all that listens, of a request that went well": (together, record("g.e1/a:200")),
        "all that listens, of one that fell back": (together, record("g.e1/b:503", "g.e1/a:200")),
    }
    for observer in status.observers:
        contenders[f"{type(observer).__name__} alone, of a request that went well"] = (observer, record("g.e1/a:200"))
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(given.rounds):
        for name, (observer, seen) in contenders.items():
            begin = time.process_time_ns()
            for _ in range(given.requests):
                observer(seen)
            taken[name].append((time.process_time_ns() - begin) / given.requests / 1000)
    for name, values in taken.items():
        print(f"{statistics.median(values):6.2f} µs  {name}  ({min(values):.2f} to {max(values):.2f})")
    begin = time.process_time_ns()
    text = exposition(status.metrics())
    print(f"{(time.process_time_ns() - begin) / 1000:6.0f} µs  one scrape of {len(text.splitlines())} lines")


def record(*calls: str) -> RequestRecord:
    """A finished request with these calls, the last of which answered it."""
    attempts = tuple(Attempt(label, result, 0, 5_000_000) for label, _, result in (call.rpartition(":") for call in calls))
    return RequestRecord(
        request_id="req_1",
        route="/v1/chat/completions",
        status=200,
        flag="-",
        target="g",
        attempts=attempts,
        provider="p",
        model="a",
        stream=True,
        queue_ns=0,
        first_byte_ns=7_000_000,
        total_ns=150_000_000,
        sent_bytes=2_000,
        usage=Usage(120, 80, 20),
        revision="abc",
        node="n",
    )


if __name__ == "__main__":
    main()
