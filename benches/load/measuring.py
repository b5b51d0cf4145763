"""The measuring itself: all sides in turns, round after round, and what each has shown."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from processes import Absent
from sides import SIDES
from steps import PROBE, STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from load import Generator, Mock, Seen
    from sides import Setting, Side
    from steps import Step

__all__ = ["Record", "measure_many", "measure_rounds", "measure_starts", "standing"]

_QUICK_TO_START_S = 3.0


@dataclass
class Record:
    """What one side has shown."""

    side: Side
    starts_s: list[float] = field(default_factory=list)
    idle_mib: float | None = None
    seen: dict[str, list[Seen]] = field(default_factory=dict)
    many: tuple[int, float, float] | None = None
    """How many requests in a row, and the memory before and after them, in MiB."""


def measure_starts(setting: Setting, names: Sequence[str], times: int) -> dict[str, list[float]]:
    """Start each side some times, each by itself: the seconds until it has answered; whoever is slow to start is started once."""
    taken: dict[str, list[float]] = {}
    for name in names:
        for _ in range(times):
            with contextlib.suppress(Absent), SIDES[name](setting) as side:
                if side.running is not None:
                    taken.setdefault(name, []).append(side.running.started_s)
            if not taken.get(name) or taken[name][-1] > _QUICK_TO_START_S:
                break
    return taken


def standing(setting: Setting, names: Sequence[str], stack: contextlib.ExitStack) -> list[Record]:
    """Start the sides, one after the other, and leave them standing; one that cannot be had is said to be left out."""
    records = []
    for name in names:
        try:
            side = stack.enter_context(SIDES[name](setting))
        except Absent as absent:
            print(f"left out: {name}: {absent}", file=sys.stderr)
            continue
        record = Record(side)
        if side.running is not None:
            record.starts_s.append(side.running.started_s)
            record.idle_mib = side.running.memory_mib()
        records.append(record)
    return records


def measure_rounds(records: list[Record], setting: Setting, steps: list[Step], rounds: int) -> None:
    """Every step of every side, in turns; who comes first changes from round to round."""
    for record in records:
        _warm_up(record.side, setting, steps)
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        first = number % len(records)
        for step in steps:
            for record in records[first:] + records[:first]:
                if (seen := _measure(step, record.side, setting)) is not None:
                    record.seen.setdefault(step.name, []).append(seen)


def measure_many(records: list[Record], generator: Generator, requests: int, seconds: float) -> None:
    """Memory before and after so many requests, or those of so many seconds."""
    for record in records:
        running = record.side.running
        if running is None:
            continue
        before = running.memory_mib()
        seen = generator.run(record.side.plain, "plain", {"closed": {"connections": 64, "requests": requests}}, seconds=seconds)
        record.many = (seen.answered, before, running.memory_mib())
        record.seen["many"] = [seen]


def _warm_up(side: Side, setting: Setting, steps: list[Step]) -> None:
    """What is done at the first requests only is not what a request costs."""
    for way in filter(None, (side.plain, side.secure)):
        setting.generator.run(way, "plain", {"closed": {"connections": 8, "requests": 400}}, seconds=0.4)
        setting.generator.run(way, PROBE, {"streams": {"streams": 4, "probe": PROBE}}, seconds=2)
    for step in steps:
        if not step.streams:
            once = {"closed": {"connections": 1, "requests": 3}}
            setting.generator.run(side.plain, step.model, once, seconds=5, request_bytes=step.request_bytes)


def _measure(step: Step, side: Side, setting: Setting) -> Seen | None:
    way, running = side.secure if step.secure else side.plain, side.running
    if way is None or (step.one_core and (running is None or len(os.sched_getaffinity(0)) == 1)):
        return None
    memory: list[float] = []

    def look() -> None:
        if running is not None:
            memory.append(running.memory_mib())

    look()
    with contextlib.ExitStack() as stack:
        if step.one_core and running is not None:
            one, *others = sorted(os.sched_getaffinity(0))
            stack.enter_context(running.pinned({one}))
            stack.enter_context(_load_on(set(others), setting.mock))
        before = running.cpu_seconds() if running else 0.0
        halfway = (step.seconds / 3 * 0.6, look) if step.streams else None
        seen = setting.generator.run(way, step.model, step.mode, seconds=step.seconds, request_bytes=step.request_bytes, meanwhile=halfway)
        seen.cpu_seconds = running.cpu_seconds() - before if running else 0.0
    if len(memory) > 1:
        seen.memory_grown_mib = (memory[1] - memory[0]) / STREAMS
    return seen


@contextlib.contextmanager
def _load_on(cores: set[int], mock: Mock) -> Iterator[None]:
    """The mock and the load generator, which inherits this process's cores, on others than the side."""
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        with mock.running.pinned(cores):
            yield
    finally:
        os.sched_setaffinity(0, everywhere)
