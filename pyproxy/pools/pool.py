"""A pool for programs that make their calls themselves: who is next, held as long as the call lasts, and always given back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pyproxy.admission import Caller, Lease
from pyproxy.domain import Usage
from pyproxy.domain.instances import node_scope
from pyproxy.errors import AdmissionRefused, PoolNotFound
from pyproxy.pools.status import pool_status

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine, Generator
    from types import TracebackType
    from typing import Any

    from pyproxy.admission import AdmissionDesk, Refused
    from pyproxy.domain import Step
    from pyproxy.orchestration import Snapshots
    from pyproxy.pools.status import PoolStatus

__all__ = ["Handout", "HeldInstance", "PollingPool", "Pools"]

# The refusals that time can end.
_OF_ROOM = frozenset(("concurrency", "rate", "blocked", "reserved"))
_MOST_SHOWN = 10


class HeldInstance:
    """An instance whose turn it is, with permits at every level; given back once, however often it is asked.

    Attributes:
        instance: its name.
        model: the model's key in the configuration.
        provider: the provider's name.
        upstream_model: the name the provider knows the model by.
    """

    def __init__(self, lease: Lease, now_ns: Callable[[], int]) -> None:
        self._lease = lease
        self._now_ns = now_ns
        self.instance = lease.candidate.instance
        self.model = lease.candidate.model
        self.provider = lease.candidate.provider
        self.upstream_model = lease.candidate.upstream_model

    def release(self, *, ok: bool | None = True, usage: tuple[int, int] | None = None) -> None:
        """Give it back, and say how the call went: well, badly, or (None) in a way that says nothing about the instance.

        Args:
            ok: how it went.
            usage: prompt and completion tokens, if they are known.
        """
        now_ns, cost = self._now_ns(), None if usage is None else Usage(*usage)
        if ok:
            self._lease.committed(now_ns)
            self._lease.delivered(now_ns, cost)
        elif ok is None:
            self._lease.dropped(now_ns, cost)
        else:
            self._lease.broke(now_ns, cost)


class Handout:
    """An instance to be had: ``async with`` it, or await it and release it yourself.

    Of a block that ends with an exception it is said that the call went badly; of one that is cancelled, nothing.

    Raises:
        AdmissionRefused: nobody has room, or everybody is left alone for earlier failures.
    """

    def __init__(self, take: Callable[[], Coroutine[Any, Any, HeldInstance]]) -> None:
        self._take = take
        self._entered = False
        self._held: HeldInstance | None = None

    def __await__(self) -> Generator[Any, None, HeldInstance]:
        """Wait for the instance."""
        return self._take().__await__()

    async def __aenter__(self) -> HeldInstance:
        if self._entered:
            raise RuntimeError("this handout has been entered before: call get_instance() for each")
        self._entered = True
        self._held = await self._take()
        return self._held

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._held is not None:
            self._held.release(ok=True if error is None else False if isinstance(error, Exception) else None)


class PollingPool:
    """One pool; it follows the configuration in force.

    Attributes:
        name: its name.
    """

    def __init__(self, name: str, snapshots: Snapshots, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self.name = name
        self._snapshots = snapshots
        self._now_ns = now_ns

    def status(self) -> PoolStatus:
        """Tell its instances and how each does.

        Raises:
            PoolNotFound: the configuration in force has no such pool.
        """
        self._step()
        return pool_status(self._snapshots.current, self.name, self._now_ns())

    def get_instance(self, *, node: str | None = None, max_wait: float | None = None) -> Handout:
        """Whose turn it is, as a request would find it: limits, breakers and credentials hold.

        Args:
            node: the caller's name; its limits apply if it is configured.
            max_wait: seconds worth waiting for room; as the pool's groups say unless given.
        """
        return Handout(lambda: self._take(self._caller(node), max_wait))

    def release_instance(self, held: HeldInstance, *, ok: bool | None = True) -> None:
        """Give an instance back; see `HeldInstance.release`."""
        held.release(ok=ok)

    async def _take(self, caller: Caller, max_wait: float | None) -> HeldInstance:
        step, desk = self._step()
        now_ns = self._now_ns()
        verdict = desk.admit(step, caller, excluded=(), only=None, now_ns=now_ns)
        until_ns = now_ns + round((step.max_queue_wait if max_wait is None else max_wait) * 1e9)
        if not isinstance(verdict, Lease) and verdict.reason in _OF_ROOM and now_ns + (verdict.retry_after_ns or 0) < until_ns:
            verdict = await desk.wait(step, caller, excluded=(), only=None, refused=verdict.scope, until_ns=until_ns, now_ns=now_ns)
        if isinstance(verdict, Lease):
            return HeldInstance(verdict, self._now_ns)
        raise _refused(self.name, verdict)

    def _caller(self, node: str | None) -> Caller:
        if node is None or node not in self._snapshots.current.config.nodes:
            return Caller()
        return Caller((node_scope(node),), node_scope(node))

    def _step(self) -> tuple[Step, AdmissionDesk]:
        snapshot = self._snapshots.current
        if self.name not in snapshot.config.polling_pools:
            raise _not_found(self.name, snapshot.config.polling_pools)
        return snapshot.resolver.resolve(self.name).steps[0], snapshot.desk


class Pools:
    """The pools of the configuration in force."""

    def __init__(self, snapshots: Snapshots, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._snapshots = snapshots
        self._now_ns = now_ns

    def get(self, name: str) -> PollingPool:
        """The pool of this name.

        Raises:
            PoolNotFound: there is none.
        """
        pools = self._snapshots.current.config.polling_pools
        if name not in pools:
            raise _not_found(name, pools)
        return PollingPool(name, self._snapshots, self._now_ns)

    def statuses(self) -> tuple[PoolStatus, ...]:
        """The status of each, in the order of the configuration."""
        snapshot, now_ns = self._snapshots.current, self._now_ns()
        return tuple(pool_status(snapshot, name, now_ns) for name in snapshot.config.polling_pools)


def _not_found(name: str, pools: Collection[str]) -> PoolNotFound:
    known = f"There is {', '.join(list(pools)[:_MOST_SHOWN])}." if pools else "None is configured."
    return PoolNotFound(f"There is no polling pool '{name[:200]}' here. {known}")


def _refused(pool: str, refused: Refused) -> AdmissionRefused:
    message = f"{pool} has nobody to ask now: {refused.scope or 'nobody is left'} ({refused.reason})"
    return AdmissionRefused(message, reason=refused.reason, scope=refused.scope, retry_after_ns=refused.retry_after_ns)
