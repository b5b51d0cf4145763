"""Checks of the pools' instances while nobody asks them: one task, which starts each check in its time.

Checks are spread over their interval, so that not everybody is asked at once, and an instance is never asked twice at one time,
however many pools it is in. What they find goes to what is known of the instance, and to its breaker in each pool.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, cast

from pyproxy.admission.instances import Checked
from pyproxy.observe.alerts import Alert, log_alert
from pyproxy.pools.check import ask, wanted_checks

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.admission import Standing
    from pyproxy.observe.alerts import AlertKind, TellAlert
    from pyproxy.orchestration import Snapshot, Snapshots
    from pyproxy.pools.check import Check, Found, Wanted

__all__ = ["HealthChecks"]

_log = logging.getLogger("pyproxy")

_JITTER = 0.1
_REST_S = 5.0


class HealthChecks:
    """Checks what the snapshot in force wants checked, from `start` to `stop`."""

    def __init__(
        self,
        snapshots: Snapshots,
        now_ns: Callable[[], int] = time.monotonic_ns,
        seed: int | None = None,
        alert: TellAlert = log_alert,
    ) -> None:
        self._snapshots = snapshots
        self._alert = alert
        self._now_ns = now_ns
        self._random = random.Random(seed)  # noqa: S311 - jitter, not secrets
        self._seen: Snapshot | None = None
        self._wanted: dict[Check, Wanted] = {}
        self._due: dict[Check, int] = {}
        self._busy: set[str] = set()
        self._news = asyncio.Event()
        self._started = False
        self._task: asyncio.Task[None] | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._running: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin; as often as need be."""
        self._started = True
        self.follow()

    def follow(self) -> None:
        """Check what the snapshot in force wants, once started; to be called after each reload. There is no task without a check."""
        if not self._started:
            return
        self._look()
        self._news.set()
        if self._task is None and self._wanted:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="health-checks")
            self._task.add_done_callback(self._broke_down)

    async def stop(self) -> None:
        """End every check."""
        self._started = False
        if self._rest is not None:
            self._rest.cancel()
        task, self._task = self._task, None
        ending = (*self._running, *(() if task is None else (task,)))
        for each in ending:
            each.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            self._news.clear()
            self._look()
            now_ns = self._now_ns()
            for check, wanted in self._wanted.items():
                if self._due[check] <= now_ns and not wanted.about(self._busy):
                    self._due[check] = now_ns + self._spread(wanted.interval_ns)
                    self._begin(check, wanted)
            await self._sleep(now_ns)

    def _broke_down(self, task: asyncio.Task[None]) -> None:
        """Say that a fault of ours has ended the task, and begin anew after a rest: what fails to start keeps no other from its turn."""
        if task.cancelled() or task is not self._task:
            return
        self._task = None
        self._rest = asyncio.get_running_loop().call_later(_REST_S, self.follow)
        _log.error("the health checks failed inside the sidecar, and go on in %g s", _REST_S, exc_info=task.exception())

    def _begin(self, check: Check, wanted: Wanted) -> None:
        """Start a check; the snapshot that wants it stays until it has ended."""
        held = ExitStack()
        snapshot = held.enter_context(self._snapshots.hold())
        self._busy.update(wanted.pools)
        task = asyncio.get_running_loop().create_task(self._ask(snapshot, check, wanted), name=f"health-check {check.asked}")
        self._running.add(task)
        task.add_done_callback(partial(self._ended, wanted, held))

    def _ended(self, wanted: Wanted, held: ExitStack, task: asyncio.Task[None]) -> None:
        held.close()
        self._running.discard(task)
        self._busy.difference_update(wanted.pools)
        self._news.set()
        if not task.cancelled() and task.exception() is not None:
            _log.error("a %s failed inside the sidecar", task.get_name(), exc_info=task.exception())

    def _look(self) -> None:
        """See what is wanted now. A check that was wanted before keeps its time, unless its interval is over sooner."""
        snapshot = self._snapshots.current
        if snapshot is self._seen:
            return
        now_ns, before = self._now_ns(), self._due
        self._seen, self._wanted = snapshot, wanted_checks(snapshot)
        self._due = {
            check: min(before[check], now_ns + wanted.interval_ns)
            if check in before
            else now_ns + round(self._random.random() * wanted.interval_ns)
            for check, wanted in self._wanted.items()
        }

    def _spread(self, interval_ns: int) -> int:
        return round(interval_ns * self._random.uniform(1 - _JITTER, 1 + _JITTER))

    async def _sleep(self, now_ns: int) -> None:
        """Wait for the next check to be due, or for news: an instance that is free again, another configuration."""
        due = min((self._due[check] for check, wanted in self._wanted.items() if not wanted.about(self._busy)), default=None)
        try:
            async with asyncio.timeout(None if due is None else max(0, due - now_ns) / 1e9):
                await self._news.wait()
        except TimeoutError:
            pass

    async def _ask(self, snapshot: Snapshot, check: Check, wanted: Wanted) -> None:
        standing, permit = snapshot.desk.standing, None
        started_ns = self._now_ns()
        if check.prompt is not None:  # a call like any other: limits hold for it
            disabled = standing.credentials.disabled(wanted.instances[0], started_ns)
            permit = None if disabled is not None else snapshot.desk.room_for(check.asked)
            if permit is None:
                return
        try:
            found = await ask(snapshot.transport, check, wanted)
            if permit is not None and not found.ok:
                permit.refund()
            elif permit is not None and found.usage is not None:
                permit.settle(found.usage)
        finally:
            if permit is not None:
                permit.release()
        self._tell(standing, wanted, found, started_ns)

    def _tell(self, standing: Standing, wanted: Wanted, found: Found, started_ns: int) -> None:
        now_ns = self._now_ns()
        checked = Checked(now_ns, found.ok, found.detail)
        if found.refused is not None:
            standing.credentials.disable(wanted.instances[0], found.refused, now_ns)
        for instance, pools in wanted.pools.items():
            state = standing.instances.checked(instance, checked, now_ns - started_ns, now_ns)
            if state is not None:
                kind = cast("AlertKind", f"instance_{state}")
                message = f"{instance} is {state} after a check: {found.detail}"
                self._alert(Alert(kind, instance, message, details={"instance": instance, "found": found.detail}))
            if found.ok is not None:
                for pool in pools:
                    standing.breakers.checked(pool, instance, now_ns, ok=found.ok)
