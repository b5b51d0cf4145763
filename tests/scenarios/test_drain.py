"""A sidecar that stops: what is under way may finish, what is new is refused, and what outlasts the grace is cut in the open."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2
import pytest
from support.scene import until

from pyproxy import Sidecar, errors
from pyproxy.http import server as http_server

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from pyproxy.domain import RequestRecord
    from pyproxy.providers.transport import UpstreamCall

HELLO = [{"role": "user", "content": "Hello"}]
FOREVER_S = 60


class Provider:
    """A transport whose answers come to their end when they are let."""

    def __init__(self) -> None:
        self.calls = 0
        self.read_to_end = 0
        self.may_end = asyncio.Event()

    async def open(self, call: UpstreamCall) -> Answer:
        self.calls += 1
        return Answer(self, stream=json.loads(call.body).get("stream", False))

    async def aclose(self) -> None:
        """Nothing is open."""


class Answer:
    def __init__(self, provider: Provider, *, stream: bool) -> None:
        self._provider = provider
        self._stream = stream
        self.status = 200
        self.headers = [(b"content-type", b"text/event-stream" if stream else b"application/json")]

    async def chunks(self) -> AsyncGenerator[bytes]:
        if self._stream:
            yield event({"index": 0, "delta": {"content": "one"}, "finish_reason": None})
        await self._provider.may_end.wait()
        if self._stream:
            yield event({"index": 0, "delta": {}, "finish_reason": "stop"}) + b"data: [DONE]\n\n"
        else:
            yield json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": "one"}}]}).encode()
        for _ in range(5):  # the end of the body comes a little later than its last event
            await asyncio.sleep(0)
        self._provider.read_to_end += 1

    async def aclose(self) -> None:
        """Nothing is open."""


def event(choice: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps({"object": "chat.completion.chunk", "choices": [choice]}).encode() + b"\n\n"


class Stage(NamedTuple):
    provider: Provider
    sidecar: Sidecar
    http: httpx2.AsyncClient
    records: list[RequestRecord]

    def ask(self, *, stream: bool = False) -> asyncio.Task[httpx2.Response]:
        body = {"model": "m", "stream": stream, "messages": HELLO}
        return asyncio.create_task(self.http.post("/v1/chat/completions", json=body))

    async def called(self, count: int) -> None:
        await until(lambda: self.provider.calls == count)

    async def begin_to_stop(self) -> asyncio.Task[None]:
        stopping = asyncio.create_task(self.sidecar.stop())
        await asyncio.sleep(0)
        return stopping

    def record(self, status: int) -> RequestRecord:
        (record,) = (record for record in self.records if record.status == status)
        return record


@contextlib.asynccontextmanager
async def stage(drain_timeout: float) -> AsyncIterator[Stage]:
    provider, records = Provider(), list[Any]()
    config = {
        "server": {"drain_timeout": drain_timeout},
        "providers": {"p": {"dialect": "openai", "base_url": "http://127.0.0.1:1"}},
        "models": {"m": {"provider": "p", "model": "m"}},
    }
    sidecar = Sidecar(config, transport=provider, observers=(records.append,))
    await sidecar.start(port=0)
    async with asyncio.timeout(10), sidecar, httpx2.AsyncClient(base_url=sidecar.address, trust_env=False, timeout=10) as http:
        yield Stage(provider, sidecar, http, records)


@contextlib.asynccontextmanager
async def streaming(on: Stage) -> AsyncIterator[AsyncIterator[bytes]]:
    """A stream whose first event has come; gives what follows."""
    async with on.http.stream("POST", "/v1/chat/completions", json={"model": "m", "stream": True, "messages": HELLO}) as response:
        rest = response.aiter_raw()
        assert b'"one"' in await anext(rest)
        yield rest


async def until_cut(rest: AsyncIterator[bytes]) -> bytes:
    """What still comes of a stream that is cut."""
    received = bytearray()
    try:
        async for piece in rest:
            received += piece
    except httpx2.RemoteProtocolError:
        return bytes(received)
    raise AssertionError("the stream ended as if it were whole")


async def test_what_is_under_way_may_finish_and_what_is_new_is_refused_in_the_open() -> None:
    async with stage(FOREVER_S) as on, streaming(on) as rest:
        plain = on.ask()
        await on.called(2)
        stopping = await on.begin_to_stop()
        for path, status, body in (
            ("/readyz", 503, {"status": "draining"}),
            ("/livez", 200, {"status": "alive"}),
        ):
            answer = await on.http.get(path)
            assert (answer.status_code, answer.json()) == (status, body)
        refused = await on.ask(stream=True)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "shutdown")
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.headers["connection"] == "close"
        assert refused.headers["x-request-id"] == on.record(503).request_id
        assert on.record(503).flag == "shutdown"
        assert not stopping.done()

        on.provider.may_end.set()
        assert b"".join([piece async for piece in rest]).endswith(b"data: [DONE]\n\n")
        assert (await plain).json()["choices"][0]["message"]["content"] == "one"
        await stopping
        assert sorted(record.flag for record in on.records) == ["-", "-", "shutdown"]
        assert (on.provider.calls, on.provider.read_to_end) == (2, 2)
        with pytest.raises(httpx2.ConnectError):
            await on.http.get("/readyz")


async def test_a_stream_that_outlasts_the_grace_is_cut_with_an_error_event(caplog: pytest.LogCaptureFixture) -> None:
    async with stage(0.05) as on, streaming(on) as rest:
        stopping = await on.begin_to_stop()
        received = await until_cut(rest)
        assert json.loads(received.removeprefix(b"data: "))["error"]["code"] == "shutdown"
        assert received.endswith(b"\n\n")
        await stopping
        record = on.record(200)
        assert (record.flag, record.stream, [str(attempt) for attempt in record.attempts]) == ("shutdown", True, ["m:200"])
        assert sum(scope["in_flight"] for scope in on.sidecar.limits()) == 0
    assert caplog.records == []


async def test_a_plain_request_that_outlasts_the_grace_gets_an_error() -> None:
    async with stage(0.05) as on:
        asking = on.ask()
        await on.called(1)
        await on.begin_to_stop()
        answer = await asking
        assert (answer.status_code, answer.json()["error"]["code"], answer.headers["connection"]) == (503, "shutdown", "close")
        assert int(answer.headers["retry-after"]) >= 1
        record = on.record(503)
        assert (record.flag, [str(attempt) for attempt in record.attempts]) == ("shutdown", ["m:shutdown"])


async def test_who_is_in_a_hurry_waits_for_nobody() -> None:
    async with stage(FOREVER_S) as on, streaming(on) as rest:
        stopping = await on.begin_to_stop()
        began = time.monotonic()
        on.sidecar.hurry()
        assert b'"shutdown"' in await until_cut(rest)
        await stopping
        assert time.monotonic() - began < 2
        assert on.record(200).flag == "shutdown"


async def test_a_client_that_leaves_during_the_drain_is_told_apart_from_one_that_was_cut() -> None:
    async with stage(FOREVER_S) as on:
        async with streaming(on):
            stopping = await on.begin_to_stop()
        await stopping
        assert [record.flag for record in on.records] == ["client_gone"]


async def test_a_request_from_inside_is_drained_and_refused_like_any_other() -> None:
    async with stage(FOREVER_S) as on:
        asking = asyncio.create_task(on.sidecar.generate("m", "Hello"))
        await on.called(1)
        stopping = await on.begin_to_stop()
        with pytest.raises(errors.ShuttingDown):
            await on.sidecar.generate("m", "Hello")
        on.provider.may_end.set()
        assert (await asking).text == "one"
        await stopping


async def test_a_body_still_on_its_way_at_the_end_gets_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "LAST_WORDS_S", 0.05)
    async with stage(FOREVER_S) as on:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(on.sidecar.address.rpartition(":")[2]))
        writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n")
        writer.write(b"Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 40\r\n\r\n")
        await reader.readuntil(b"100 Continue\r\n\r\n")
        await on.sidecar.stop()
        said = await reader.read()
        assert said.startswith(b"HTTP/1.1 503 ")
        assert b'"shutdown"' in said
        assert (on.record(503).flag, on.record(503).route) == ("shutdown", "/v1/chat/completions")
        writer.close()


async def test_an_idle_connection_does_not_hold_up_the_end() -> None:
    async with stage(FOREVER_S) as on:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(on.sidecar.address.rpartition(":")[2]))
        writer.write(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await reader.readuntil(b"}")).endswith(b'{"status":"alive"}')  # so that it was let in before the end
        began = time.monotonic()
        await on.sidecar.stop()
        assert time.monotonic() - began < 2
        assert await reader.read() == b""
        writer.close()
