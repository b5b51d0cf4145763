"""Fallback as a program sees it: ask, say where to go if that fails, and look at what happened."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pyproxy.observe.fallback_history import FallbackHistory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproxy.embedded.completion import Completion
    from pyproxy.embedded.messages import Messages
    from pyproxy.embedded.port import LLMClient

__all__ = ["EnhancedFallbackManager"]


class EnhancedFallbackManager:
    """Asks a sidecar, which does the falling back, and keeps what comes of all its requests, those over HTTP included.

    Args:
        client: the sidecar.
        keep: entries of the history that are kept.
    """

    def __init__(self, client: LLMClient, *, keep: int = 1_000) -> None:
        self._client = client
        self._history = FallbackHistory(keep)
        client.observe(self._history)

    async def execute_with_fallback(
        self, target: str, messages: Messages, *, fallback_groups: Sequence[str] | None = None, **arguments: Any
    ) -> Completion:
        """Ask `target`; if it fails, go where `fallback_groups` says, or where the configuration does. See `Sidecar.generate`.

        Raises:
            RequestError: nobody answered; ``attempts`` tells who was asked.
        """
        return await self._client.generate(target, messages, fallback_groups=fallback_groups, **arguments)

    def execute_with_fallback_sync(
        self, target: str, messages: Messages, *, fallback_groups: Sequence[str] | None = None, **arguments: Any
    ) -> Completion:
        """As `execute_with_fallback`, blocking."""
        return self._client.generate_sync(target, messages, fallback_groups=fallback_groups, **arguments)

    def get_statistics(self) -> dict[str, Any]:
        """Counts since this manager was made. See `FallbackHistory.statistics`."""
        return self._history.statistics()

    def get_history(self, limit: int | None = None) -> list[dict[str, Any]]:
        """The last requests that were not answered by their first call, the newest first. See `FallbackEntry` for the fields."""
        return [asdict(entry) for entry in self._history.entries(limit)]
