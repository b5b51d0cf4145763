"""The lanes: targets whose ordinary requests are served natively, and what is noted here of those that were.

A request is ordinary where its plan's first step is all there is to know of it, and goes well. The first such request for a target is
served here like any other and lays the target open; from then on they are taken natively, until anything happens that calls for a
decision: then the request, or the attempt that failed, comes here. What it leaves behind is counted natively at its end (what its
instance did, what it cost, its line), its permits are given back before; the counts of many are taken in here, and records made of those
that somebody wants one by one.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

from pyproxy.domain import AlikeRequests, Attempt, RequestRecord, Usage
from pyproxy.orchestration.laid_open import lane_of, lay_open
from pyproxy.orchestration.taken_over import TakenOver

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.domain import Request
    from pyproxy.observe.observers import Observers
    from pyproxy.orchestration.laid_open import Lane
    from pyproxy.orchestration.retry_budget import RetryBudget
    from pyproxy.orchestration.snapshots import Snapshot, Snapshots
    from pyproxy.rust_core import NativeBegun, NativeLane, NativeLanes, NativeServed, NativeTally

__all__ = ["Lanes"]


# So many are noted one by one in one step of the loop.
_MOST_AT_ONCE = 128
# How soon after a lane was closed it is seen whether anybody is still under way there.
_TIDY_S = 0.05


class _Generation:
    """The lanes that were open together. As long as there are any, the configuration that they belong to is held.

    Attributes:
        lanes: they, by their numbers.
    """

    def __init__(self) -> None:
        self.lanes: dict[int, NativeLane] = {}
        self._held = contextlib.ExitStack()

    @property
    def in_use(self) -> bool:
        """Whether requests are under way on one of them; always, while they are open."""
        return any(lane.in_use for lane in self.lanes.values())

    def add(self, number: int, lane: NativeLane, snapshots: Snapshots) -> None:
        """Take in a lane of the configuration in force."""
        if not self.lanes:
            self._held.enter_context(snapshots.hold())
        self.lanes[number] = lane

    def let_go(self) -> None:
        """Hold the configuration no more."""
        self._held.close()


class Lanes:
    """The lanes of one orchestrator. Without a native server there are none, and everything here does nothing."""

    def __init__(self, snapshots: Snapshots, retry_budget: RetryBudget, observers: Observers, ended: Callable[[], None]) -> None:
        """Know of no lane.

        Args:
            snapshots: the configuration in force; when it changes every lane is closed.
            retry_budget: is told of what was served.
            observers: are told of them.
            ended: called when some have ended.
        """
        self._snapshots = snapshots
        self._retry_budget = retry_budget
        self._observers = observers
        self._on_ended = ended
        self._native: NativeLanes | None = None
        self._thread = 0
        self._loop: asyncio.AbstractEventLoop
        self._tidies = False
        self._arrived_before = 0
        retry_budget.follow(self)
        self._lanes: dict[int, Lane] = {}
        self._closed: list[_Generation] = []
        self._open = _Generation()
        self._considered: set[tuple[str, str, str | None]] = set()
        self._opened = 0
        snapshots.on_swap(self.close)
        snapshots.current.desk.standing.credentials.on_disabled(self.close)

    @property
    def active(self) -> int:
        """How many requests are under way natively."""
        return 0 if self._native is None else self._native.active

    @property
    def arrived(self) -> int:
        """How many requests have been taken natively in all."""
        return self._arrived_before + (0 if self._native is None else self._native.taken)

    def attach(self, native: NativeLanes) -> None:
        """Serve by these from now on."""
        self._native, self._thread = native, threading.get_ident()
        self._loop = asyncio.get_running_loop()
        self.follow_observers()
        self.close()

    def follow_observers(self) -> None:
        """Have what observers want kept natively from now on; to be called by any thread when there is another one."""
        if self._native is not None:
            self._native.want(lines=self._observers.writes_lines, each=self._observers.wants_each)

    def detach(self) -> None:
        """Serve nothing natively any more; what was is noted."""
        if self._native is not None:
            self._native.clear()
            while self._note_some(self._native):
                pass
            self._arrived_before = self.arrived
        self._native = None

    def close(self) -> None:
        """Lay no target open any more, until it is asked for again. What is under way goes on."""
        self._considered.clear()
        if self._native is not None:
            server = self._snapshots.current.config.server
            self._native.clear(server.allowed_hosts, server.max_body_bytes)
            self._closed.append(self._open)
            self._open = _Generation()
            self.tidy()

    def tidy(self) -> None:
        """Forget the lanes that are closed and on which nobody is under way any more, and let their configuration go."""
        for generation in [each for each in self._closed if not each.in_use]:
            self._closed.remove(generation)
            for number in generation.lanes:
                del self._lanes[number]
            generation.let_go()
        if self._closed and self._native is not None and not self._tidies:
            self._tidies = True
            self._loop.call_later(_TIDY_S, self._tidy_later)

    def _tidy_later(self) -> None:
        self._tidies = False
        self.tidy()

    def stop(self) -> None:
        """Have every request under way handed over, to be ended."""
        if self._native is not None:
            self._native.stop()

    def consider(self, request: Request, snapshot: Snapshot, now_ns: int) -> None:
        """Lay the target of a request open, if requests for it are such that they can be served natively."""
        key = (request.route, request.target, request.node)
        if self._native is None or key in self._considered or snapshot is not self._snapshots.current:
            return
        lane = lane_of(request, snapshot, now_ns)
        if lane is None:
            return
        self._considered.add(key)
        self._opened += 1
        self._lanes[self._opened] = lane
        self._open.add(self._opened, lay_open(self._native, self._opened, request.node, lane, now_ns), self._snapshots)

    def take_over(self, attempt: NativeBegun) -> TakenOver:
        """An attempt that failed natively, to go on from."""
        lane = self._lanes[attempt.lane]
        return TakenOver(attempt, lane.step, lane.snapshot)

    def note(self, _: None = None) -> None:
        """Note what became of the requests that have ended since the last time, and let those in who waited for their room."""
        if self._native is None:
            return
        if self._note_some(self._native):
            self._loop.call_soon(self.note)  # others have their turn
        self._snapshots.current.desk.advance()
        self._on_ended()

    def look(self) -> None:
        """Note what there is to note now, if this is the thread that serves: whoever looks there sees all that has ended."""
        if threading.get_ident() == self._thread:
            self.note()

    def _note_some(self, native: NativeLanes) -> bool:
        """Note what there is, and the first of what is noted one by one; whether there may be more."""
        tallies, lines, some, is_all = native.take(_MOST_AT_ONCE)
        for tally in tallies:
            self._note_many(tally, self._lanes[tally.lane])
        if lines:
            self._observers.lines(lines)
        for served in some:
            self._note_one(served, self._lanes[served.lane])
        return not is_all

    def _note_many(self, tally: NativeTally, lane: Lane) -> None:
        candidate, requests = lane.step.candidates[tally.place], tally.flow.requests
        lane.snapshot.desk.standing.credentials.works(candidate)
        self._retry_budget.heard(candidate.instance, well=True, calls=requests)
        self._observers.many(
            AlikeRequests(
                route=lane.route,
                target=lane.target,
                node=lane.caller,
                provider=candidate.provider,
                model=candidate.model,
                status=tally.status,
                label=candidate.label,
                called_ns=tally.called_ns,
                flow=tally.flow,
            )
        )

    def _note_one(self, served: NativeServed, lane: Lane) -> None:
        """Note a request whose client has gone; or tell those who want to know of each about one that was noted with others."""
        candidate, record = lane.step.candidates[served.place], _record(served, lane)
        if served.delivered:
            self._observers.each(record)
            return
        if record.first_byte_ns is not None:
            lane.snapshot.desk.standing.credentials.works(candidate)
            self._retry_budget.heard(candidate.instance, well=True)
        self._observers(record)


def _record(served: NativeServed, lane: Lane) -> RequestRecord:
    candidate = lane.step.candidates[served.place]
    arrived_ns, admitted_ns, committed_ns, ended_ns = served.times
    flag = "-" if served.delivered else "client_gone"
    result, until_ns = (flag, ended_ns) if committed_ns is None else (str(served.status), committed_ns)
    return RequestRecord(
        request_id=served.request_id,
        route=lane.route,
        status=served.status,
        flag=flag,
        target=lane.target,
        attempts=(Attempt(candidate.label, result, admitted_ns, until_ns),),
        provider="-" if committed_ns is None else candidate.provider,
        model="-" if committed_ns is None else candidate.model,
        stream=served.stream,
        queue_ns=0,
        first_byte_ns=None if committed_ns is None else committed_ns - arrived_ns,
        total_ns=ended_ns - arrived_ns,
        sent_bytes=served.sent_bytes,
        usage=None if served.usage is None else Usage(*served.usage),
        revision=lane.snapshot.config.revision,
        node=lane.caller,
    )
