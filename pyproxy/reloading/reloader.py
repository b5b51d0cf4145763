"""One reload at a time: read, compare, prepare, swap; and what became of the last one."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, NamedTuple

from pyproxy.config.changes import Changes, ReloadReport, compare, needing_restart
from pyproxy.config.quiet import no_collections
from pyproxy.errors import ConfigError, ShuttingDown
from pyproxy.observe.observers import tell
from pyproxy.reloading.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.config import Config, Fault
    from pyproxy.observe.metrics import Metric
    from pyproxy.reloading.assembly import Assembly, Prepared
    from pyproxy.reloading.source import ConfigSource

__all__ = ["Reloader"]

_log = logging.getLogger("pyproxy")
_MOST_SHOWN = 5


class _Next(NamedTuple):
    """What is to come into force; `prepared` is None if nothing changed."""

    prepared: Prepared | None
    config: Config
    changes: Changes
    faults: tuple[Fault, ...]
    left_out: tuple[Fault, ...]


class Reloader:
    """Puts what its source says into force, or keeps the last good configuration and says why.

    Attributes:
        started: the configuration that the server was started with, once it is.
        failure: why the source cannot be used, if the last reload found that.
    """

    def __init__(self, source: ConfigSource, assembly: Assembly, warnings: tuple[Fault, ...] = ()) -> None:
        """Begin with what the assembly serves.

        Args:
            source: where the configuration comes from.
            assembly: puts it into force.
            warnings: those of the first reading, which are told already.
        """
        self.started: Config | None = None
        self.failure: ConfigError | None = None
        self._source = source
        self._assembly = assembly
        self._listeners: list[Callable[[ReloadReport], object]] = []
        self._ledger = Ledger()
        self._one_at_a_time = asyncio.Lock()
        self._ended = False
        self._content = ""
        self._latest: ConfigError | None = None
        self._told: tuple[str, str] | None = None
        self._warned = frozenset(map(str, warnings))
        self._left_out = source.left_out

    def on_reload(self, listener: Callable[[ReloadReport], object]) -> None:
        """Call `listener` after each reload that changed something; one that fails is logged and disturbs nobody."""
        self._listeners.append(listener)

    async def reload(self) -> ReloadReport:
        """Read the source again and put it into force.

        Raises:
            ConfigError: it cannot be used, and the last good configuration stays. The log says so once for each content.
            ShuttingDown: the sidecar is stopping.
        """
        try:
            return await self.attempt()
        except ConfigError as error:
            self.reject(error)
            raise

    async def attempt(self) -> ReloadReport:
        """As `reload`; a failure is not noted yet, since a file may be written by half."""
        async with self._one_at_a_time:
            if self._ended:
                raise ShuttingDown
            try:
                to_come = await asyncio.to_thread(self._read_and_prepared)
            except ConfigError as error:
                self._latest = error
                raise
            return self._put_into_force(to_come)

    def reject(self, error: ConfigError) -> None:
        """Note that the source cannot be used, and log why, unless that is known of this content, or it has been read again since."""
        if error is not self._latest:
            return
        self.failure = error
        self._ledger.note("refused")
        told = (self._content, error.message)
        if told != self._told:
            self._told = told
            _log.error("the configuration was not reloaded, revision %s stays: %s", self._current.revision, error, exc_info=error.__cause__)

    def state(self) -> dict[str, object]:
        """What probes are told: the revision, what was left out of it, what waits for a restart, and why the source cannot be used."""
        state: dict[str, object] = {"revision": self._current.revision}
        if waiting := self._needs_restart(self._current):
            state["needs_restart"] = list(waiting)
        if self._left_out:
            state["left_out"] = {"count": len(self._left_out), "faults": [str(fault) for fault in self._left_out[:_MOST_SHOWN]]}
        if self.failure is not None:
            faults = [str(fault) for fault in self.failure.faults if getattr(fault, "severity", "error") == "error"]
            message = self.failure.message.partition("\n")[0]
            state["reload_error"] = {"message": message, "faults": faults[:_MOST_SHOWN]}
        return state

    def metrics(self) -> tuple[Metric, ...]:
        """The revision in force, and what became of the reloads."""
        return self._ledger.metrics(self._current.revision)

    async def end(self) -> None:
        """Put nothing into force any more; a reload under way comes to its end first."""
        async with self._one_at_a_time:
            self._ended = True

    @property
    def _current(self) -> Config:
        return self._assembly.snapshots.current.config

    def _read_and_prepared(self) -> _Next:
        with no_collections():
            return self._next()

    def _next(self) -> _Next:
        """All that takes its time; runs in a thread, and touches nothing that serves."""
        try:
            reading = self._source.read()
            self._content = reading.content
            config = reading.config
            if config is not None:
                changes = compare(self._current, config)
                return _Next(self._assembly.prepare(config) if changes else None, config, changes, reading.faults, reading.left_out)
        except Exception as error:
            raise ConfigError(f"{self._source.path or 'the configuration'} could not be prepared: {error!r}") from error
        raise self._source.error(reading.faults)

    def _put_into_force(self, to_come: _Next) -> ReloadReport:
        old = self._current
        if to_come.prepared is not None:
            self._assembly.swap(to_come.prepared)
        self.failure = self._latest = self._told = None
        self._left_out = to_come.left_out
        self._warn(to_come.faults)
        self._ledger.note("changed" if to_come.changes else "unchanged")
        report = ReloadReport(old.revision, to_come.config.revision, to_come.changes, self._needs_restart(to_come.config), to_come.faults)
        if to_come.changes:
            tell(self._listeners, report, f"the reload to revision {report.revision}")
        return report

    def _warn(self, faults: tuple[Fault, ...]) -> None:
        """Log each warning once as long as it stands, also of what is not served: a part that is left out may be a new one."""
        before, self._warned = self._warned, frozenset(map(str, faults))
        for fault in faults:
            if str(fault) not in before:
                _log.warning("%s: %s", fault.severity, fault)

    def _needs_restart(self, config: Config) -> tuple[str, ...]:
        return () if self.started is None else needing_restart(self.started, config)
