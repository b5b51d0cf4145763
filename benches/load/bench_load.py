"""The proxy beside a direct call, from the client's side, in turns, in one run; limits on at all four levels."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import platform
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from client import Connection, chat_request
from processes import started

if TYPE_CHECKING:
    from processes import Running

CHUNKS = 200


@dataclass
class Side:
    """What was seen of one way to the model: seconds, requests a second, milliseconds."""

    port: int
    plain: bytes
    stream: bytes
    latencies: dict[int, list[float]] = field(default_factory=dict)
    rates: list[float] = field(default_factory=list)
    first_bytes: list[float] = field(default_factory=list)


async def load(port: int, request: bytes, connections: int, requests: int) -> tuple[list[tuple[float, float]], float]:
    """Each answer's times to its first and last byte, and the seconds all took, over `connections` kept alive."""
    opened = [await Connection.to(port) for _ in range(connections)]
    seen: list[tuple[float, float]] = []

    async def one(connection: Connection) -> None:
        seen.extend([await connection.ask(request) for _ in range(requests // connections)])

    begun = time.perf_counter()
    await asyncio.gather(*(one(connection) for connection in opened))
    took = time.perf_counter() - begun
    for connection in opened:
        connection.close()
    return seen, took


async def measure(sides: list[Side], sidecar: Running, rounds: int, requests: int) -> tuple[float, float]:
    """Fill the sides, in turns; gives the sidecar's CPU ms per 1,000 requests and per 1,000 events of a stream."""
    request_cpu, chunk_cpu = [], []
    for side in sides:
        await load(side.port, side.plain, 8, 200)
        await load(side.port, side.stream, 4, 8)
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        for side in sides:
            for connections in (1, 8):
                seen, _ = await load(side.port, side.plain, connections, requests)
                side.latencies.setdefault(connections, []).extend(total for _, total in seen)
            before = sidecar.cpu_seconds()
            seen, took = await load(side.port, side.plain, 64, requests * 2)
            side.rates.append(len(seen) / took)
            if side is sides[1]:
                request_cpu.append((sidecar.cpu_seconds() - before) / len(seen) * 1e6)
            before = sidecar.cpu_seconds()
            seen, _ = await load(side.port, side.stream, 4, 40)
            side.first_bytes += [first for first, _ in seen]
            if side is sides[1]:
                chunk_cpu.append((sidecar.cpu_seconds() - before) / len(seen) / CHUNKS * 1e6)
    return statistics.median(request_cpu), statistics.median(chunk_cpu)


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def report(direct: Side, proxied: Side, request_cpu: float, chunk_cpu: float, memory: tuple[float, float]) -> dict[str, float]:
    figures: dict[str, float] = {}
    print(f"{'':<40}{'direct':>10}{'pyproxy':>10}{'added':>10}")
    for connections in (1, 8):
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            ours, theirs = (quantile(side.latencies[connections], share) * 1e3 for side in (proxied, direct))
            print(f"{f'{name}, {connections} connection(s), ms':<40}{theirs:>10.2f}{ours:>10.2f}{ours - theirs:>10.2f}")
            figures[f"added_{name}_ms_{connections}"] = ours - theirs
    ours, theirs = (statistics.median(side.first_bytes) * 1e3 for side in (proxied, direct))
    print(f"{'first byte of a stream, 4 at once, ms':<40}{theirs:>10.2f}{ours:>10.2f}{ours - theirs:>10.2f}")
    ours, theirs = (statistics.median(side.rates) for side in (proxied, direct))
    print(f"{'requests/s, 64 connections':<40}{theirs:>10,.0f}{ours:>10,.0f}{f'{ours / theirs:.2f}x':>10}")
    print(f"{'CPU of the sidecar, µs a request':<40}{'':>10}{request_cpu:>10,.0f}")
    print(f"{'CPU of the sidecar, µs an SSE event':<40}{'':>10}{chunk_cpu:>10.1f}")
    print(f"{'memory of the sidecar, MiB':<40}{'':>10}{memory[1]:>10.0f}{memory[1] - memory[0]:>10.1f}")
    print(f"\n{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; no request failed")
    return {**figures, "requests_per_second": ours, "request_cpu_us": request_cpu, "event_cpu_us": chunk_cpu, "memory_mib": memory[1]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few seconds instead of a minute")
    parser.add_argument("--json", metavar="PATH", help="write the figures there, too")
    options = parser.parse_args()
    gc.disable()
    with started() as (mock, sidecar):
        before = sidecar.memory_mib()
        direct = Side(mock.port, chat_request("plain"), chat_request(f"stream?chunks={CHUNKS}", stream=True))
        proxied = Side(sidecar.port, chat_request("plain_group"), chat_request("stream_group", stream=True))
        request_cpu, chunk_cpu = asyncio.run(measure([direct, proxied], sidecar, 2 if options.quick else 7, 400 if options.quick else 1600))
        figures = report(direct, proxied, request_cpu, chunk_cpu, (before, sidecar.memory_mib()))
    if options.json:
        Path(options.json).write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
