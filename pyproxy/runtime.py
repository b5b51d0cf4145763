"""The composition root: the only place that wires parts together."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from pyproxy.config.sessions import sessions_file
from pyproxy.embedded import Asking, EmbeddedClient, Home
from pyproxy.http import build_app
from pyproxy.http.binding import bind_tcp, bind_unix
from pyproxy.http.deadlines import Deadlines
from pyproxy.http.native_server import NativeHttpServer
from pyproxy.native import Bridge
from pyproxy.observe.alerts import Alerts
from pyproxy.observe.observers import Observers
from pyproxy.orchestration import Orchestrator
from pyproxy.plugins import import_plugins
from pyproxy.pools import HealthChecks, Pools
from pyproxy.providers.native_transport import NativeTransports
from pyproxy.reloading import Assembly, ConfigSource, Reloader, Watcher
from pyproxy.sessions import SessionKeeper
from pyproxy.status import Status, foreseen

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from pyproxy.config import Config, Fault
    from pyproxy.config.changes import ReloadReport
    from pyproxy.domain import Plan, RequestRecord
    from pyproxy.http.edge import Edge
    from pyproxy.http.server import HttpServer
    from pyproxy.observe.alerts import Alert
    from pyproxy.pools import PollingPool, PoolStatus
    from pyproxy.providers.connections import Transports
    from pyproxy.providers.transport import Transport
    from pyproxy.rust_core import _ScopeSnapshot as ScopeSnapshot

__all__ = ["Io", "Sidecar"]

Io: TypeAlias = Literal["native", "python"]
DEFAULT_IO: Io = "native"


class Sidecar(Asking):
    """The sidecar inside a program: with a server, without one, or both at once.

    ``async with Sidecar("pyproxy.yaml") as sidecar`` answers `generate` and `stream` without a server, and so does ``with`` for programs
    without an event loop, by `generate_sync` and `stream_sync`; `start` adds a server. Either follows the file, unless its
    ``server.hot_reload`` is false.

    All of it runs on one event loop: that of whoever calls `start` first, else one in a thread of its own, which begins with the first
    use and ends with `stop`. Calls may come from any event loop and any thread.

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
        own_thread: bool | None = None,
        io: Io | None = None,
    ) -> None:
        """Read the configuration and wire the parts; nothing is opened yet.

        Args:
            config: a file, a mapping in the same shape, or a configuration that is loaded already. `reload` reads the first two again.
            environ: where ``${VAR}`` looks; the process's environment unless given.
            transport: replaces the transport to the providers, for tests.
            observers: called with the record of each finished request, on the sidecar's own loop.
            io: what moves the bytes: ``native``, threads of the extension, or ``python``, uvicorn and httpx2.
            own_thread: true to serve from a thread of its own, too, so that `generate_sync` may be called on the loop that calls `start`;
                false to run on the event loop of the first use, whatever it is, and start no thread.

        Raises:
            ConfigError: with every fault found.
        """
        source = ConfigSource(config, environ)
        seen = source.signature()
        reading = source.read()
        if reading.config is None:
            raise source.error(reading.faults)
        import_plugins(reading.config.plugins)
        self.warnings: tuple[Fault, ...] = reading.faults
        self._alerts = Alerts()
        self._bridge = Bridge() if (io or DEFAULT_IO) == "native" else None
        transports = _portable_transports() if self._bridge is None else NativeTransports(self._bridge)
        self._assembly = Assembly(reading.config, transports, transport, alert=self._alerts)
        self._reloader = Reloader(source, self._assembly, reading.faults)
        self._watcher = None if source.path is None else Watcher(source, seen, self._reloader, lambda: self.config.server)
        kept_in = sessions_file(reading.config.sessions, source.path, environ)
        self._keeper = None if kept_in is None else SessionKeeper(self._assembly.sessions, kept_in)
        self._status = Status(self._assembly.snapshots, self.limits, self._alerts, version("pyproxy"))
        self._tell = Observers((*self._status.observers, *observers))
        self._orchestrator = Orchestrator(self._assembly.snapshots, self._tell)
        self._home = Home(own_thread=own_thread)
        super().__init__(EmbeddedClient(self._orchestrator, self._home))
        self._pools = Pools(self._assembly.snapshots)
        self._checks = HealthChecks(self._assembly.snapshots, alert=self._alerts)
        self._reloader.on_reload(lambda _: self._status.follow())
        self._reloader.on_reload(lambda _: self._checks.follow())
        self._server: HttpServer | NativeHttpServer | None = None
        self._address: str | None = None
        self._uds: Path | None = None
        self._draining = False
        self._followed = False

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

    def plan(self, target: str) -> Plan:
        """Where a request for `target` can go, in the order in which it would.

        Raises:
            TargetNotFound: no target has that name.
        """
        return self._assembly.snapshots.current.resolver.resolve(target)

    def observe(self, observer: Callable[[RequestRecord], None]) -> None:
        """Call `observer` with the record of each request that ends from now on, as with the observers given at the start."""
        self._orchestrator.lanes.look()  # what ended before is not told of
        self._tell.add(observer)
        self._orchestrator.lanes.follow_observers()

    def on_alert(self, listener: Callable[[Alert], object]) -> None:
        """Call `listener` with each alert from now on: of breakers, credentials, checks, and of fallbacks that are too many.

        It is called on the sidecar's own loop, and should be quick; one that fails is logged and disturbs nobody.
        """
        self._alerts.listen(listener)

    @property
    def status(self) -> Status:
        """What ``GET /admin/v1/status`` and its like tell, for programs: ``sidecar.status.overview()``, ``sidecar.status.groups()``."""
        self._orchestrator.lanes.look()
        return self._status

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
        return await self._home.run(self._reloader.reload)

    async def start(self, *, host: str | None = None, port: int | None = None, uds: str | None = None) -> None:
        """Serve HTTP until `stop`, and follow the configuration's file; arguments replace the ``server`` settings.

        Raises:
            BindError: the address cannot be had.
        """
        self._home.settle_here()
        await self._home.run(lambda: self._start(host, port, uds))

    async def _start(self, host: str | None, port: int | None, uds: str | None) -> None:
        settings = self.config.server
        sockets = bind_unix(uds) if uds else bind_tcp(host or settings.host, settings.port if port is None else port)
        deadlines = Deadlines()
        app = build_app(
            orchestrator=self._orchestrator,
            targets=lambda: self.targets,
            knows=lambda name: name in self._assembly.snapshots.current.resolver,
            ready=lambda: not self._draining,
            config_state=self._reloader.state,
            metrics=lambda: (*self._reloader.metrics(), *self._status.metrics()),
            settings=lambda: self.config.server,
            reload=self.reload,
            pools=self.pools,
            views=self._status.views(),
            foresee=lambda fields: foreseen(self.route, fields),
            deadlines=deadlines,
            version=version("pyproxy"),
            tell=self._tell,
        )
        if self._bridge is None:
            self._server = _portable_server(app, sockets, deadlines)
        else:
            self._server = NativeHttpServer(app, sockets, deadlines, self._bridge, self._orchestrator.lanes)
        self._uds = Path(uds) if uds else None
        self._address = f"unix:{uds}" if uds else _url(host or settings.host, sockets[0])
        self._reloader.started = self.config
        await self._follow()
        await self._server.start()

    async def stop(self) -> None:
        """Let requests under way finish within the drain time, cut the rest, then close every connection.

        The server listens to the end of that time: probes are answered, and new requests refused, while others finish.
        """
        if self._home.closed:
            return
        try:
            await self._home.run(self._stop)
        finally:
            await self._home.close()

    async def _stop(self) -> None:
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
            if self._keeper is not None:
                await self._keeper.aclose()
            await self._assembly.aclose()
            if self._bridge is not None:
                self._bridge.close()

    def hurry(self) -> None:
        """Let `stop` wait no longer: what still runs is cut now, and its clients are told so."""
        self._home.post(self._orchestrator.hurry)

    async def _follow(self) -> None:
        """Begin what goes on beside the requests, if it has not begun yet."""
        if self._followed or self._draining:
            return
        self._followed = True
        if self._keeper is not None:
            self._keeper.start()
        if self._watcher is not None:
            self._watcher.start()
        self._checks.start()

    async def __aenter__(self) -> Self:
        await self._home.run(self._follow)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()

    def __enter__(self) -> Self:
        self._home.wait(self._follow)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._home.closed:
            return
        try:
            self._home.wait(self._stop)
        finally:
            self._home.close_and_wait()


# What moves the bytes in Python is loaded where it does: it takes time and memory.


def _portable_transports() -> Transports[Any]:
    from pyproxy.providers.httpx_transport import HttpxTransports  # noqa: PLC0415

    return HttpxTransports()


def _portable_server(edge: Edge, sockets: list[socket.socket], deadlines: Deadlines) -> HttpServer:
    from pyproxy.http.server import HttpServer  # noqa: PLC0415

    return HttpServer(edge, sockets, deadlines)


def _url(host: str, listener: socket.socket) -> str:
    port = listener.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
