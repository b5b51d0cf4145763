"""One stream at home: the request that runs, and the chunks that are taken from it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from pyproxy.embedded.events import chunk_of, payloads
from pyproxy.embedded.exchanges import Handover
from pyproxy.errors import ShuttingDown

if TYPE_CHECKING:
    from pyproxy.domain import Request
    from pyproxy.embedded.completion import CompletionChunk
    from pyproxy.embedded.exchanges import Head
    from pyproxy.orchestration import Orchestrator

__all__ = ["StreamSource"]


class StreamSource:
    """Owns the task of one request, from the first chunk that is asked for to the end. All of it happens at home."""

    def __init__(self, orchestrator: Orchestrator, request: Request) -> None:
        self._orchestrator = orchestrator
        self._request = request
        self._handover = Handover()
        self._task: asyncio.Task[None] | None = None
        self._left = False

    @property
    def head(self) -> Head | None:
        """The head of the answer, once it has come."""
        return self._handover.head

    async def next_chunks(self) -> list[CompletionChunk]:
        """The chunks that come next, one at least; none at the end. Cancelling this ends the request.

        Raises:
            RequestError: the request cannot be answered, or its answer broke off.
        """
        try:
            return await self._next_chunks(self._begun())
        except asyncio.CancelledError:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """End the request now, upstream included, and wait until it has."""
        self.cancel()
        if self._task is not None:
            await asyncio.wait((self._task,))

    def cancel(self) -> None:
        """End the request now; do not wait."""
        self._left = True
        if self._task is not None:
            self._task.cancel()

    def _begun(self) -> asyncio.Task[None]:
        if self._task is None:
            request = replace(self._request, arrived_ns=time.monotonic_ns())  # its time begins when somebody wants it
            self._task = asyncio.create_task(self._orchestrator.handle(request, self._handover), name=request.id)
            self._task.add_done_callback(lambda _: self._handover.end())
        return self._task

    async def _next_chunks(self, task: asyncio.Task[None]) -> list[CompletionChunk]:
        while piece := await self._handover.read():
            head = self._handover.head
            assert head is not None  # noqa: S101 - a piece comes after the head
            if not head.good:
                raise head.refusal(piece + await self._rest())
            said = list(payloads(piece))
            broken = next((payload for payload in said if "error" in payload and not payload.get("choices")), None)
            if broken is not None:
                raise head.interruption(broken)
            if said:
                return [chunk_of(payload) for payload in said]
        await asyncio.wait((task,))  # what it held is given back before its reader goes on
        if task.cancelled() and not self._left:
            raise ShuttingDown
        return []

    async def _rest(self) -> bytes:
        rest = bytearray()
        while piece := await self._handover.read():
            rest += piece
        return bytes(rest)
