"""The four levels of limits: what a configuration says of them, and the core's scopes that follow it while they are in use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pyproxy.admission.controller import ConcurrencyController
from pyproxy.admission.pool_limits import pool_rates
from pyproxy.domain.instances import instance_names, node_scope, pool_scope, wrapper_scope
from pyproxy.rust_core import RateLimit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from pyproxy.config import Config

__all__ = ["LiveScopes", "ScopeLimits", "rated", "scopes_of", "token_limits"]


@dataclass(frozen=True, slots=True)
class ScopeLimits:
    """One scope as a configuration wants it.

    Attributes:
        key: its stable name, under which its state carries over from one configuration to the next.
        parent: the scope above it.
        concurrency: permits at one time, or None.
        rates: limits over windows of time.
        queue_size: how many may wait for room, or None.
        weight: the share of a caller beside others who wait.
    """

    key: str
    parent: str | None
    concurrency: int | None
    rates: tuple[RateLimit, ...] = ()
    queue_size: int | None = None
    weight: int = 1


class _Limited(Protocol):
    @property
    def concurrency_limit(self) -> int | None: ...
    @property
    def rpm_limit(self) -> int | None: ...
    @property
    def tpm_limit(self) -> int | None: ...
    @property
    def queue_size(self) -> int: ...


def scopes_of(config: Config) -> tuple[ScopeLimits, ...]:
    """Every group, echelon, instance, pool and node of `config`, parents first; tried out, so that the core will take them."""
    scopes = tuple(_scopes(config))
    LiveScopes(ConcurrencyController()).define(scopes)
    return scopes


def token_limits(scopes: Iterable[ScopeLimits]) -> dict[str, int]:
    """The smallest limit of tokens of each scope that has one, those of the scopes above it among them."""
    found: dict[str, int] = {}
    for scope in scopes:  # parents come first
        own = [rate.capacity for rate in scope.rates if rate.dimension == "tokens"]
        above = [found[scope.parent]] if scope.parent is not None and scope.parent in found else []
        if own or above:
            found[scope.key] = min((*own, *above))
    return found


def rated(scopes: Iterable[ScopeLimits]) -> frozenset[tuple[str, str]]:
    """The scopes that limit requests or tokens over a window of time, each with what it limits."""
    return frozenset((scope.key, rate.dimension) for scope in scopes for rate in scope.rates)


def _scopes(config: Config) -> Iterator[ScopeLimits]:
    for group in config.task_groups.values():
        yield _limits(group.name, None, group)
        for echelon in group.echelons:
            yield _limits(f"{group.name}.{echelon.name}", group.name, echelon)
    for name, model in config.models.items():
        for instance in instance_names(name, len(config.providers[model.provider].credentials())):
            yield _limits(instance, None, model)
    for name, pool in config.polling_pools.items():
        yield ScopeLimits(pool_scope(name), None, None, pool_rates(pool.rate_limiting))
    for name, wrapper in config.wrappers.items():
        if wrapper.concurrency_limit is not None:
            yield ScopeLimits(wrapper_scope(name), None, wrapper.concurrency_limit, (), wrapper.queue_size)
    for name, node in config.nodes.items():
        yield _limits(node_scope(name), None, node, weight=node.weight)


def _limits(key: str, parent: str | None, limits: _Limited, *, weight: int = 1) -> ScopeLimits:
    requests = () if limits.rpm_limit is None else (RateLimit.rpm(limits.rpm_limit),)
    tokens = () if limits.tpm_limit is None else (RateLimit.tpm(limits.tpm_limit),)
    return ScopeLimits(key, parent, limits.concurrency_limit, (*requests, *tokens), limits.queue_size, weight)


class LiveScopes:
    """The scopes of a running controller.

    One that no configuration names any more stays for as long as its rates remember what passed: a model that is taken out of
    the file and put back has not had its minute for nothing.
    """

    def __init__(self, controller: ConcurrencyController) -> None:
        self._controller = controller
        self._defined: dict[str, ScopeLimits] = {}
        self._leaves_at: dict[str, int] = {}

    def define(self, scopes: Collection[ScopeLimits]) -> None:
        """Define or change each scope; one that is there keeps its permits, levels and pauses, and takes the new limits at once."""
        for scope in scopes:
            self._controller.define(
                scope.key,
                parent=scope.parent,
                concurrency=scope.concurrency,
                rates=scope.rates,
                queue_size=scope.queue_size,
                weight=scope.weight,
            )
            self._defined[scope.key] = scope

    def keep(self, used: Collection[str]) -> None:
        """Take away what is not among `used`, each scope once its rates have forgotten what passed it."""
        now_ns = self._controller.now_ns()
        blocked = {scope["key"] for scope in self._controller.snapshot() if scope["blocked_until_ns"] is not None}
        for key in used:
            self._leaves_at.pop(key, None)
        leaving = [key for key in self._defined if key not in used]
        for key in sorted(leaving, key=lambda key: self._defined[key].parent is None):  # echelons go before their groups
            memory_ns = max((rate.window_ns for rate in self._defined[key].rates), default=0)
            leaves_at = self._leaves_at.setdefault(key, now_ns + memory_ns)
            if now_ns >= leaves_at and key not in blocked and not self._has_children(key):
                self._controller.remove(key)
                del self._defined[key], self._leaves_at[key]

    def _has_children(self, key: str) -> bool:
        return any(scope.parent == key for scope in self._defined.values())
