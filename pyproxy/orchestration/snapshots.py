"""What requests are served with: one immutable snapshot of the configuration at a time, and those that requests still hold."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyproxy.admission import AdmissionDesk
    from pyproxy.config import Config
    from pyproxy.providers.transport import Transport
    from pyproxy.routing import Resolver
    from pyproxy.sessions import Sessions

__all__ = ["Snapshot", "Snapshots"]


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A configuration, ready to serve.

    Attributes:
        config: what was read.
        resolver: its targets, compiled.
        desk: admission through its scopes, whose state all snapshots share.
        transport: calls its instances.
        scopes: the keys of the scopes that its requests pass.
        sessions: who served which conversation, if that is remembered; all snapshots share it.
    """

    config: Config
    resolver: Resolver
    desk: AdmissionDesk
    transport: Transport
    scopes: frozenset[str]
    sessions: Sessions | None = None


class Snapshots:
    """The snapshot in force, behind one reference, and a count of who holds which.

    A snapshot retires once it is no more in force and its last request has ended; each retires once.

    Attributes:
        current: the snapshot in force.
    """

    def __init__(self, first: Snapshot, retired: Callable[[Snapshot], None]) -> None:
        self.current = first
        self._holders = {first: 0}
        self._retired = retired
        self._on_swap: list[Callable[[], None]] = []

    def on_swap(self, listener: Callable[[], None]) -> None:
        """Call `listener` in the same step in which another snapshot comes into force."""
        self._on_swap.append(listener)

    @property
    def live(self) -> tuple[Snapshot, ...]:
        """Those that have not retired, the oldest first; the last one is in force."""
        return tuple(self._holders)

    @contextlib.contextmanager
    def hold(self, snapshot: Snapshot | None = None) -> Iterator[Snapshot]:
        """Keep the snapshot that is in force now, whatever comes into force meanwhile; or this one, which somebody else holds."""
        snapshot = self.current if snapshot is None else snapshot
        self._holders[snapshot] += 1
        try:
            yield snapshot
        finally:
            self._holders[snapshot] -= 1
            self._retire_if_done(snapshot)

    def swap(self, snapshot: Snapshot) -> None:
        """Put another snapshot into force: from here on every request begins with it."""
        before, self.current = self.current, snapshot
        self._holders[snapshot] = 0
        for listener in self._on_swap:
            listener()
        self._retire_if_done(before)

    def _retire_if_done(self, snapshot: Snapshot) -> None:
        if snapshot is not self.current and self._holders.get(snapshot) == 0:
            del self._holders[snapshot]
            self._retired(snapshot)
