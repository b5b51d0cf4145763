"""Every fault of a provider: rescued before the first content, told after it, never passed on as a whole answer."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from support.scene import TEXT, scene

from pyproxy.providers.mock import Behaviour

BEFORE_CONTENT = {
    "status": (Behaviour(status=500), "500"),
    "overloaded": (Behaviour(status=529), "529"),
    "rate limit": (Behaviour(status=429, retry_after="1"), "429"),
    "missing model": (Behaviour(status=404), "404"),
    "refused key": (Behaviour(status=401), "401"),
    "reset": (Behaviour(reset_before_head=True), "reset"),
    "closed": (Behaviour(close_before_head=True), "reset"),
    "silence": (Behaviour(stall_before_head=True), "first_byte_timeout"),
    "an error that says 200": (Behaviour(body=b'{"error": {"message": "no", "type": "server_error"}}'), "server_error"),
    "no JSON": (Behaviour(body=b"<html>"), "invalid_answer"),
}
BEFORE_CONTENT_OF_A_STREAM = {
    "cut": (Behaviour(text=TEXT, cut_after=0), "reset"),
    "reset in a stream": (Behaviour(text=TEXT, reset_after=0), "reset"),
    "a clean end": (Behaviour(text=TEXT, finish_early_after=0), "truncated"),
    "a stall": (Behaviour(text=TEXT, stall_after=0), "idle_timeout"),
    "an error event": (Behaviour(text=TEXT, error_after=0), "server_error"),
    "an event that is not JSON": (Behaviour(text=TEXT, malformed_after=0), "invalid_answer"),
}


@pytest.mark.parametrize(("fault", "told"), BEFORE_CONTENT.values(), ids=BEFORE_CONTENT.keys())
async def test_a_plain_answer_that_fails_is_rescued(fault: Behaviour, told: str) -> None:
    async with scene() as on:
        on.mock.script("first", fault)
        response = await on.ask()
        assert (response.status_code, response.json()["model"]) == (200, "second")
        assert response.headers["x-pyproxy-attempts"] == f"g.e1/first:{told}, g.e2/second:200"
        await on.idle()


@pytest.mark.parametrize(
    ("fault", "told"),
    [*BEFORE_CONTENT.values(), *BEFORE_CONTENT_OF_A_STREAM.values()],
    ids=[*BEFORE_CONTENT, *BEFORE_CONTENT_OF_A_STREAM],
)
async def test_a_stream_that_fails_before_its_first_content_is_rescued(fault: Behaviour, told: str) -> None:
    async with scene() as on:
        on.mock.script("first", fault)
        received, clean, path = await on.stream()
        assert path == f"g.e1/first:{told}, g.e2/second:200"
        assert clean
        assert received.endswith(b"data: [DONE]\n\n")
        await on.idle()


def broken(fault: str) -> Behaviour:
    """A stream in which `fault` happens after three words."""
    settings: dict[str, Any] = {"text": TEXT, fault: 3}
    return Behaviour(**settings)


@pytest.mark.parametrize("fault", ["cut_after", "reset_after", "stall_after", "finish_early_after", "error_after", "malformed_after"])
async def test_a_stream_that_fails_after_its_first_content_ends_in_an_error_event_and_a_cut(fault: str) -> None:
    # Before its first content a late stream is rescued, and ends well: only the fault that is a stall may meet a short limit here.
    async with scene(timeouts={"connect": 9, "first_byte": 9, "idle": 1 if fault == "stall_after" else 9, "total": 20}) as on:
        on.mock.script("first", broken(fault))
        received, clean, path = await on.stream()
        assert path == "g.e1/first:200"
        last = received.removesuffix(b"\n\n").rpartition(b"\n\n")[2]
        assert not clean
        assert "error" in json.loads(last.removeprefix(b"data: "))
        assert b"[DONE]" not in received
        assert len(on.mock.requests) == 1
        assert on.records[-1].flag == "stream_interrupted"
        await on.idle()


@pytest.mark.parametrize("whole", [True, False])
async def test_a_client_of_http_1_0_is_reset_where_an_answer_is_not_whole_for_there_a_fin_is_an_ordinary_end(whole: bool) -> None:  # noqa: FBT001
    async with scene() as on:
        on.mock.script("first", Behaviour(text=TEXT) if whole else broken("cut_after"))
        body = json.dumps({"model": "g", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", int(on.sidecar.address.rpartition(":")[2]))
        head = b"POST /v1/chat/completions HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % len(body) + body)
        if whole:
            assert (await reader.read()).endswith(b"data: [DONE]\n\n")
        else:
            with pytest.raises(ConnectionResetError):
                await reader.read()
        writer.close()
        await on.idle()


async def test_an_answer_that_is_complete_needs_no_done_to_end_well() -> None:
    async with scene() as on:
        on.mock.script("first", Behaviour(text=TEXT, omit_done=True))
        received, clean, _ = await on.stream()
        assert clean
        assert received.endswith(b"data: [DONE]\n\n")


async def test_a_kept_connection_that_the_provider_had_closed_costs_no_attempt() -> None:
    async with scene() as on:
        on.mock.script("first", Behaviour(), Behaviour(close_before_head=True), Behaviour())
        await on.ask()
        answer = await on.ask()
        assert (answer.status_code, answer.headers["x-pyproxy-attempts"]) == (200, "g.e1/first:200")
        assert on.mock.arrived == 3
