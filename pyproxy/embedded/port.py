"""What wrappers, nodes and managers ask: a sidecar, or whatever stands in for one in a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.config import Config
    from pyproxy.domain import Plan, RequestRecord
    from pyproxy.embedded.completion import Completion
    from pyproxy.embedded.messages import Messages
    from pyproxy.embedded.streams import BlockingStream, CompletionStream
    from pyproxy.rust_core import _ScopeSnapshot as ScopeSnapshot

__all__ = ["LLMClient"]


class LLMClient(Protocol):
    """`pyproxy.Sidecar`, as far as others need it. See there for each."""

    @property
    def config(self) -> Config:
        """The configuration in force."""

    async def generate(self, target: str, messages: Messages, **arguments: Any) -> Completion:
        """Ask a target and wait for the whole answer."""

    def generate_sync(self, target: str, messages: Messages, **arguments: Any) -> Completion:
        """As `generate`, blocking."""

    def stream(self, target: str, messages: Messages, **arguments: Any) -> CompletionStream:
        """Ask a target for a stream."""

    def stream_sync(self, target: str, messages: Messages, **arguments: Any) -> BlockingStream:
        """As `stream`, blocking."""

    def plan(self, target: str) -> Plan:
        """Where a request for a target can go."""

    def limits(self) -> list[ScopeSnapshot]:
        """Each scope's permits and levels now."""

    def observe(self, observer: Callable[[RequestRecord], None]) -> None:
        """Call `observer` with the record of each request that ends from now on."""
