"""A provider that closes idle connections costs no attempt; one that had the request is never asked twice by stealth."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING

import pytest
from support.transports import ask, call, transport_to

from pyproxy.providers.transport import TransportFailure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from support.transports import Kind

    from pyproxy.providers.transport import Transport

BODY = call().body
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Provider:
    """Plays, connection by connection, what each request on it comes to."""

    def __init__(self, *connections: list[str]) -> None:
        self.plays = list(connections)
        self.seen: list[int] = []  # for each connection, the requests that arrived whole
        self.ended = asyncio.Condition()
        self.ends = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = len(self.seen)
        self.seen.append(0)
        with contextlib.suppress(asyncio.IncompleteReadError):  # the client closed first
            await self.play(number, reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        async with self.ended:
            self.ends += 1
            self.ended.notify_all()

    async def play(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for play in self.plays[number]:
            if play == "close when idle":
                return
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(len(BODY)) == BODY
            self.seen[number] += 1
            if play == "answer":
                writer.write(ANSWER)
            elif play == "half an answer":
                writer.write(ANSWER[:9])
            elif play == "reset":
                sock: socket.socket = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    async def have_ended(self, count: int) -> None:
        async with asyncio.timeout(5), self.ended:
            await self.ended.wait_for(lambda: self.ends >= count)


@contextlib.asynccontextmanager
async def listening(kind: Kind, provider: Provider, stale_within: float = 5.0) -> AsyncIterator[Transport]:
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        async with transport_to(kind, f"http://127.0.0.1:{port}/v1", stale_within=stale_within) as transport:
            yield transport
        await provider.have_ended(len(provider.seen))


@pytest.mark.parametrize("end", ["close", "reset"])
async def test_a_call_that_finds_its_connection_closed_is_sent_again_on_a_fresh_one(kind: Kind, end: str) -> None:
    provider = Provider(["answer", end], ["answer"])
    async with listening(kind, provider) as transport:
        assert [await ask(transport), await ask(transport)] == [b"{}", b"{}"]
    assert provider.seen == [2, 1]


async def test_a_connection_known_to_be_closed_is_not_asked_at_all(kind: Kind) -> None:
    provider = Provider(["answer", "close when idle"], ["answer"])
    async with listening(kind, provider) as transport:
        await ask(transport)
        await provider.have_ended(1)
        await ask(transport)
    assert provider.seen == [1, 1]


@pytest.mark.parametrize("end", ["close", "reset"])
async def test_it_is_sent_again_once_and_not_on_another_kept_connection(kind: Kind, end: str) -> None:
    provider = Provider(["answer", end], ["answer", end], [end])
    async with listening(kind, provider) as transport:
        await asyncio.gather(ask(transport), ask(transport))
        with pytest.raises(TransportFailure) as failure:
            await ask(transport)
    assert failure.value.signal == "reset"
    assert sorted(provider.seen) == [1, 1, 2]


@pytest.mark.parametrize("end", ["close", "reset"])
async def test_a_new_connection_that_ends_without_an_answer_is_a_failure(kind: Kind, end: str) -> None:
    provider = Provider([end], ["answer"])
    async with listening(kind, provider) as transport:
        with pytest.raises(TransportFailure) as failure:
            await ask(transport)
    assert failure.value.signal == "reset"
    assert provider.seen == [1]


async def test_a_call_whose_answer_has_begun_is_not_sent_again(kind: Kind) -> None:
    provider = Provider(["answer", "half an answer"], ["answer"])
    async with listening(kind, provider) as transport:
        await ask(transport)
        with pytest.raises(TransportFailure):
            await ask(transport)
    assert provider.seen == [2]


async def test_a_provider_that_kept_the_request_for_a_while_is_not_asked_again(kind: Kind) -> None:
    provider = Provider(["answer", "close"], ["answer"])
    async with listening(kind, provider, stale_within=0.0) as transport:
        await ask(transport)
        with pytest.raises(TransportFailure):
            await ask(transport)
    assert provider.seen == [2]
