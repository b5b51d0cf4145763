"""Takes a request from its name to its end: resolve, conduct, record. The one way in for every ingress."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from pyproxy.domain import RequestRecord
from pyproxy.errors import InternalError, RequestError
from pyproxy.orchestration.delivery import Delivery
from pyproxy.orchestration.driver import Driver
from pyproxy.orchestration.engine import conduct
from pyproxy.orchestration.journey import Journey
from pyproxy.orchestration.strategies import STRATEGIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.admission import AdmissionDesk
    from pyproxy.domain import ChatRequest
    from pyproxy.orchestration.ingress import Exchange
    from pyproxy.providers.transport import Transport
    from pyproxy.routing import Resolver

__all__ = ["Orchestrator"]

_log = logging.getLogger("pyproxy")


class Orchestrator:
    """Serves requests over one snapshot of the configuration."""

    def __init__(
        self,
        resolver: Resolver,
        desk: AdmissionDesk,
        transport: Transport,
        observers: tuple[Callable[[RequestRecord], None], ...] = (),
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._resolver = resolver
        self._desk = desk
        self._transport = transport
        self._observers = observers
        self._now_ns = now_ns
        self._random = random.Random()  # noqa: S311 - jitter, not secrets

    async def handle(self, request: ChatRequest, exchange: Exchange) -> None:
        """Answer one request. Cancelling this call ends it everywhere: upstream, in back-off, and in the limits."""
        delivery = Delivery(exchange, request.id, self._now_ns)
        driver: Driver | None = None
        try:
            plan = self._resolver.resolve(request.target, request.fallback_groups)
            delivery.journey = journey = Journey(request, plan)
            driver = Driver(journey, delivery, self._desk, self._transport, self._now_ns)
            await driver.run(conduct(journey, STRATEGIES[plan.policy.strategy], self._random))
        except RequestError as error:
            await delivery.error(error)
        except asyncio.CancelledError:
            delivery.flag = "client_gone" if delivery.flag == "-" else delivery.flag
            raise
        except Exception:  # noqa: BLE001 - the one place that may, and it tells
            # The outermost edge: a fault of ours fails this one request, in the open.
            _log.exception("request %s failed inside the sidecar", request.id)
            await _fail(delivery)
        finally:
            self._record(request, delivery, driver)

    async def refuse(self, request_id: str, route: str, error: RequestError, exchange: Exchange) -> None:
        """Answer a request that could not even be read."""
        arrived_ns = self._now_ns()
        delivery = Delivery(exchange, request_id, self._now_ns)
        await delivery.error(error)
        self._tell(_record(delivery, request_id, route, arrived_ns, self._now_ns()))

    def _record(self, request: ChatRequest, delivery: Delivery, driver: Driver | None) -> None:
        record = _record(delivery, request.id, request.route, request.arrived_ns, self._now_ns())
        usage = None if driver is None else driver.usage
        self._tell(replace(record, target=request.target, stream=request.stream, usage=usage))

    def _tell(self, record: RequestRecord) -> None:
        for observer in self._observers:
            observer(record)


async def _fail(delivery: Delivery) -> None:
    if delivery.status is None:
        await delivery.error(InternalError("The sidecar failed at this request; its log has the details under the request id."))
    else:
        delivery.abort()
    delivery.flag = InternalError.code


def _record(delivery: Delivery, request_id: str, route: str, arrived_ns: int, ended_ns: int) -> RequestRecord:
    journey = delivery.journey
    served_by = None if journey is None else journey.served_by
    return RequestRecord(
        request_id=request_id,
        route=route,
        status=delivery.status,
        flag=delivery.flag,
        target="-",
        attempts=() if journey is None else journey.all_attempts(ended_ns),
        provider="-" if served_by is None else served_by.provider,
        model="-" if served_by is None else served_by.model,
        stream=False,
        queue_ns=0,
        first_byte_ns=None if delivery.first_byte_ns is None else delivery.first_byte_ns - arrived_ns,
        total_ns=ended_ns - arrived_ns,
        sent_bytes=delivery.sent_bytes,
        usage=None,
    )
