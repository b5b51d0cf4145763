"""From a configuration to the snapshot in force: prepared beside the one that serves, then put into its place in one step.

What has a stable name outlives the swap: the state of scopes, the turns of schedulers, the connections to a provider. What only the
old configuration knew stays until the last request that began with it has ended.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from pyproxy.admission import (
    AdmissionDesk,
    Breakers,
    ConcurrencyController,
    Credentials,
    Instances,
    LiveScopes,
    Standing,
    TokenEstimates,
    known_instances,
    rated,
    scopes_of,
    token_limits,
)
from pyproxy.errors import ConfigError
from pyproxy.observe.alerts import log_alert
from pyproxy.orchestration import Snapshot, Snapshots
from pyproxy.orchestration.strategies import STRATEGIES
from pyproxy.providers.connections import connections_for
from pyproxy.providers.endpoints import endpoints, fingerprints
from pyproxy.routing import Resolver
from pyproxy.sessions import Sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyproxy.admission import ScopeLimits
    from pyproxy.config import Config
    from pyproxy.observe.alerts import TellAlert
    from pyproxy.providers.connections import Connections, Transports
    from pyproxy.providers.endpoints import Endpoint
    from pyproxy.providers.transport import Transport
    from pyproxy.rust_core import _ScopeSnapshot as ScopeSnapshot

__all__ = ["Assembly", "Prepared"]


class _SessionSettings(TypedDict):
    ttl_ns: int
    max_sessions: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A configuration with everything that could fail done, and nothing live touched."""

    config: Config
    resolver: Resolver
    scopes: tuple[ScopeLimits, ...]
    breakers: Breakers
    endpoints: Mapping[str, Endpoint]
    connections: Mapping[str, Connections]


class Assembly:
    """Owns what lives on from one configuration to the next.

    Attributes:
        snapshots: the snapshot in force and those that requests still hold.
        sessions: who served which conversation.
    """

    def __init__(
        self,
        config: Config,
        transports: Transports[Any],
        transport: Transport | None = None,
        now_ns: Callable[[], int] = time.monotonic_ns,
        alert: TellAlert = log_alert,
    ) -> None:
        """Assemble the first snapshot; nothing is opened yet.

        Args:
            config: the configuration to begin with.
            transports: makes the transport of each snapshot.
            transport: replaces the transports of all snapshots, for tests.
            now_ns: the clock that limits, breakers and pauses go by.
            alert: is told of breakers and credentials that change.
        """
        self._transports = transports
        self._alert = alert
        self._now_ns = now_ns
        self._controller = ConcurrencyController(clock=now_ns)
        self._scopes = LiveScopes(self._controller)
        self._credentials = Credentials(alert)
        self._tokens = TokenEstimates()
        self.sessions = Sessions(**_sessions(config))
        self._instances = Instances()
        self._given = transport
        self._closing: set[asyncio.Task[None]] = set()
        self._current = first = self._prepare(config, None)
        self.snapshots = Snapshots(self._assembled(first), self._retire)

    def prepare(self, config: Config) -> Prepared:
        """Do everything that may fail or take its time; may run in another thread, one at a time."""
        return self._prepare(config, self._current)

    def swap(self, prepared: Prepared) -> None:
        """Put what was prepared last into force. It cannot fail, and nobody sees half of it: nothing here waits."""
        self._current = prepared
        self.snapshots.swap(self._assembled(prepared))
        self._forget()

    def limits(self) -> list[ScopeSnapshot]:
        """The scopes of the configuration in force, and those that requests still pass."""
        wanted = self.snapshots.current.scopes
        return [scope for scope in self._controller.snapshot() if scope["key"] in wanted or scope["in_flight"]]

    async def aclose(self) -> None:
        """Close every connection; call it when no request is under way."""
        for snapshot in self.snapshots.live:
            self._close(snapshot)
        if self._given is not None:
            await self._given.aclose()
        await asyncio.gather(*self._closing)

    def _prepare(self, config: Config, before: Prepared | None) -> Prepared:
        _check_strategies(config)
        _check_authorities(config)
        return Prepared(
            config=config,
            resolver=Resolver(config, None if before is None else before.resolver),
            scopes=scopes_of(config),
            breakers=Breakers(config, None if before is None else before.breakers, self._alert),
            endpoints=endpoints(config),
            connections=connections_for(
                config, self._transports.connections, None if before is None else (before.config, before.connections)
            ),
        )

    def _assembled(self, prepared: Prepared) -> Snapshot:
        now_ns = self._now_ns()
        self._scopes.define(prepared.scopes)
        prepared.resolver.rotas.take_over(now_ns)
        prepared.breakers.take_over(now_ns)
        self._credentials.follow(fingerprints(prepared.config))
        self.sessions.configure(**_sessions(prepared.config))
        self._instances.follow(known_instances(prepared.config), now_ns)
        standing = Standing(prepared.breakers, self._credentials, self._tokens, self._instances)
        return Snapshot(
            config=prepared.config,
            resolver=prepared.resolver,
            desk=AdmissionDesk(self._controller, standing, token_limits(prepared.scopes), rated(prepared.scopes)),
            transport=self._transports.transport(prepared.endpoints, prepared.connections) if self._given is None else self._given,
            scopes=frozenset(scope.key for scope in prepared.scopes),
            sessions=self.sessions if prepared.config.sessions.enabled else None,
        )

    def _retire(self, snapshot: Snapshot) -> None:
        self._close(snapshot)
        self._forget()

    def _close(self, snapshot: Snapshot) -> None:
        if snapshot.transport is not self._given:
            closing = asyncio.get_running_loop().create_task(snapshot.transport.aclose(), name="close-connections")
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    def _forget(self) -> None:
        used = frozenset[str]().union(*(snapshot.scopes for snapshot in self.snapshots.live))
        self._scopes.keep(used)
        self._tokens.keep(frozenset[str]().union(*(snapshot.config.models for snapshot in self.snapshots.live)))


def _sessions(config: Config) -> _SessionSettings:
    return {"ttl_ns": round(config.sessions.ttl * 1e9), "max_sessions": config.sessions.max_sessions}


def _check_strategies(config: Config) -> None:
    """What a configuration alone cannot know: whether somebody has registered the strategies that it names."""
    for group in config.task_groups.values():
        fallback = group.fallback_config
        if fallback.strategy == "plugin" and fallback.strategy_plugin not in STRATEGIES:
            where = f"task_groups.{group.name}.fallback_config.strategy_plugin"
            advice = f"there is {', '.join(STRATEGIES)}; list the module that registers it under plugins"
            raise ConfigError(f"{where}: nobody has registered '{fallback.strategy_plugin}' ({advice})")


def _check_authorities(config: Config) -> None:
    """What a configuration alone cannot know either: whether there are certificates where it says."""
    for name, provider in config.providers.items():
        if provider.ca_file is not None:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(provider.ca_file)
            except OSError as error:  # ssl.SSLError is one
                raise ConfigError(f"providers.{name}.ca_file: no certificates can be read from {provider.ca_file} ({error})") from None
