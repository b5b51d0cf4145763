"""A client may take its time up to a deadline; then it is told so, and its connection is closed."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from support.front import answer, front

if TYPE_CHECKING:
    from pyproxy.domain import RequestRecord

GET = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n"
SOON_S = 0.2


async def assert_told_of_the_timeout(reader: asyncio.StreamReader, records: list[RequestRecord], route: str) -> None:
    status, headers, body = await answer(reader)
    assert (status, json.loads(body)["error"]["code"], headers["connection"]) == (408, "request_timeout", "close")
    assert await reader.read() == b""
    record = records[-1]
    assert (record.status, record.flag, record.sent_bytes) == (408, "request_timeout", len(body))
    assert record.route in (route, "/v1/models"), "of what was read of a head its path may be known"
    assert headers["x-request-id"] == record.request_id


@pytest.mark.parametrize("sent", [b"G", GET[:-2]])
async def test_a_head_that_does_not_end_is_told_so(sent: bytes) -> None:
    async with front(head=SOON_S) as on, on.client() as (reader, writer):
        writer.write(sent)
        await assert_told_of_the_timeout(reader, on.records, "-")


async def test_a_head_that_trickles_gains_no_time_by_it() -> None:
    async with front(head=SOON_S) as on, on.client() as (reader, writer):
        writer.write(GET[:-2] + b"X-Slow: ")
        answering = asyncio.create_task(reader.read(1))
        while not answering.done():
            writer.write(b"x")
            await asyncio.wait((answering,), timeout=SOON_S / 5)
        assert answering.result() == b"H"


async def test_a_further_head_has_as_long_as_the_first() -> None:
    async with front(head=SOON_S) as on, on.client() as (reader, writer):
        writer.write(GET)
        assert (await answer(reader))[0] == 200
        writer.write(GET[:20])
        await assert_told_of_the_timeout(reader, on.records, "-")


async def test_a_head_that_came_with_the_request_before_it_is_bounded_too() -> None:
    async with front(head=SOON_S) as on, on.client() as (reader, writer):
        writer.write(GET + GET[:20])
        assert (await answer(reader))[0] == 200
        await assert_told_of_the_timeout(reader, on.records, "-")


async def test_a_connection_that_says_nothing_is_closed_without_a_word() -> None:
    async with front(head=SOON_S) as on, on.client() as (reader, _):
        assert await reader.read() == b""
        assert on.records == []


async def test_neither_a_body_nor_a_pause_between_requests_is_measured_by_the_head_s_deadline() -> None:
    async with front(head=SOON_S) as on, on.client() as (idle_reader, idle), on.client() as (reader, writer):
        writer.write(POST)
        idle.write(GET)
        assert (await answer(idle_reader))[0] == 200
        await on.outlast_a_head()
        idle.write(GET)
        assert (await answer(idle_reader))[0] == 200
        writer.write(b" " * 40)
        assert (await answer(reader))[0] == 400


@pytest.mark.parametrize("sent", [b"", b'{"model":'])
async def test_a_body_that_does_not_end_is_told_so(sent: bytes) -> None:
    async with front(body=SOON_S) as on, on.client() as (reader, writer):
        writer.write(POST + sent)
        await assert_told_of_the_timeout(reader, on.records, "/v1/chat/completions")


async def test_a_body_that_trickles_gains_no_time_by_it() -> None:
    async with front(body=SOON_S) as on, on.client() as (reader, writer):
        writer.write(POST.replace(b"40", b"4000"))
        answering = asyncio.create_task(reader.read(12))
        while not answering.done():
            writer.write(b" ")
            await asyncio.wait((answering,), timeout=SOON_S / 5)
        assert answering.result() == b"HTTP/1.1 408"


async def test_a_body_that_nobody_wants_holds_no_connection() -> None:
    async with front(close=SOON_S) as on, on.client() as (reader, writer):
        writer.write(POST.replace(b"application/json", b"text/plain"))
        assert (await answer(reader))[0] == 415
        assert await reader.read() == b""


async def test_a_body_that_nobody_wants_but_that_comes_keeps_the_connection() -> None:
    async with front(close=SOON_S, head=SOON_S) as on, on.client() as (reader, writer):
        writer.write(POST.replace(b"application/json", b"text/plain"))
        assert (await answer(reader))[0] == 415
        writer.write(b" " * 40)
        writer.write(GET)
        assert (await answer(reader))[0] == 200
        await on.outlast_a_head()
        writer.write(GET)
        assert (await answer(reader))[0] == 200
