"""Takes a request from its name to its end: resolve, conduct, record. The one way in for every ingress."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from typing import TYPE_CHECKING

from pyproxy.dialects.faces import FACES
from pyproxy.domain import RequestRecord
from pyproxy.errors import InternalError, RequestError, ShuttingDown
from pyproxy.orchestration.conversation import conversation_of
from pyproxy.orchestration.counted import counted
from pyproxy.orchestration.delivery import Delivery
from pyproxy.orchestration.drain import Drain
from pyproxy.orchestration.driver import Driver
from pyproxy.orchestration.dry_run import foresee
from pyproxy.orchestration.engine import conduct
from pyproxy.orchestration.journey import Journey
from pyproxy.orchestration.lanes import Lanes
from pyproxy.orchestration.response_turns import with_turns_before
from pyproxy.orchestration.retry_budget import RetryBudget
from pyproxy.orchestration.strategies import STRATEGIES
from pyproxy.orchestration.token_count import token_count
from pyproxy.sessions import affinity_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.domain import Node, Request
    from pyproxy.observe.observers import Observers
    from pyproxy.orchestration.dry_run import Route
    from pyproxy.orchestration.ingress import Exchange
    from pyproxy.orchestration.snapshots import Snapshot, Snapshots
    from pyproxy.orchestration.taken_over import TakenOver
    from pyproxy.rust_core import NativeBegun
    from pyproxy.sessions import Affinity

__all__ = ["Orchestrator"]

_log = logging.getLogger("pyproxy")


class Orchestrator:
    """Serves requests, each to its last byte over the snapshot of the configuration it began with."""

    def __init__(self, snapshots: Snapshots, observers: Observers, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._snapshots = snapshots
        self._observers = observers
        self._now_ns = now_ns
        self._random = random.Random()  # noqa: S311 - jitter, not secrets
        self._drain = Drain()
        self._retry_budget = RetryBudget(now_ns)
        self.lanes = Lanes(snapshots, self._retry_budget, observers, self._drain.changed)
        self._drain.follow(self.lanes)

    async def handle(self, request: Request, exchange: Exchange) -> None:
        """Answer one request. Cancelling this call ends it everywhere: upstream, in back-off, and in the limits."""
        await self._handle(request, exchange, None)

    async def go_on(self, request: Request, exchange: Exchange, attempt: NativeBegun) -> None:
        """Answer one request, as `handle` does, from an attempt on that was made natively and failed."""
        try:
            await self._handle(request, exchange, self.lanes.take_over(attempt))
        finally:
            self.lanes.tidy()

    async def _handle(self, request: Request, exchange: Exchange, taken_over: TakenOver | None) -> None:
        delivery = Delivery(exchange, request.id, FACES[request.operation.wire], self._now_ns)
        if taken_over is not None:
            taken_over.begin(delivery)
        driver: Driver | None = None
        own = None if taken_over is None else taken_over.snapshot
        counted_in = self._retry_budget.request(counted=taken_over is not None)
        with self._drain.request() as scope, self._snapshots.hold(own) as snapshot, counted_in:
            try:
                async with scope:
                    if taken_over is None:
                        self._drain.admit()
                    plan = snapshot.resolver.resolve(request.target, request.fallback_groups, conversation=conversation_of(request))
                    node = snapshot.resolver.nodes.get(request.node or "", plan.node)
                    affinity = self._affinity(request, node, snapshot)
                    request = counted(with_turns_before(request, snapshot.sessions, affinity, self._now_ns()), node)
                    count = token_count(request, plan, snapshot.desk)
                    if count is not None:
                        await delivery.whole(*count)
                        return
                    delivery.journey = journey = Journey(request, plan, node, affinity)
                    if taken_over is not None and self._drain.cuts:
                        taken_over.cut(journey, self._now_ns())
                        self._drain.admit()  # which turns it away now
                    self.lanes.consider(request, snapshot, self._now_ns())
                    driver = Driver(journey, delivery, snapshot, self._retry_budget, self._now_ns, taken_over=taken_over)
                    await driver.run(conduct(journey, STRATEGIES[plan.policy.strategy], self._random))
            except RequestError as error:
                await delivery.error(error)
            except asyncio.CancelledError:
                if not delivery.finished:
                    delivery.flag = "client_gone"
                raise
            except Exception:  # noqa: BLE001 - the outermost edge: a fault of ours fails this one request, in the open
                if scope.expired():
                    await delivery.interrupt(ShuttingDown())
                else:
                    _log.exception("request %s failed inside the sidecar", request.id)
                    await delivery.interrupt(InternalError())
            finally:
                self._record(request, delivery, driver, snapshot.config.revision)
                delivery.close()

    def _affinity(self, request: Request, node: Node | None, snapshot: Snapshot) -> Affinity | None:
        """The session of a request, if sessions are remembered."""
        if snapshot.sessions is None:
            return None
        return affinity_of(
            snapshot.sessions,
            request.headers,
            caller=None if node is None else node.name,
            target=request.target,
            now_ns=self._now_ns(),
            previous_response_id=request.envelope.previous_response_id,
        )

    def foresee(self, request: Request, fault: str) -> Route:
        """Tell what would happen to a request now, if every call failed. See `pyproxy.orchestration.dry_run.foresee`."""
        with self._snapshots.hold() as snapshot:
            return foresee(snapshot, request, fault)

    async def drain(self, grace_s: float) -> None:
        """Take no more requests; those under way may finish within `grace_s` seconds, and are then cut in the open."""
        await self._drain.run(grace_s)

    def hurry(self) -> None:
        """Let a drain wait no longer for those under way."""
        self._drain.hurry()

    def _record(self, request: Request, delivery: Delivery, driver: Driver | None, revision: str) -> None:
        journey, ended_ns = delivery.journey, self._now_ns()
        served_by = None if journey is None else journey.served_by
        record = RequestRecord(
            request_id=request.id,
            route=request.route,
            status=delivery.status,
            flag=delivery.flag,
            target=request.target,
            attempts=() if journey is None else journey.all_attempts(ended_ns, delivery.flag),
            provider="-" if served_by is None else served_by.provider,
            model="-" if served_by is None else served_by.model,
            stream=request.stream,
            queue_ns=0 if journey is None else journey.queue_ns,
            first_byte_ns=None if delivery.first_byte_ns is None else delivery.first_byte_ns - request.arrived_ns,
            total_ns=ended_ns - request.arrived_ns,
            sent_bytes=delivery.sent_bytes,
            usage=None if driver is None else driver.usage,
            revision=revision,
            node="-" if journey is None or journey.node is None else journey.node.name,
        )
        self.lanes.look()  # what ended before is told of before
        self._observers(record)
