"""Asks the orchestrator from inside the process, from any event loop and any thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.embedded.exchanges import Buffer
from pyproxy.embedded.requests import chat_request
from pyproxy.embedded.source import StreamSource
from pyproxy.embedded.streams import BlockingStream, CompletionStream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproxy.domain import Request
    from pyproxy.embedded.completion import Completion
    from pyproxy.embedded.home import Home
    from pyproxy.embedded.messages import Messages
    from pyproxy.orchestration import Orchestrator
    from pyproxy.orchestration.dry_run import Route

__all__ = ["EmbeddedClient"]


class EmbeddedClient:
    """Builds requests and reads answers; the way between is the one that every request takes, and it is at home.

    The keyword arguments of all four calls are those of `pyproxy.Sidecar.generate`.
    """

    def __init__(self, orchestrator: Orchestrator, home: Home) -> None:
        self._orchestrator = orchestrator
        self._home = home

    async def generate(self, target: str, messages: Messages, **fields: Any) -> Completion:
        """Ask `target` and wait for the whole answer."""
        request = chat_request(target, messages, fields, stream=False)
        return await self._home.run(lambda: self._whole(request))

    def generate_sync(self, target: str, messages: Messages, **fields: Any) -> Completion:
        """Ask `target` and block until the whole answer is there."""
        request = chat_request(target, messages, fields, stream=False)
        return self._home.wait(lambda: self._whole(request))

    def stream(self, target: str, messages: Messages, **fields: Any) -> CompletionStream:
        """Ask `target` for a stream, to be iterated over with ``async for``."""
        return CompletionStream(self._home, self._source(target, messages, fields))

    def stream_sync(self, target: str, messages: Messages, **fields: Any) -> BlockingStream:
        """Ask `target` for a stream, to be iterated over with ``for``."""
        return BlockingStream(self._home, self._source(target, messages, fields))

    def foresee(self, target: str, messages: Messages, fault: str, fields: Mapping[str, Any]) -> Route:
        """Tell what would happen to a request, without sending it."""
        return self._orchestrator.foresee(chat_request(target, messages, fields, stream=False), fault)

    async def _whole(self, request: Request) -> Completion:
        buffer = Buffer()
        await self._orchestrator.handle(request, buffer)
        return buffer.completion()

    def _source(self, target: str, messages: Messages, fields: dict[str, Any]) -> StreamSource:
        return StreamSource(self._orchestrator, chat_request(target, messages, fields, stream=True))
