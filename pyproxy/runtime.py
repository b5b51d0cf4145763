"""The composition root: the only place that wires parts together."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pyproxy.config.watched import signature
from pyproxy.embedded import EmbeddedClient
from pyproxy.http import build_app
from pyproxy.http.binding import bind_tcp, bind_unix
from pyproxy.http.deadlines import Deadlines
from pyproxy.http.server import HttpServer
from pyproxy.observe.observers import Observers
from pyproxy.orchestration import Orchestrator
from pyproxy.pools import HealthChecks, Pools
from pyproxy.reloading import Assembly, ConfigSource, Reloader, Watcher

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from pyproxy.config import Config, Fault
    from pyproxy.config.changes import ReloadReport
    from pyproxy.domain import RequestRecord
    from pyproxy.embedded import Completion
    from pyproxy.pools import PollingPool, PoolStatus
    from pyproxy.providers.transport import Transport
    from pyproxy.rust_core import _ScopeSnapshot as ScopeSnapshot

__all__ = ["Sidecar"]


class Sidecar:
    """The sidecar inside a program: with a server, without one, or both at once.

    ``async with Sidecar("pyproxy.yaml") as sidecar`` answers `generate` calls without a server; `start` adds one. Either follows the
    file, unless its ``server.hot_reload`` is false.

    Attributes:
        warnings: what the author of the configuration it began with should know.
    """

    def __init__(
        self,
        config: str | Path | Mapping[str, Any] | Config,
        *,
        environ: Mapping[str, str] | None = None,
        transport: Transport | None = None,
        observers: Sequence[Callable[[RequestRecord], None]] = (),
    ) -> None:
        """Read the configuration and wire the parts; nothing is opened yet.

        Args:
            config: a file, a mapping in the same shape, or a configuration that is loaded already. `reload` reads the first two again.
            environ: where ``${VAR}`` looks; the process's environment unless given.
            transport: replaces the transport to the providers, for tests.
            observers: called with the record of each finished request.

        Raises:
            ConfigError: with every fault found.
        """
        source = ConfigSource(config, environ)
        seen = {} if source.path is None else signature(source.path)
        reading = source.read()
        if reading.config is None:
            raise source.error(reading.faults)
        self.warnings: tuple[Fault, ...] = reading.faults
        self._assembly = Assembly(reading.config, transport)
        self._reloader = Reloader(source, self._assembly)
        self._watcher = None if source.path is None else Watcher(source.path, seen, self._reloader, lambda: self.config.server)
        self._tell = Observers(observers)
        self._orchestrator = Orchestrator(self._assembly.snapshots, self._tell)
        self._client = EmbeddedClient(self._orchestrator)
        self._pools = Pools(self._assembly.snapshots)
        self._checks = HealthChecks(self._assembly.snapshots)
        self._reloader.on_reload(lambda _: self._checks.follow())
        self._server: HttpServer | None = None
        self._address: str | None = None
        self._uds: Path | None = None
        self._draining = False

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self._assembly.snapshots.current.config

    @property
    def address(self) -> str:
        """Where the server listens, such as ``http://127.0.0.1:8484``; empty before `start`."""
        return self._address or ""

    @property
    def base_url(self) -> str:
        """What a client sets as its ``base_url``: the address with ``/v1``."""
        return f"{self.address}/v1"

    @property
    def targets(self) -> list[str]:
        """Every name a request may ask for."""
        return self._assembly.snapshots.current.resolver.targets()

    def limits(self) -> list[ScopeSnapshot]:
        """Each scope's permits and levels now, as the core keeps them."""
        return self._assembly.limits()

    def pools(self) -> tuple[PoolStatus, ...]:
        """Each polling pool with its instances, and how each does."""
        return self._pools.statuses()

    def pool(self, name: str) -> PollingPool:
        """One polling pool, for programs that make their calls themselves: ``async with sidecar.pool("p").get_instance() as next_one``.

        Raises:
            PoolNotFound: there is none of that name.
        """
        return self._pools.get(name)

    def on_reload(self, listener: Callable[[ReloadReport], object]) -> None:
        """Call `listener` after each reload that changed something, with key paths and revisions; values are never told."""
        self._reloader.on_reload(listener)

    async def reload(self) -> ReloadReport:
        """Read the configuration again and put it into force in one step; requests under way end with the one they began with.

        Raises:
            ConfigError: it cannot be used; the one in force stays.
            ShuttingDown: the sidecar is stopping.
        """
        return await self._reloader.reload()

    async def start(self, *, host: str | None = None, port: int | None = None, uds: str | None = None) -> None:
        """Serve HTTP until `stop`, and follow the configuration's file; arguments replace the ``server`` settings.

        Raises:
            BindError: the address cannot be had.
        """
        settings = self.config.server
        sockets = bind_unix(uds) if uds else bind_tcp(host or settings.host, settings.port if port is None else port)
        deadlines = Deadlines()
        app = build_app(
            orchestrator=self._orchestrator,
            targets=lambda: self.targets,
            ready=lambda: not self._draining,
            config_state=self._reloader.state,
            settings=lambda: self.config.server,
            reload=self.reload,
            pools=self.pools,
            deadlines=deadlines,
            version=version("pyproxy"),
            tell=self._tell,
        )
        self._server = HttpServer(app, sockets, deadlines)
        self._uds = Path(uds) if uds else None
        self._address = f"unix:{uds}" if uds else _url(host or settings.host, sockets[0])
        self._reloader.started = self.config
        await self._server.start()
        self._follow()

    async def stop(self) -> None:
        """Let requests under way finish within the drain time, cut the rest, then close every connection.

        The server listens to the end of that time: probes are answered, and new requests refused, while others finish.
        """
        self._draining = True
        try:
            await self._orchestrator.drain(self.config.server.drain_timeout)
            if self._server is not None:
                await self._server.stop()
        finally:
            if self._uds is not None:
                self._uds.unlink(missing_ok=True)
            if self._watcher is not None:
                await self._watcher.stop()
            await self._reloader.end()
            await self._checks.stop()
            await self._assembly.aclose()

    def hurry(self) -> None:
        """Let `stop` wait no longer: what still runs is cut now, and its clients are told so."""
        self._orchestrator.hurry()

    async def generate(
        self, target: str, messages: str | Sequence[Mapping[str, Any]], *, node: str | None = None, **parameters: Any
    ) -> Completion:
        """Ask a target and wait for the whole answer, on the path that every request takes.

        Args:
            target: a group, ``group.echelon``, pool, model, node, wrapper or alias.
            messages: the turns as the OpenAI API writes them, or a text as the user's only turn.
            node: the caller's name; its limits apply if it is configured.
            **parameters: further fields of the request, such as ``temperature`` or ``max_tokens``.

        Raises:
            RequestError: the request could not be answered; see `pyproxy.errors`.
        """
        return await self._client.generate(target, messages, node=node, **parameters)

    def _follow(self) -> None:
        if self._draining:
            return
        if self._watcher is not None:
            self._watcher.start()
        self._checks.start()

    async def __aenter__(self) -> Self:
        self._follow()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()


def _url(host: str, listener: socket.socket) -> str:
    port = listener.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
