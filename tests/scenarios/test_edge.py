"""Whatever happens inside, the client is answered, the line is written, and the log has the details."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from support.front import answer, front
from support.scene import TEXT, scene, until

from pyproxy.providers.mock import Behaviour

if TYPE_CHECKING:
    from pyproxy.domain import RequestRecord

LIST = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: mine\r\n\r\n"


def broken() -> list[str]:
    raise RuntimeError("a detail")


async def test_a_fault_of_the_sidecar_is_an_error_like_any_other(caplog: pytest.LogCaptureFixture) -> None:
    async with front(broken) as on, on.client() as (reader, writer):
        writer.write(LIST)
        status, headers, body = await answer(reader)
        assert (status, headers["x-request-id"], json.loads(body)["error"]["code"]) == (500, "mine", "internal_error")
        assert b"a detail" not in body
        (record,) = on.records
        assert (record.status, record.flag, record.route) == (500, "internal_error", "/v1/models")
    (logged,) = caplog.records
    assert "mine" in logged.getMessage()
    assert "a detail" in (logged.exc_text or "")


async def test_an_observer_that_fails_takes_neither_the_request_nor_the_other_observers_with_it(caplog: pytest.LogCaptureFixture) -> None:
    async with scene() as on:
        told: list[RequestRecord] = []

        def fail(_: RequestRecord) -> None:
            raise OSError("the disk is full")

        on.sidecar.observe(fail)
        on.sidecar.observe(told.append)
        for _ in range(3):
            assert (await on.ask()).status_code == 200
        await until(lambda: len(told) == 3)
    assert ["the disk is full" in (record.exc_text or "") for record in caplog.records] == [True] * 3


async def test_a_head_request_whose_body_breaks_is_refused_without_a_body(caplog: pytest.LogCaptureFixture) -> None:
    async with front() as on, on.client() as (reader, writer):
        writer.write(b"HEAD /v1/models HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n")
        said = await reader.read()
        assert said.startswith(b"HTTP/1.1 400 ")
        assert said.endswith(b"\r\n\r\n")
        assert [record.status for record in on.records] == [400]
    assert caplog.records == []


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("last", [b"HTTP/1.0\r\n", b"HTTP/1.1\r\nConnection: close\r\n"])
async def test_what_comes_behind_the_last_request_of_a_connection_takes_nothing_from_it(last: bytes, *, at_once: bool) -> None:
    body = b'{"model":"g","messages":[{"role":"user","content":"Hello"}]}'
    fields = b"Host: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    behind = b"POST /v1/chat/completions HTTP/1.1\r\n" + fields
    async with scene() as on:
        on.mock.script("first", Behaviour(text=TEXT, latency=0.05))
        reader, writer = await asyncio.open_connection("127.0.0.1", int(on.sidecar.address.rpartition(":")[2]))
        writer.write(b"POST /v1/chat/completions " + last + fields + (behind if at_once else b""))
        await until(lambda: on.mock.arrived == 1)
        if not at_once:
            writer.write(behind)
        said = await reader.read()
        writer.close()
        await on.recorded(1)
        await on.idle()
    assert said.split(b" ", 2)[1] == b"200"
    assert said.count(b"HTTP/1.") == 1
    assert [(record.status, record.flag) for record in on.records] == [(200, "-")]
    assert on.mock.arrived == 1
