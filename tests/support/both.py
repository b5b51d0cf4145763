"""A plan played against a sidecar of its own, and what client, provider and observers saw of it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from support.plans import config
from support.scene import until
from support.talk import Reply, talk

from pyproxy import Sidecar
from pyproxy.orchestration import retry_budget
from pyproxy.providers.mock import MockProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest
    from support.plans import Leaving, Plan, Sent
    from support.talk import Talk

    from pyproxy.domain import RequestRecord
    from pyproxy.providers.mock import RecordedRequest
    from pyproxy.runtime import Io

__all__ = ["Seen", "Stage", "stage"]

PATIENCE_S = 20


@dataclass
class Seen:
    """What was seen of a plan.

    Attributes:
        replies: what the client got.
        behind: what came on its connection after all answers, when it had said that it asks no more.
        upstream: the calls that the provider got.
        records: the records, in their order.
        limits: what the limits hold when all is over.
        port: the provider's.
    """

    replies: list[Reply] = field(default_factory=list)
    behind: bytes = b""
    upstream: list[RecordedRequest] = field(default_factory=list)
    records: list[RequestRecord] = field(default_factory=list)
    limits: list[tuple[str, Any]] = field(default_factory=list)
    port: int = 0


class Stage:
    """Where plans are played. Each has a sidecar and a provider of its own, so that none has a past; that takes some milliseconds."""

    def __init__(self) -> None:
        self._ending: set[asyncio.Task[None]] = set()

    async def play(self, plan: Plan, io: Io) -> Seen:
        """Play a plan over one pair."""
        seen = Seen()
        mock = MockProvider()
        await mock.start()
        seen.port = int(mock.url.rpartition(":")[2])
        for model, behaviours in plan.behaviours.items():
            mock.script(model, *behaviours)
        sidecar = Sidecar(config(mock.url), observers=(seen.records.append,), own_thread=False, io=io)
        await sidecar.start(port=0)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await _play(plan, int(sidecar.address.rpartition(":")[2]), mock, seen)
                await until(lambda: len(seen.records) >= _expected(plan, seen))
                await until(lambda: not _held(sidecar) and mock.in_flight == 0)
                seen.upstream = mock.requests
                seen.limits = [(scope["key"], scope["blocked_until_ns"] is not None) for scope in sidecar.limits()]
        finally:
            # uvicorn looks only now and then whether it is to stop.
            task = asyncio.create_task(_end(sidecar, mock))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
        return seen

    async def ended(self) -> None:
        """Wait until nothing of any plan is open."""
        await asyncio.gather(*self._ending)


def _expected(plan: Plan, seen: Seen) -> int:
    """How many records there are at least."""
    leaving = plan.leaving
    asked = plan.requests[: len(seen.replies)]
    if leaving is not None and leaving.when == "asking" and b"\r\n\r\n" in plan.requests[-1].data[: leaving.at]:
        asked = plan.requests
    return sum(not sent.quiet for sent in asked)


async def _end(sidecar: Sidecar, mock: MockProvider) -> None:
    await sidecar.stop()
    await mock.stop()


def _held(sidecar: Sidecar) -> list[str]:
    return [scope["key"] for scope in sidecar.limits() if scope["in_flight"] or scope["waiting"]]


@contextlib.asynccontextmanager
async def stage(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """A stage; retries come out of a budget that time fills, which would have a part in what happens."""
    monkeypatch.setattr(retry_budget, "LEAST", 1000)
    it = Stage()
    try:
        yield it
    finally:
        await it.ended()


async def _play(plan: Plan, port: int, mock: MockProvider, seen: Seen) -> None:
    client = await talk(port)
    try:
        *before, last = plan.requests
        if plan.leaving is None or plan.leaving.when == "whenever":
            await _ask_all(plan, client, seen)
        else:
            for sent in before:
                await client.write([sent.data])
                seen.replies.append(await client.reply(sent.method))
            await _leave(plan.leaving, last, client, mock, seen)
    finally:
        client.close()


async def _ask_all(plan: Plan, client: Talk, seen: Seen) -> None:
    """Ask everything, and read all that comes of it; or all up to some byte."""
    if plan.leaving is not None:
        writing = asyncio.create_task(client.write(_packets(b"".join(sent.data for sent in plan.requests), plan.pieces)))
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            async with asyncio.timeout(0.2):
                await client.reader.readexactly(plan.leaving.at)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        _go(plan.leaving, client)
        await _listen_on(plan.leaving, client)
        return
    if plan.pipelined:
        writing = asyncio.create_task(client.write(_packets(b"".join(sent.data for sent in plan.requests), plan.pieces)))
    for sent in plan.requests:
        if not plan.pipelined:
            writing = asyncio.create_task(client.write(_packets(sent.data, plan.pieces)))
        seen.replies.append(await client.reply(sent.method))
        if sent.is_old or seen.replies[-1].closes or seen.replies[-1].ended != "whole":
            break
        if not plan.pipelined:
            await writing
    await writing
    client.half_close()
    seen.behind = await client.rest()


def _packets(data: bytes, size: int | None) -> list[bytes]:
    return [data] if size is None else [data[at : at + size] for at in range(0, len(data), size)]


async def _leave(leaving: Leaving, last: Sent, client: Talk, mock: MockProvider, seen: Seen) -> None:
    """Ask, and leave when it is time."""
    if leaving.when == "asking":
        await client.write([last.data[: leaving.at]])
    else:
        arrived = mock.arrived
        await client.write([last.data])
        reply = Reply()
        listening = asyncio.create_task(client.begin(reply))
        if leaving.when == "asked":
            asked = asyncio.create_task(mock.wait_for(lambda: mock.arrived > arrived, PATIENCE_S))
            await asyncio.wait((listening, asked), return_when=asyncio.FIRST_COMPLETED)
            asked.cancel()
        else:
            await asyncio.wait((listening,))
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        seen.replies.append(Reply(reply.status if reply.status >= 200 else 0))
    _go(leaving, client)
    await _listen_on(leaving, client)


def _go(leaving: Leaving, client: Talk) -> None:
    match leaving.how:
        case "FIN":
            client.close()
        case "RST":
            client.reset()
        case "half":
            client.half_close()


async def _listen_on(leaving: Leaving, client: Talk) -> None:
    """Who has closed its side alone sees the other close its own."""
    if leaving.how == "half":
        await client.rest()
