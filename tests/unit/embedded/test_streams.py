"""Streams inside a program: typed chunks, pulled and not pushed, ended when nobody wants them."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.apart import MockApart, configuration
from support.scene import until

from pyproxy import Sidecar, errors
from pyproxy.embedded.events import chunk_of, payloads
from pyproxy.providers.mock import Behaviour

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pyproxy import CompletionChunk
    from pyproxy.domain import RequestRecord

WORDS = "one two three four five six seven eight"


@pytest.fixture(params=[True, False], ids=["own thread", "same loop"])
async def beside(request: pytest.FixtureRequest, upstream: MockApart) -> AsyncIterator[Sidecar]:
    """A sidecar in each of the two homes."""
    upstream.provider.default = Behaviour(text=WORDS)
    async with Sidecar(configuration(upstream.provider), environ={}, own_thread=request.param) as running:
        yield running
        assert [scope["key"] for scope in running.limits() if scope["in_flight"]] == []


async def test_a_stream_is_a_chunk_for_each_event(beside: Sidecar) -> None:
    stream = beside.stream("fast_group", "Hello", stream_options={"include_usage": True})
    assert (stream.target, stream.model, stream.attempts) == ("", "", ())
    chunks = [chunk async for chunk in stream]
    assert [chunk.text for chunk in chunks if chunk.text] == [f"{word} " for word in WORDS.split()[:-1]] + ["eight"]
    assert [chunk.finish_reason for chunk in chunks if chunk.finish_reason] == ["stop"]
    (usage,) = [chunk.usage for chunk in chunks if chunk.usage]
    assert usage["completion_tokens"] == 8
    assert all(chunk.raw["object"] == "chat.completion.chunk" for chunk in chunks)
    assert (stream.target, stream.model, stream.provider) == ("fast_group", "one", "mock")
    assert stream.attempts == ("fast_group.echelon1/one:200",)
    assert [chunk async for chunk in stream] == []


async def test_a_failure_before_the_first_content_is_rescued(beside: Sidecar, upstream: MockApart) -> None:
    upstream.provider.script("one", Behaviour(status=503))
    async with beside.stream("fast_group", "Hello") as stream:
        assert "".join([chunk.text async for chunk in stream]) == WORDS
        assert stream.attempts == ("fast_group.echelon1/one:503", "fast_group.echelon2/two:200")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Behaviour(status=503), errors.UpstreamError),
        (Behaviour(status=429), errors.Saturated),
        (Behaviour(status=400, error_code="context_length_exceeded"), errors.UpstreamError),
        (Behaviour(reset_before_head=True), errors.NoModelAvailable),
    ],
)
async def test_what_fails_before_the_first_chunk_is_raised_as_for_a_whole_answer(
    beside: Sidecar, upstream: MockApart, fault: Behaviour, expected: type[errors.UpstreamError]
) -> None:
    upstream.provider.default = fault
    with pytest.raises(expected) as streamed:
        await anext(beside.stream("lone_group", "Hello"))
    with pytest.raises(expected) as whole:
        await beside.generate("lone_group", "Hello")
    assert type(streamed.value) is type(whole.value)
    assert streamed.value.http_status == whole.value.http_status
    assert streamed.value.message.split(" (")[0] == whole.value.message.split(" (")[0]
    assert streamed.value.attempts == whole.value.attempts


@pytest.mark.parametrize("fault", ["cut_after", "reset_after", "finish_early_after", "error_after", "malformed_after"])
async def test_a_stream_that_breaks_in_the_middle_raises_and_is_never_taken_for_whole(
    beside: Sidecar, upstream: MockApart, fault: str
) -> None:
    upstream.provider.script("one", Behaviour(text=WORDS, **{fault: 3}))  # type: ignore[arg-type]
    stream = beside.stream("fast_group", "Hello")
    chunks: list[CompletionChunk] = []

    async def read() -> None:
        async for chunk in stream:
            chunks.append(chunk)  # noqa: PERF401 - what came before the error counts

    with pytest.raises(errors.StreamInterrupted) as caught:
        await read()
    assert "".join(map(str, chunks)) == "one two three "
    assert all(chunk.raw["choices"] for chunk in chunks)
    assert (caught.value.target, caught.value.attempts) == ("fast_group", ("fast_group.echelon1/one:200",))
    assert [chunk async for chunk in stream] == []


async def test_a_stream_whose_time_runs_out_while_nobody_reads_is_interrupted(beside: Sidecar, upstream: MockApart) -> None:
    upstream.provider.script("one", Behaviour(chunks=200))
    records: list[RequestRecord] = []
    beside.observe(records.append)
    stream = beside.stream("one", "Hello", timeout=0.3)
    await anext(stream)
    await until(lambda: bool(records))
    with pytest.raises(errors.StreamInterrupted, match="time is over"):
        async for _ in stream:
            pass


async def test_a_reader_that_does_not_read_leaves_the_rest_with_the_provider(beside: Sidecar, upstream: MockApart) -> None:
    upstream.provider.script("one", Behaviour(text="word " * 2000, chunks=200_000))
    async with beside.stream("one", "Hello") as stream:
        await anext(stream)
        sent = -1
        async with asyncio.timeout(10):
            while sent != (sent := upstream.provider.requests[0].chunks_sent):  # noqa: ASYNC110
                await asyncio.sleep(0.2)  # nothing tells when a provider gets rid of no more
        assert 0 < sent < 100_000


async def test_closing_a_stream_ends_it_upstream(beside: Sidecar, upstream: MockApart) -> None:
    upstream.provider.script("one", Behaviour(text=WORDS, stall_after=3))
    stream = beside.stream("one", "Hello")
    assert (await anext(stream)).text == ""
    await stream.aclose()
    assert [chunk async for chunk in stream] == []
    await asyncio.to_thread(upstream.wait_for, lambda: upstream.outcomes() == ["client_gone"])


async def test_breaking_out_of_the_loop_ends_it_upstream(beside: Sidecar, upstream: MockApart) -> None:
    upstream.provider.script("one", Behaviour(text=WORDS, stall_after=3))
    async for chunk in beside.stream("one", "Hello"):
        if chunk.text:
            break
    await asyncio.to_thread(upstream.wait_for, lambda: upstream.outcomes() == ["client_gone"])


async def test_cancelling_the_reader_ends_it_upstream(beside: Sidecar, upstream: MockApart) -> None:
    upstream.provider.script("one", Behaviour(stall_before_head=True))
    stream = beside.stream("one", "Hello")
    reading = asyncio.ensure_future(anext(stream))
    await asyncio.to_thread(upstream.wait_for, lambda: upstream.provider.in_flight)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert [scope["key"] for scope in beside.limits() if scope["in_flight"]] == []
    await asyncio.to_thread(upstream.wait_for, lambda: upstream.outcomes() == ["client_gone"])


async def test_closing_a_stream_ends_it_for_the_task_that_reads_it(beside: Sidecar, upstream: MockApart) -> None:
    upstream.provider.script("one", Behaviour(stall_before_head=True))
    stream = beside.stream("one", "Hello")
    reading = asyncio.ensure_future(anext(stream, None))
    await asyncio.to_thread(upstream.wait_for, lambda: upstream.provider.in_flight)
    with pytest.raises(RuntimeError, match="read by another task"):
        await anext(stream)
    await stream.aclose()
    assert await reading is None
    await asyncio.to_thread(upstream.wait_for, lambda: upstream.outcomes() == ["client_gone"])


async def test_a_stream_that_outlives_its_sidecar_is_told_so_and_can_be_closed(upstream: MockApart) -> None:
    upstream.provider.default = Behaviour(text=WORDS, stall_after=3)
    async with Sidecar(configuration(upstream.provider, server={"drain_timeout": 0.05}), environ={}) as sidecar:
        read, unread = sidecar.stream("one", "Hello"), sidecar.stream("one", "Hello")
        assert await anext(read)
        assert await anext(unread)
    with pytest.raises(errors.ShuttingDown):
        async for _ in read:
            pass
    await unread.aclose()


async def test_a_stream_that_is_never_read_asks_for_nothing(beside: Sidecar, upstream: MockApart) -> None:
    async with beside.stream("one", "Hello"):
        pass
    assert upstream.provider.arrived == 0


def test_a_blocking_stream_can_be_left_and_closed(sidecar: Sidecar, upstream: MockApart) -> None:
    upstream.provider.default = Behaviour(text=WORDS, stall_after=3)
    with sidecar.stream_sync("one", "Hello") as stream:
        next(stream)
    assert list(stream) == []
    for _ in sidecar.stream_sync("one", "Hello"):
        break
    upstream.wait_for(lambda: upstream.outcomes() == ["client_gone"] * 2)


def test_a_blocking_stream_that_breaks_raises(sidecar: Sidecar, upstream: MockApart) -> None:
    upstream.provider.default = Behaviour(text=WORDS, cut_after=3)
    stream = sidecar.stream_sync("one", "Hello")
    with pytest.raises(errors.StreamInterrupted):
        list(stream)
    assert list(stream) == []


async def test_a_stream_that_a_stop_cuts_says_so(upstream: MockApart) -> None:
    upstream.provider.default = Behaviour(text=WORDS, stall_after=3)
    records: list[RequestRecord] = []
    config = configuration(upstream.provider, server={"drain_timeout": 0.05})
    async with Sidecar(config, environ={}, own_thread=False, observers=(records.append,)) as sidecar:
        stream = sidecar.stream("one", "Hello")
        assert await anext(stream)
        stopping = asyncio.create_task(sidecar.stop())
        with pytest.raises(errors.ShuttingDown):
            async for _ in stream:
                pass
        await stopping
    assert [record.flag for record in records] == ["shutdown"]


@given(
    events=st.lists(st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=5), max_size=3), max_size=6),
    end=st.sampled_from([b"\n", b"\r\n"]),
    space=st.sampled_from([b"", b" "]),
)
def test_every_event_is_read_whatever_its_line_ends(events: list[dict[str, object]], end: bytes, space: bytes) -> None:
    wire = b"".join(b": comment" + end + b"data:" + space + json.dumps(event).encode() + end + end for event in events)
    assert list(payloads(wire + b"data: [DONE]" + end + end)) == events


@pytest.mark.parametrize("payload", [{}, {"choices": []}, {"choices": [{}]}, {"choices": [{"delta": None}]}, {"choices": None}])
def test_events_without_text_are_chunks_without_text(payload: dict[str, object]) -> None:
    assert (chunk_of(payload).text, chunk_of(payload).finish_reason, chunk_of(payload).usage) == ("", None, None)
