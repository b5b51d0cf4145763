"""The measuring itself: all sides in turns, round after round, and what each has shown."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from processes import Absent
from sides import SIDES
from steps import PROBE, STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from load import Generator, Mock, Seen
    from processes import Running
    from sides import Setting, Side
    from steps import Step

__all__ = ["Record", "measure_many", "measure_rounds", "standing"]

_QUICK_TO_START_S = 3.0
_SLOW = ("litellm", "portkey")


@dataclass
class Record:
    """What one side has shown."""

    side: Side
    starts_s: list[float] = field(default_factory=list)
    idle_mib: float | None = None
    seen: dict[str, list[Seen]] = field(default_factory=dict)
    many: tuple[int, float, float] | None = None
    """How many requests in a row, and the memory before and after them, in MiB."""


def standing(setting: Setting, names: Sequence[str], stack: contextlib.ExitStack, starts: int) -> tuple[list[Record], dict[str, str]]:
    """Start the sides, one after the other, and leave them standing; of those that cannot be had, give why.

    Who is quick to start is started several times, for a median.
    """
    records, absent = [], {}
    for name in names:
        taken: list[float] = []
        try:
            while True:
                with contextlib.ExitStack() as one:
                    side = one.enter_context(SIDES[name](setting))
                    taken += [side.running.started_s] if side.running else []
                    if len(taken) < starts and side.running and taken[-1] < _QUICK_TO_START_S:
                        continue
                    records.append(Record(side, taken, side.running.memory_mib() if side.running else None))
                    stack.push(one.pop_all())
                    break
        except Absent as why:
            absent[name] = str(why)
            print(f"{name} is left out: {why}", file=sys.stderr)
    return records, absent


def measure_rounds(records: list[Record], setting: Setting, steps: list[Step], rounds: int) -> None:
    """Every step of every side, in turns; who comes first changes from round to round."""
    for record in records:
        _warm_up(record.side, setting)
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        first = number % len(records)
        for step in steps:
            for record in records[first:] + records[:first]:
                if (seen := _measure(step, record.side, setting)) is not None:
                    record.seen.setdefault(step.name, []).append(seen)


def measure_many(records: list[Record], generator: Generator, requests: int, seconds: float) -> None:
    """Memory before and after so many requests, or those of so many seconds; of who takes hours for a million, fewer."""
    for record in records:
        running = record.side.running
        if running is None:
            continue
        before = running.memory_mib()
        mode = {"closed": {"connections": 64, "requests": requests}}
        seen = generator.run(record.side.plain, "plain", mode, seconds=min(seconds, 30.0) if record.side.name in _SLOW else seconds)
        record.many = (seen.answered, before, running.memory_mib())
        record.seen["many"] = [seen]


def _warm_up(side: Side, setting: Setting) -> None:
    """What is done at the first requests only is not what a request costs."""
    for way in filter(None, (side.plain, side.secure)):
        setting.generator.run(way, "plain", {"closed": {"connections": 8, "requests": 400}}, seconds=0.4)
        setting.generator.run(way, PROBE, {"streams": {"streams": 4, "probe": PROBE}}, seconds=2)


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
    if running is not None and (step.streams or seen.failed):
        _settled(running)
    if len(memory) > 1:
        seen.memory_grown_mib = (memory[1] - memory[0]) / STREAMS
    return seen


def _settled(running: Running) -> None:
    """Wait until it has done with what nobody waits for any more: that is not to weigh on what is measured next."""
    for _ in range(100):
        before = running.cpu_seconds()
        time.sleep(0.1)
        if running.cpu_seconds() - before < 0.01:
            return


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
