"""Counts what becomes of requests: one table of flows, of which every metric and every statistic is a sum.

An observer of requests: of those that Python served one by one, with one look into the table and a few additions, of others together.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pyproxy.domain import Usage
from pyproxy.observe.known import NOBODY, OTHER, Known
from pyproxy.observe.observers import CountsMany
from pyproxy.observe.operations import operation_of
from pyproxy.rust_core import Flow

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.domain import AlikeRequests, RequestRecord

__all__ = ["Calls", "FlowKey", "Move", "Traffic"]

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


class Traffic(CountsMany):
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
            is_answered = record.stream and record.model != NOBODY
            flow.add(record.total_ns, record.queue_ns, record.first_byte_ns if is_answered else None, record.usage)
            if record.usage is not None:
                self._spend(flow, record.usage, record.model)
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

    def many(self, alike: AlikeRequests) -> None:
        """Count requests that went alike."""
        target = self._known.targets.get(alike.target, OTHER)
        key = FlowKey(target, alike.node, alike.provider, alike.model, operation_of(alike.route), alike.status, NOBODY)
        with self._lock:
            flow = self._flows.get(key) or self._begun(key)
            flow.merge(alike.flow)
            self._spend(flow, Usage(*alike.flow.usage), alike.model)
            calls = self._calls.get((alike.label, alike.result)) or self._called(alike.label, alike.result)
            calls.number += alike.flow.requests
            calls.taken_ns += alike.called_ns

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

    def _spend(self, flow: Flow, usage: Usage, model: str) -> None:
        price = self._known.prices.get(model)
        if price is not None:
            flow.spend(price.cost(usage))

    def _begun(self, key: FlowKey) -> Flow:
        if len(self._flows) >= MOST_FLOWS:
            key = FlowKey(OTHER, OTHER, OTHER, OTHER, "-", key.status, OTHER)
        return self._flows.setdefault(key, Flow())

    def _called(self, label: str, result: str) -> Calls:
        if len(self._calls) >= MOST_CALLS:
            label = result = _OVERFULL
        return self._calls.setdefault((label, result), Calls())
