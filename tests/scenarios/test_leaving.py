"""Permits last as long as the body, and a client that leaves takes its upstream call with it."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from support.scene import PATIENT, TEXT, scene

from pyproxy.providers.mock import Behaviour

HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


async def test_a_permit_is_held_at_every_level_until_the_last_byte() -> None:
    async with scene() as on:
        on.mock.script("first", Behaviour(text=TEXT, stall_after=2))
        body = {"model": "g", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
        async with on.client.stream("POST", "/v1/chat/completions", json=body) as response:
            await anext(response.aiter_raw())
            assert on.in_flight() == {"g": 1, "g.e1": 1, "first": 1}
        await on.idle()


@pytest.mark.parametrize("when", ["before the head", "in mid-stream"])
async def test_a_client_that_leaves_cancels_the_upstream_call_within_100_ms(when: str) -> None:
    async with scene(timeouts=PATIENT) as on:
        stall = Behaviour(stall_before_head=True) if when == "before the head" else Behaviour(text=TEXT, stall_after=2)
        on.mock.script("first", stall)
        body = json.dumps({"model": "g", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", int(on.sidecar.address.rpartition(":")[2]))
        writer.write(HEAD % len(body) + body)
        if when == "in mid-stream":
            await reader.readuntil(b'"content": "one')
        else:
            await on.mock.wait_for(lambda: on.mock.arrived == 1)
        left_ns = time.monotonic_ns()
        writer.close()
        await on.mock.wait_for(lambda: on.mock.requests[-1].outcome == "client_gone")
        closed_ns = on.mock.requests[-1].closed_ns
        assert closed_ns is not None
        assert closed_ns - left_ns < 100_000_000
        await on.idle()
        assert on.records[-1].flag == "client_gone"


@pytest.mark.parametrize("behind", [b"", b"GET / HTTP/1.1\r\n"], ids=["nothing", "half a request"])
async def test_a_client_that_leaves_in_back_off_is_noticed_within_100_ms_and_nothing_more_is_sent(behind: bytes) -> None:
    async with scene(e1={"max_retries": 1}, fallback_config={"retry_delay": 0.0, "retry_after_wait": 9.0}, timeouts=PATIENT) as on:
        on.mock.script("first", Behaviour(status=500, retry_after="5"), Behaviour())
        body = json.dumps({"model": "g", "messages": [{"role": "user", "content": "Hello"}]}).encode()
        _, writer = await asyncio.open_connection("127.0.0.1", int(on.sidecar.address.rpartition(":")[2]))
        writer.write(HEAD % len(body) + body)
        await on.mock.wait_for(lambda: on.mock.arrived == 1 and on.mock.in_flight == 0)
        await on.idle()  # the permit is back, so the wait between two attempts has begun
        left_ns = time.monotonic_ns()
        writer.write(behind)
        writer.close()
        await on.recorded(1)
        assert time.monotonic_ns() - left_ns < 100_000_000
        (record,) = on.records
        assert (record.flag, record.status, [str(attempt) for attempt in record.attempts]) == ("client_gone", None, ["g.e1/first:500"])
        assert on.mock.arrived == 1


async def test_a_connection_serves_again_after_a_stream() -> None:
    async with scene() as on:
        for _ in range(3):
            await on.stream("second")
        assert on.mock.open_connections == 1
