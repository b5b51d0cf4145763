"""Requests that are none, or hardly one: each is answered or let go, told of once, and harms nobody beside it."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest
from support.front import Front, answer, front
from support.odd_requests import ODD_REQUESTS
from support.open_sockets import open_sockets
from support.scene import until
from support.talk import Talk, talk

if TYPE_CHECKING:
    from collections.abc import Callable

GET = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"
BODY = b'{"model": 5}'
POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BY_LENGTH = POST + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
IN_CHUNKS = (
    POST + b"Transfer-Encoding: chunked\r\n\r\n5;a=b\r\n" + BODY[:5] + b"\r\n%X\r\n" % len(BODY[5:]) + BODY[5:] + b"\r\n0\r\nX: t\r\n\r\n"
)
SOON_S = 0.5


async def records(on: Front, count: int) -> None:
    """Wait for so many."""
    await until(lambda: len(on.records) >= count)
    assert len(on.records) == count


async def still_serves(on: Front) -> None:
    """Whatever others did, the next one is served."""
    async with on.client() as (reader, writer):
        writer.write(GET)
        assert (await answer(reader))[0] == 200


async def test_odd_requests_are_answered_and_end_their_connections_where_nobody_knows_what_follows(io: str) -> None:
    seen, expected = {}, {}
    async with front(head=SOON_S, body=SOON_S, close=SOON_S) as on:
        for name, odd in ODD_REQUESTS.items():
            expected[name] = (odd.by_h11 if io == "python" and odd.by_h11 else (odd.status, odd.closes), "whole", b"")
            told = len(on.records)
            client = await talk(on.port)
            writing = asyncio.create_task(client.write([odd.data]))
            reply = await client.reply()
            writing.cancel()
            if not reply.closes:
                client.half_close()
            seen[name] = ((reply.status, reply.closes), reply.ended, await client.rest())
            client.close()
            await records(on, told + 1)
            assert [record.status for record in on.records[told:]] == [reply.status], name
        await still_serves(on)
    assert seen == expected


@pytest.mark.parametrize("data", [BY_LENGTH, IN_CHUNKS], ids=["by its length", "in chunks"])
async def test_a_request_is_the_same_wherever_it_is_cut(data: bytes) -> None:
    async with front() as on:
        client = await talk(on.port)
        for pieces in ([data[:at], data[at:]] for at in range(1, len(data))):
            writing = asyncio.create_task(client.write(pieces))
            reply = await client.reply()
            await writing
            assert (reply.status, b'"param":"model"' in reply.body, reply.ended) == (400, True, "whole"), pieces
        await client.write(data[at : at + 1] for at in range(len(data)))
        assert (await client.reply()).status == 400
        client.close()
        assert len(on.records) == len(data)


LEAVING: dict[str, Callable[[Talk], None]] = {"FIN": Talk.close, "RST": Talk.reset, "half": Talk.half_close}


@pytest.mark.parametrize("how", LEAVING)
async def test_a_client_may_leave_at_any_byte_of_its_request(how: str) -> None:
    async with front() as on:
        before = len(open_sockets())
        for data in (BY_LENGTH, IN_CHUNKS):
            clients = []
            for at in range(len(data)):
                client = await talk(on.port)
                await client.write([data[:at]])
                LEAVING[how](client)
                clients.append(client)
            if how == "half":  # the other side closes its own
                assert {await client.rest() for client in clients[: data.index(b"\r\n\r\n")]} == {b""}
            for client in clients:
                client.close()
        await until(lambda: len(open_sockets()) <= before)
        bodies = sum(len(data) - data.index(b"\r\n\r\n") - 4 for data in (BY_LENGTH, IN_CHUNKS))
        await records(on, bodies)
        assert {(record.status, record.flag) for record in on.records} == {(None, "client_gone")}
        await still_serves(on)


async def test_clients_that_connect_and_leave_at_once_leave_nothing_behind(caplog: pytest.LogCaptureFixture) -> None:
    async with front() as on:
        before = len(open_sockets())
        for _ in range(20):
            flood = []
            for number in range(100):
                client = socket.create_connection(("127.0.0.1", on.port))
                if number % 2:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, 0, 0, 0, 0, 0, 0, 0]))
                flood.append(client)
            for client in flood:
                client.close()
            await still_serves(on)
        await until(lambda: len(open_sockets()) <= before)
        assert len(on.records) == 20
    assert caplog.records == []
