"""The figures, as they follow from what was seen, and the targets that some of them have."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from load import Seen
    from measuring import Record

__all__ = ["FIGURES", "TARGETS", "Figure", "Outcome", "Target", "figures", "outcomes"]

Figures = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Figure:
    """A row of the table: of a side's record, and the direct one's."""

    key: str
    label: str
    digits: int
    value: Callable[[Record, Record], float | None]


def _quantile(seen: list[Seen], kind: str, share: float) -> float | None:
    times = sorted(time for each in seen for time in getattr(each, kind))
    return times[min(len(times) - 1, int(len(times) * share))] if times else None


def _added(step: str, share: float, kind: str = "latencies_us") -> Callable[[Record, Record], float | None]:
    """Milliseconds over the direct way; of the direct way itself, all of them."""

    def value(record: Record, direct: Record) -> float | None:
        ours, floor = (_quantile(each.seen.get(step, []), kind, share) for each in (record, direct))
        if ours is None or floor is None:
            return None
        return (ours if record is direct else ours - floor) / 1e3

    return value


def _median(step: str, of: Callable[[Seen], float | None]) -> Callable[[Record, Record], float | None]:
    def value(record: Record, _: Record) -> float | None:
        values = [each for seen in record.seen.get(step, []) if (each := of(seen)) is not None]
        return statistics.median(values) if values else None

    return value


def _rate(step: str) -> Callable[[Record, Record], float | None]:
    return _median(step, lambda seen: seen.answered / seen.seconds if seen.answered else 0.0)


def _cpu(step: str, per: Callable[[Seen], int]) -> Callable[[Record, Record], float | None]:
    """Milliseconds of CPU per 1,000."""
    return _median(step, lambda seen: seen.cpu_seconds * 1e6 / per(seen) if seen.cpu_seconds and per(seen) else None)


def _stream_memory(record: Record, _: Record) -> float | None:
    # The first time only: later ones find room that was made then.
    first = next(iter(record.seen.get("streams", [])), None)
    return first.memory_grown_mib * 1024 if first is not None and first.memory_grown_mib is not None else None


def _failed(record: Record, _: Record) -> float:
    return sum(each.failed for seen in record.seen.values() for each in seen)


FIGURES = [
    Figure("p50_1", "added p50, 1 connection, ms", 3, _added("1 connection", 0.5)),
    Figure("p99_1", "added p99, 1 connection, ms", 3, _added("1 connection", 0.99)),
    Figure("p50_8", "added p50, 8 connections, ms", 3, _added("8 connections", 0.5)),
    Figure("p99_8", "added p99, 8 connections, ms", 3, _added("8 connections", 0.99)),
    Figure("p50_rate", "added p50, 100/s, upstream of 30 ms, ms", 3, _added("100/s", 0.5)),
    Figure("p99_rate", "added p99, 100/s, upstream of 30 ms, ms", 3, _added("100/s", 0.99)),
    Figure("rate_64", "requests/s, 64 connections", 0, _rate("64 connections")),
    Figure("rate_one_core", "requests/s, 64 connections, on one core", 0, _rate("64 connections, one core")),
    Figure("rate_tls", "requests/s, 64 connections, TLS upstream", 0, _rate("64 connections, TLS")),
    Figure("cpu_request", "CPU ms per 1,000 requests", 1, _cpu("64 connections", lambda seen: seen.answered)),
    Figure("cpu_chunk", "CPU ms per 1,000 chunks of streams", 1, _cpu("streams", lambda seen: seen.chunks)),
    Figure("first_byte", "added p50 to the first byte beside 200 streams, ms", 3, _added("streams", 0.5, "first_bytes_us")),
    Figure("first_byte_p99", "added p99 to the first byte beside 200 streams, ms", 3, _added("streams", 0.99, "first_bytes_us")),
    Figure("chunk_p50", "added p50 of a chunk, 200 streams of 50/s, ms", 3, _added("streams", 0.5, "chunk_delays_us")),
    Figure("chunk_p99", "added p99 of a chunk, 200 streams of 50/s, ms", 3, _added("streams", 0.99, "chunk_delays_us")),
    Figure("p50_64k", "added p50, 64 KiB there and back, ms", 3, _added("64 KiB, 1 connection", 0.5)),
    Figure("rate_64k", "requests/s, 64 KiB, 8 connections", 0, _rate("64 KiB, 8 connections")),
    Figure("p50_1m", "added p50, 1 MiB there and back, ms", 3, _added("1 MiB, 1 connection", 0.5)),
    Figure("rate_1m", "requests/s, 1 MiB, 8 connections", 0, _rate("1 MiB, 8 connections")),
    Figure("idle", "memory idle, MiB", 1, lambda record, _: record.idle_mib),
    Figure("stream_memory", "memory per open stream, KiB", 1, _stream_memory),
    Figure("many", "requests in a row", 0, lambda record, _: record.many[0] if record.many else None),
    Figure("many_before", "  memory before them, MiB", 1, lambda record, _: record.many[1] if record.many else None),
    Figure("many_after", "  memory after them, MiB", 1, lambda record, _: record.many[2] if record.many else None),
    Figure("start", "start to first answer, s", 2, lambda record, _: statistics.median(record.starts_s) if record.starts_s else None),
    Figure("failed", "requests that failed", 0, _failed),
]


def figures(records: list[Record]) -> Figures:
    """Each figure of each side, by their names; what a side has no figure of is left out."""
    direct = records[0]
    return {
        figure.key: {record.side.name: value for record in records if (value := figure.value(record, direct)) is not None}
        for figure in FIGURES
    }


@dataclass(frozen=True)
class Target:
    """What the sidecar with native I/O is to reach.

    Attributes:
        what: The target in words.
        of: The figure's key, whose value for `native` is measured.
        against: The side, and the figure of it, that it is measured against; none where the bound is absolute.
        reckon: Of both values, the number that has a bound.
        bound: That bound.
        at_least: Whether it is a lower one.
        unit: What stands behind the number.
    """

    what: str
    of: str
    against: tuple[str, str] | None
    reckon: Callable[[float, float], float | None]
    bound: float
    at_least: bool = False
    unit: str = "x"


@dataclass(frozen=True)
class Outcome:
    """A target, and what was reached."""

    target: Target
    value: float | None

    @property
    def met(self) -> bool | None:
        """Whether it holds; none where that cannot be told."""
        if self.value is None:
            return None
        return self.value >= self.target.bound if self.target.at_least else self.value <= self.target.bound


def _ratio(ours: float, theirs: float) -> float | None:
    # Where they add less than what the floor varies by, there is nothing to compare with.
    return ours / theirs if theirs > 0 else None


def _inverse(ours: float, theirs: float) -> float | None:
    return _ratio(theirs, ours)


def _difference(ours: float, theirs: float) -> float:
    return ours - theirs


def _itself(ours: float, _: float) -> float:
    return ours


TARGETS = [
    Target("CPU per request, of nginx's", "cpu_request", ("nginx", "cpu_request"), _ratio, 2),
    Target("CPU per request, less than LiteLLM's by", "cpu_request", ("litellm", "cpu_request"), _inverse, 150, at_least=True),
    Target("requests/s on one core, of nginx's", "rate_one_core", ("nginx", "rate_one_core"), _ratio, 0.5, at_least=True),
    Target("requests/s on all cores, of those on one", "rate_64", ("native", "rate_one_core"), _ratio, 1.1, at_least=True),
    Target("added p50 at 100/s, over nginx's", "p50_rate", ("nginx", "p50_rate"), _difference, 0.1, unit=" ms"),
    Target("added p50 at 1 connection, of nginx's", "p50_1", ("nginx", "p50_1"), _ratio, 1.25),
    Target("added p99 at 1 connection, of nginx's", "p99_1", ("nginx", "p99_1"), _ratio, 2),
    Target("requests/s over TLS, of nginx's", "rate_tls", ("nginx", "rate_tls"), _ratio, 0.8, at_least=True),
    Target("p99 of a chunk, over direct", "chunk_p99", None, _itself, 2, unit=" ms"),
    Target("CPU per chunk, of nginx's", "cpu_chunk", ("nginx", "cpu_chunk"), _ratio, 1.5),
    Target("memory idle", "idle", None, _itself, 60, unit=" MiB"),
    Target("memory per open stream", "stream_memory", None, _itself, 64, unit=" KiB"),
    Target("memory after many requests, of before", "many_after", ("native", "many_before"), _ratio, 1.05),
    Target("start to first answer", "start", None, _itself, 0.6, unit=" s"),
]


def outcomes(of: Figures) -> list[Outcome]:
    """What of the targets was reached, as far as it was measured."""
    return list(_outcomes(of))


def _outcomes(of: Figures) -> Iterator[Outcome]:
    for target in TARGETS:
        ours = of[target.of].get("native")
        side, key = target.against or ("native", target.of)
        theirs = of[key].get(side)
        if ours is not None and theirs is not None:
            yield Outcome(target, target.reckon(ours, theirs))
