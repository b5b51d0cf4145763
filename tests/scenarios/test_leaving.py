"""Permits last as long as the body, and a client that leaves takes its upstream call with it."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from typing import TYPE_CHECKING

import pytest
from support.scene import PATIENT, TEXT, scene, until

from pyproxy.providers.mock import Behaviour

if TYPE_CHECKING:
    from support.scene import Scene

HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
NOTICED_WITHIN_NS = 100_000_000
UPSTREAM = {
    "before the head": Behaviour(stall_before_head=True),
    "before the head of a plain answer": Behaviour(stall_before_head=True),
    "before the body": Behaviour(head_pause=60),
    "before the content": Behaviour(text=TEXT, stall_after=0),
    "in mid-stream": Behaviour(text=TEXT, stall_after=2),
}


async def test_a_permit_is_held_at_every_level_until_the_last_byte() -> None:
    async with scene() as on:
        on.mock.script("first", Behaviour(text=TEXT, stall_after=2))
        body = {"model": "g", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
        async with on.client.stream("POST", "/v1/chat/completions", json=body) as response:
            await anext(response.aiter_raw())
            assert on.in_flight() == {"g": 1, "g.e1": 1, "first": 1}
        await on.idle()


class Leaver:
    """A client on a socket of its own that will not stay."""

    def __init__(self, on: Scene) -> None:
        self._on = on

    async def ask(self, *, stream: bool) -> asyncio.StreamReader:
        body = json.dumps({"model": "g", "stream": stream, "messages": [{"role": "user", "content": "Hello"}]}).encode()
        reader, self._writer = await asyncio.open_connection("127.0.0.1", int(self._on.sidecar.address.rpartition(":")[2]))
        self._writer.write(HEAD % len(body) + body)
        return reader

    def leave(self, how: str, behind: bytes = b"") -> int:
        """Go, with a FIN or an RST; gives the time of it."""
        left_ns = time.monotonic_ns()
        self._writer.write(behind)
        if how == "RST":
            connection: socket.socket = self._writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._writer.transport.abort()
        else:
            self._writer.close()
        return left_ns


def assert_soon(what: str, left_ns: int, noticed_ns: int | None) -> None:
    assert noticed_ns is not None
    print(f"{what}: {(noticed_ns - left_ns) / 1e6:.1f} ms")  # noqa: T201 - the figure of the run
    assert noticed_ns - left_ns < NOTICED_WITHIN_NS


@pytest.mark.parametrize("how", ["FIN", "RST"])
@pytest.mark.parametrize(
    "when", ["before the head", "before the head of a plain answer", "before the body", "before the content", "in mid-stream"]
)
async def test_a_client_that_leaves_cancels_the_upstream_call_within_100_ms(when: str, how: str) -> None:
    async with scene(timeouts=PATIENT) as on:
        on.mock.script("first", UPSTREAM[when])
        leaver = Leaver(on)
        reader = await leaver.ask(stream="plain" not in when)
        if when == "in mid-stream":
            await reader.readuntil(b'"content": "one')
        else:
            await on.mock.wait_for(lambda: on.mock.arrived == 1)
        left_ns = leaver.leave(how)
        await on.mock.wait_for(lambda: on.mock.requests[-1].outcome == "client_gone")
        assert_soon(f"{when}, {how}", left_ns, on.mock.requests[-1].closed_ns)
        await on.idle()
        assert on.records[-1].flag == "client_gone"
        assert on.mock.arrived == 1


@pytest.mark.parametrize("how", ["FIN", "RST"])
async def test_a_client_that_has_stopped_reading_and_leaves_cancels_the_upstream_call_within_100_ms(how: str) -> None:
    async with scene(timeouts=PATIENT) as on:
        on.mock.script("first", Behaviour(text="x" * 65536 + " y", chunks=2_000))
        leaver = Leaver(on)
        await leaver.ask(stream=True)  # nobody reads: the stream's own limit is soon reached, and then every buffer on the way
        await on.mock.wait_for(lambda: on.mock.arrived == 1)
        (call,) = on.mock.requests
        before, last = -1, 0
        while before != last:
            before = last
            for _ in range(200):
                await asyncio.sleep(0)
            last = call.chunks_sent
        left_ns = leaver.leave(how)
        await on.mock.wait_for(lambda: call.outcome == "client_gone")
        assert_soon(f"behind full buffers, {how}", left_ns, call.closed_ns)
        assert call.chunks_sent < 2_000
        await on.idle()


@pytest.mark.parametrize("how", ["FIN", "RST"])
async def test_a_client_that_leaves_while_the_standby_is_asked_cancels_that_call_within_100_ms(how: str) -> None:
    async with scene(timeouts=PATIENT) as on:
        on.mock.script("first", Behaviour(status=503))
        on.mock.script("second", Behaviour(stall_before_head=True))
        leaver = Leaver(on)
        await leaver.ask(stream=True)
        await on.mock.wait_for(lambda: on.mock.arrived == 2)
        left_ns = leaver.leave(how)
        await on.mock.wait_for(lambda: on.mock.requests[-1].outcome == "client_gone")
        assert_soon(f"at the standby, {how}", left_ns, on.mock.requests[-1].closed_ns)
        await on.idle()
        (record,) = on.records
        assert (record.flag, [str(each) for each in record.attempts]) == ("client_gone", ["g.e1/first:503", "g.e2/second:client_gone"])


@pytest.mark.parametrize("how", ["FIN", "RST"])
@pytest.mark.parametrize("behind", [b"", b"GET / HTTP/1.1\r\n"], ids=["nothing", "half a request"])
@pytest.mark.parametrize("status", [500, 429], ids=["back-off", "a wait for a rate limit"])
async def test_a_client_that_leaves_while_nobody_is_asked_is_noticed_within_100_ms_and_nothing_more_is_sent(
    status: int, behind: bytes, how: str
) -> None:
    async with scene(e1={"max_retries": 1}, fallback_config={"retry_delay": 0.0, "retry_after_wait": 9.0}, timeouts=PATIENT) as on:
        on.mock.script("first", Behaviour(status=status, retry_after="5"), Behaviour())
        leaver = Leaver(on)
        await leaver.ask(stream=False)
        await on.mock.wait_for(lambda: on.mock.arrived == 1 and on.mock.in_flight == 0)
        await on.idle()  # the permit is back, so the wait between two attempts has begun
        left_ns = leaver.leave(how, behind)
        await on.recorded(1)
        assert_soon(f"with nobody asked, {status}, {how}", left_ns, time.monotonic_ns())
        (record,) = on.records
        told = (record.flag, record.status, [str(attempt) for attempt in record.attempts])
        assert told == ("client_gone", None, [f"g.e1/first:{status}"])
        assert on.mock.arrived == 1


@pytest.mark.parametrize("how", ["FIN", "RST"])
async def test_a_client_that_leaves_the_queue_is_noticed_within_100_ms_and_its_place_is_free(how: str) -> None:
    async with scene(concurrency_limit=1, max_queue_wait=9, timeouts=PATIENT) as on:
        on.mock.script("first", Behaviour(stall_before_head=True))
        first, waiting = Leaver(on), Leaver(on)
        await first.ask(stream=True)
        await on.mock.wait_for(lambda: on.mock.arrived == 1)
        await waiting.ask(stream=True)
        await until(lambda: any(scope["waiting"] for scope in on.sidecar.limits()))
        left_ns = waiting.leave(how)
        await on.recorded(1)
        assert_soon(f"in the queue, {how}", left_ns, time.monotonic_ns())
        assert not any(scope["waiting"] for scope in on.sidecar.limits())
        first.leave(how)
        await on.idle()
        assert on.mock.arrived == 1


async def test_a_connection_serves_again_after_a_stream() -> None:
    async with scene() as on:
        for _ in range(10):
            await on.stream("second")
        assert on.mock.open_connections < 4  # one, but where a stream's last bytes were held up on their way


async def test_the_wait_of_a_client_that_left_the_queue_is_recorded() -> None:
    async with scene(timeouts=PATIENT, first={"concurrency_limit": 1}) as on:
        on.mock.script("first", Behaviour(stall_before_head=True))
        holding = asyncio.create_task(on.ask("first"))
        await on.mock.wait_for(lambda: on.mock.arrived == 1)
        waiting = asyncio.create_task(on.ask("first"))
        await until(lambda: any(scope["waiting"] for scope in on.sidecar.limits()))
        waiting.cancel()
        await on.recorded(1)
        record = on.records[0]
        assert (record.flag, record.attempts, on.mock.arrived) == ("client_gone", (), 1)
        assert 0 < record.queue_ns <= record.total_ns
        holding.cancel()
        await asyncio.gather(holding, waiting, return_exceptions=True)
        await on.idle()
