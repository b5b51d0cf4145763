"""Counts what becomes of requests: one table of flows, of which every metric and every statistic is a sum.

An observer of requests, on the path of each of them, so that it does little: one look into the table, and a few additions.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pyproxy.observe.buckets import DURATION_S, FIRST_TOKEN_S, QUEUE_S, TOKENS, Buckets
from pyproxy.observe.known import NOBODY, OTHER, Known
from pyproxy.observe.operations import operation_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.domain import RequestRecord, Usage

__all__ = ["Calls", "Flow", "FlowKey", "Move", "Traffic"]

# A configuration's names are the only ones counted; these bounds are for the many configurations of a long life.
MOST_FLOWS = 5_000
MOST_CALLS = 20_000
_OVERFULL = "(other)"


class FlowKey(NamedTuple):
    """What requests have in common that are counted together.

    Attributes:
        target: the name that was asked for, if the configuration has it.
        node: the caller, if the configuration has it.
        provider: who answered.
        model: the model that answered.
        operation: what was asked for.
        status: what the client got.
        flag: why it ended as it did.
    """

    target: str
    node: str
    provider: str
    model: str
    operation: str
    status: int | None
    flag: str


class Flow:
    """What requests of one kind came to."""

    __slots__ = ("cache_write", "cache_write_1h", "cached", "cost", "duration", "first_token", "input", "output", "queue", "requests")

    def __init__(self) -> None:
        self.requests = 0
        self.cached = 0
        self.cache_write = 0
        self.cache_write_1h = 0
        self.cost = 0.0
        self.duration = Buckets(DURATION_S)
        self.first_token = Buckets(FIRST_TOKEN_S)
        self.queue = Buckets(QUEUE_S)
        self.input = Buckets(TOKENS)
        self.output = Buckets(TOKENS)

    def merge(self, other: Flow) -> None:
        """Take in all of another."""
        self.requests += other.requests
        self.cached += other.cached
        self.cache_write += other.cache_write
        self.cache_write_1h += other.cache_write_1h
        self.cost += other.cost
        for name in ("duration", "first_token", "queue", "input", "output"):
            getattr(self, name).merge(getattr(other, name))


class Move(NamedTuple):
    """A request that went on from one call to another, and why."""

    group: str
    source: str
    to: str
    reason: str


@dataclass(slots=True)
class Calls:
    """Calls that ended alike, and the nanoseconds they took in all."""

    number: int = 0
    taken_ns: int = 0


class Traffic:
    """Counts finished requests, since the start. What is asked of it may be asked by any thread."""

    def __init__(self) -> None:
        self._known = Known()
        self._lock = threading.Lock()
        self._flows: dict[FlowKey, Flow] = {}
        self._calls: dict[tuple[str, str], Calls] = {}
        self._moves: dict[tuple[str, str, str], int] = {}

    def follow(self, known: Known) -> None:
        """Know the names of another configuration; what was counted stays."""
        self._known = known

    def __call__(self, record: RequestRecord) -> None:
        """Count a finished request."""
        known = self._known
        key = FlowKey(
            known.targets.get(record.target, OTHER),
            record.node,
            record.provider,
            record.model,
            operation_of(record.route),
            record.status,
            record.flag,
        )
        with self._lock:
            flow = self._flows.get(key) or self._begun(key)
            flow.requests += 1
            flow.duration.add(record.total_ns)
            flow.queue.add(record.queue_ns)
            if record.stream and record.first_byte_ns is not None and record.model != NOBODY:
                flow.first_token.add(record.first_byte_ns)
            if record.usage is not None:
                self._use(flow, record.usage, record.model)
            before = None
            for attempt in record.attempts:
                result, label = attempt.result, attempt.label
                calls = self._calls.get((label, result)) or self._called(label, result)
                calls.number += 1
                calls.taken_ns += attempt.ended_ns - attempt.started_ns
                if before is not None and before.label != label:
                    move = (before.label, label, before.result)
                    if move in self._moves or len(self._moves) < MOST_CALLS:
                        self._moves[move] = self._moves.get(move, 0) + 1
                before = attempt

    def total(self, wanted: Callable[[FlowKey], bool] = lambda _: True) -> Flow:
        """All requests of the kinds that are wanted, together."""
        total = Flow()
        for key, flow in self.flows().items():
            if wanted(key):
                total.merge(flow)
        return total

    def flows(self) -> dict[FlowKey, Flow]:
        """What there is in the table."""
        with self._lock:
            return dict(self._flows)

    def calls(self) -> dict[tuple[str, str], Calls]:
        """The upstream calls, by instance and how they ended."""
        found: dict[tuple[str, str], Calls] = {}
        with self._lock:
            for (label, result), calls in self._calls.items():
                known = found.setdefault((self._known.place(label).instance, result), Calls())
                known.number += calls.number
                known.taken_ns += calls.taken_ns
        return found

    def moves(self) -> dict[Move, int]:
        """How often requests went on from one call to another."""
        with self._lock:
            moves = dict(self._moves)
        return {Move(self._known.place(source).group, source, to, reason): number for (source, to, reason), number in moves.items()}

    def _use(self, flow: Flow, usage: Usage, model: str) -> None:
        flow.input.add(usage.prompt)
        flow.output.add(usage.completion)
        flow.cached += usage.cached
        flow.cache_write += usage.cache_write
        flow.cache_write_1h += usage.cache_write_1h
        price = self._known.prices.get(model)
        if price is not None:
            flow.cost += price.cost(usage)

    def _begun(self, key: FlowKey) -> Flow:
        if len(self._flows) >= MOST_FLOWS:
            key = FlowKey(OTHER, OTHER, OTHER, OTHER, "-", key.status, OTHER)
        return self._flows.setdefault(key, Flow())

    def _called(self, label: str, result: str) -> Calls:
        if len(self._calls) >= MOST_CALLS:
            label = result = _OVERFULL
        return self._calls.setdefault((label, result), Calls())
