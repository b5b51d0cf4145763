"""Streams that are held back until they are whole, or gone on with where they broke off, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from support.scene import TEXT, scene

from pyproxy import Sidecar
from pyproxy.orchestration import keep_alive
from pyproxy.providers.mock import Behaviour

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

FAULTS = ["cut_after", "reset_after", "stall_after", "finish_early_after", "error_after", "malformed_after"]
SAYS = Behaviour(text=TEXT)


def broken(fault: str) -> Behaviour:
    """A stream in which `fault` happens after three words."""
    settings: dict[str, Any] = {fault: 3, "mid_event": fault in ("cut_after", "reset_after", "stall_after")}
    return replace(SAYS, **settings)


def text(received: bytes) -> str:
    events = [json.loads(line.removeprefix(b"data: ")) for line in received.split(b"\n\n") if line.startswith(b"data: {")]
    return "".join(choice["delta"].get("content") or "" for event in events for choice in event["choices"])


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_complete_stream_is_rescued_whatever_happens_in_its_middle(fault: str) -> None:
    async with scene(stream_guarantee="complete") as on:
        on.mock.script("first", broken(fault))
        received, clean, path = await on.stream()
        assert (text(received), clean) == (TEXT, True)
        assert path.endswith("g.e2/second:200")
        assert received.endswith(b"data: [DONE]\n\n")
        await on.idle()


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_stream_is_resumed_whatever_happens_in_its_middle(fault: str) -> None:
    async with scene(stream_guarantee="resume") as on:
        on.mock.script("first", broken(fault))
        received, clean, path = await on.stream()
        assert (text(received), clean, path) == (TEXT, True, "g.e1/first:200")
        assert received.endswith(b"data: [DONE]\n\n")
        assert b'"second"' not in received  # it is one stream, of one model
        await on.idle()
        (record,) = on.records
        assert [str(attempt) for attempt in record.attempts][-1] == "g.e2/second:200"
        assert (record.flag, record.model) == ("-", "second")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("guarantee", ["complete", "resume"])
async def test_what_nobody_can_rescue_ends_in_an_error_and_never_cleanly(guarantee: str, fault: str) -> None:
    async with scene(stream_guarantee=guarantee) as on:
        on.mock.script("first", broken(fault))
        on.mock.script("second", replace(broken(fault), text="something else"))
        body = {"model": "g", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
        if guarantee == "complete":
            response = await on.client.post("/v1/chat/completions", json=body)
            assert response.status_code >= 500
        else:
            received, clean, _ = await on.stream()
            assert not clean
            assert b'"error"' in received.removesuffix(b"\n\n").rpartition(b"\n\n")[2]
            assert b"[DONE]" not in received
        await on.idle()


async def test_a_stream_that_is_held_back_shows_signs_of_life_before_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep_alive, "FIRST_S", 0.02)
    monkeypatch.setattr(keep_alive, "EVERY_S", 0.02)
    async with scene(stream_guarantee="complete") as on:
        on.mock.script("first", replace(SAYS, pace=0.05, reset_after=4))
        on.mock.script("second", replace(SAYS, pace=0.05))
        received, clean, path = await on.stream()
        signs, _, events = received.partition(b": x-pyproxy-attempts: g.e1/first:reset, g.e2/second:200\n\n")
        assert signs == b": keep-alive\n\n" * signs.count(b":") != b""
        assert (text(events), clean, path) == (TEXT, True, "")
        await on.idle()


async def test_once_signs_of_life_were_given_a_failure_is_an_event_and_a_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep_alive, "FIRST_S", 0.02)
    async with scene(stream_guarantee="complete") as on:
        on.mock.script("first", replace(SAYS, pace=0.05, reset_after=4))
        on.mock.script("second", Behaviour(status=500))
        received, clean, _ = await on.stream()
        assert (received.count(b"data: "), clean) == (1, False)
        assert b'"error"' in received
        assert on.records[-1].flag == "no_model_available"
        await on.idle()


async def test_a_client_that_leaves_a_stream_that_is_held_back_ends_the_call() -> None:
    async with scene(stream_guarantee="complete", timeouts={"first_byte": 9, "idle": 9, "total": 9}) as on:
        on.mock.script("first", replace(SAYS, stall_after=3))
        body = {"model": "g", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
        with pytest.raises(httpx2.ReadTimeout):
            await on.client.post("/v1/chat/completions", json=body, timeout=0.2)
        await on.mock.wait_for(lambda: on.mock.requests[-1].outcome == "client_gone")
        await on.recorded(1)
        assert (on.records[0].flag, on.records[0].status) == ("client_gone", None)
        await on.idle()


@contextlib.asynccontextmanager
async def a_provider_that_never_hangs_up(events: bytes) -> AsyncIterator[str]:
    """A server that answers whatever comes with these events, and keeps its connections open until their clients go."""
    left = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        writer.write(b"%x\r\n%s\r\n" % (len(events), events))
        await reader.read()
        left.set()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        async with asyncio.timeout(5):
            await left.wait()


@pytest.mark.parametrize("guarantee", ["first_content", "complete", "resume"])
async def test_an_end_without_done_is_not_waited_for_although_the_provider_keeps_the_connection(guarantee: str) -> None:
    word = b'data: {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": null}]}\n\n'
    last = b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n'
    usage = b'data: {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}\n\n'
    async with a_provider_that_never_hangs_up(word + last + usage) as base_url:
        config = {
            "providers": {"p": {"base_url": base_url}},
            "task_groups": {"g": {"e": {"models": ["p:m"]}, "stream_guarantee": guarantee}},
        }
        sidecar = Sidecar(config)
        await sidecar.start(port=0)
        async with sidecar, httpx2.AsyncClient(base_url=sidecar.address, trust_env=False, timeout=5) as client:
            body = {"model": "g", "stream": True, "messages": []}
            answer = await client.post("/v1/chat/completions", json=body)
            assert answer.content == word + last + b"data: [DONE]\n\n"  # the client did not ask for the usage
