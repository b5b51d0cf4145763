"""Each fault as a client's socket sees it."""

import asyncio
import json
from typing import Any

import h11
import pytest

from pyproxy.providers.mock import Behaviour, MockProvider

THREE_WORDS = "one two three"


class Client(asyncio.Protocol):
    """Keeps what arrives and how the connection ended: None for a FIN, the error for an RST."""

    def __init__(self) -> None:
        self.received = b""
        self.more = asyncio.Event()
        self.ended: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        self.more.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set_result(exc)

    async def end(self) -> Exception | None:
        async with asyncio.timeout(5):
            return await self.ended

    async def until(self, text: bytes) -> None:
        async with asyncio.timeout(5):
            while text not in self.received:
                self.more.clear()
                await self.more.wait()

    def parsed(self) -> tuple[list[bytes], bool]:
        """Give the HTTP chunks and whether the body was complete."""
        http = h11.Connection(h11.CLIENT)
        http.send(h11.Request(method="GET", target="/", headers=[("host", "mock")]))
        http.send(h11.EndOfMessage())
        http.receive_data(self.received)
        chunks: list[bytes] = []
        while True:
            event = http.next_event()
            if isinstance(event, h11.Data):
                if event.chunk_start or not chunks:
                    chunks.append(b"")
                chunks[-1] += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return chunks, True
            elif event is h11.NEED_DATA:
                return chunks, False


async def ask(mock: MockProvider, behaviour: Behaviour, *, stream: bool = True, close: bool = True) -> Client:
    mock.script("m", behaviour)
    body = json.dumps({"model": "m", "stream": stream, "messages": [{"role": "user", "content": "hi"}]}).encode()
    port = int(mock.base_url.rpartition(":")[2].partition("/")[0])
    _, client = await asyncio.get_running_loop().create_connection(Client, "127.0.0.1", port)
    connection = b"connection: close\r\n" if close else b""
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: mock\r\n%scontent-length: %d\r\n\r\n" % (connection, len(body))
    client.transport.write(head + body)
    return client


async def events_of(mock: MockProvider, behaviour: Behaviour) -> list[bytes]:
    client = await ask(mock, behaviour)
    assert await client.end() is None
    chunks, complete = client.parsed()
    assert complete
    return chunks


def contents(chunks: list[bytes]) -> list[str]:
    found = []
    for chunk in chunks:
        line = chunk.removeprefix(b"data: ").strip()
        if line.startswith(b'{"id": "'):
            document: dict[str, Any] = json.loads(line)
            found += [choice["delta"]["content"] for choice in document["choices"] if choice["delta"].get("content")]
    return found


@pytest.mark.parametrize("stream", [True, False])
async def test_reset_before_the_head_is_an_rst_without_a_byte(mock: MockProvider, stream: bool) -> None:  # noqa: FBT001
    client = await ask(mock, Behaviour(reset_before_head=True, latency=0.001), stream=stream)
    assert isinstance(await client.end(), ConnectionResetError)
    assert client.received == b""
    assert mock.requests[0].outcome == "fault"
    assert mock.requests[0].status is None


@pytest.mark.parametrize("stream", [True, False])
async def test_close_before_the_head_is_a_fin_without_a_byte(mock: MockProvider, stream: bool) -> None:  # noqa: FBT001
    client = await ask(mock, Behaviour(close_before_head=True), stream=stream)
    assert await client.end() is None
    assert client.received == b""
    assert mock.requests[0].outcome == "fault"


async def test_stall_before_the_head_is_silence_until_the_client_leaves(mock: MockProvider) -> None:
    client = await ask(mock, Behaviour(stall_before_head=True))
    await mock.wait_for(lambda: mock.in_flight == 1)
    assert client.received == b""
    assert not client.ended.done()
    client.transport.abort()
    await mock.wait_for(lambda: mock.in_flight == 0)
    assert mock.requests[0].outcome == "client_gone"
    assert mock.requests[0].closed_ns is not None


async def test_a_clients_fin_counts_as_leaving(mock: MockProvider) -> None:
    client = await ask(mock, Behaviour(stall_after=1))
    await mock.wait_for(lambda: mock.requests[0].chunks_sent == 1 if mock.requests else False)
    client.transport.write_eof()
    await mock.wait_for(lambda: mock.in_flight == 0)
    assert mock.requests[0].outcome == "client_gone"


async def test_a_client_that_leaves_in_mid_stream_ends_it_at_once(mock: MockProvider) -> None:
    client = await ask(mock, Behaviour(chunks=100_000, pace=0.001))
    await mock.wait_for(lambda: mock.requests and mock.requests[0].chunks_sent >= 3)
    client.transport.abort()
    await mock.wait_for(lambda: mock.requests[0].outcome == "client_gone", timeout=1)


async def test_cut_is_a_fin_without_the_terminator(mock: MockProvider) -> None:
    client = await ask(mock, Behaviour(text=THREE_WORDS, cut_after=2))
    assert await client.end() is None
    chunks, complete = client.parsed()
    assert not complete
    assert contents(chunks) == ["one ", "two "]
    assert b"[DONE]" not in client.received
    assert mock.requests[0].outcome == "fault"
    assert mock.requests[0].chunks_sent == 2


async def test_a_fault_beyond_the_end_comes_after_the_last_content(mock: MockProvider) -> None:
    client = await ask(mock, Behaviour(text=THREE_WORDS, cut_after=99))
    assert await client.end() is None
    chunks, complete = client.parsed()
    assert not complete
    assert contents(chunks) == ["one ", "two ", "three"]
    assert b'"finish_reason": "stop"' not in client.received


async def test_a_fault_at_zero_comes_after_the_role_chunk(mock: MockProvider) -> None:
    client = await ask(mock, Behaviour(cut_after=0))
    await client.end()
    chunks, _ = client.parsed()
    assert len(chunks) == 1
    assert b'"role": "assistant"' in chunks[0]


async def test_reset_delivers_the_chunks_before_the_rst(mock: MockProvider) -> None:
    client = await ask(mock, Behaviour(text=THREE_WORDS, reset_after=2))
    assert isinstance(await client.end(), ConnectionResetError)
    chunks, complete = client.parsed()
    assert not complete
    assert contents(chunks) == ["one ", "two "]
    assert mock.requests[0].outcome == "fault"


async def test_stall_delivers_the_chunks_before_the_silence(mock: MockProvider) -> None:
    client = await ask(mock, Behaviour(text=THREE_WORDS, stall_after=2))
    await mock.wait_for(lambda: mock.requests and mock.requests[0].chunks_sent == 2)
    await client.until(b"two")
    assert contents(client.parsed()[0]) == ["one ", "two "]
    assert not client.ended.done()
    assert mock.in_flight == 1
    client.transport.abort()


@pytest.mark.parametrize("behaviour", [Behaviour(cut_after=1, mid_event=True), Behaviour(reset_after=1, mid_event=True)])
async def test_mid_event_faults_fall_inside_an_http_chunk(mock: MockProvider, behaviour: Behaviour) -> None:
    client = await ask(mock, behaviour)
    await client.end()
    chunks, complete = client.parsed()
    assert not complete
    assert not chunks[-1].endswith(b"\n")
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(chunks[-1].removeprefix(b"data: "))


async def test_finish_early_is_a_clean_end_without_finish_reason_and_done(mock: MockProvider) -> None:
    chunks = await events_of(mock, Behaviour(text=THREE_WORDS, finish_early_after=1))
    assert contents(chunks) == ["one "]
    assert b"[DONE]" not in b"".join(chunks)
    assert b'"stop"' not in b"".join(chunks)
    assert mock.requests[0].outcome == "fault"


async def test_an_error_event_ends_the_stream(mock: MockProvider) -> None:
    chunks = await events_of(mock, Behaviour(text=THREE_WORDS, error_after=1, error=("server_error", "boom", "It broke.")))
    assert json.loads(chunks[-1].removeprefix(b"data: "))["error"] == {
        "message": "It broke.",
        "type": "server_error",
        "param": None,
        "code": "boom",
    }
    assert contents(chunks) == ["one "]


async def test_a_malformed_event_does_not_end_the_stream(mock: MockProvider) -> None:
    chunks = await events_of(mock, Behaviour(text=THREE_WORDS, malformed_after=1))
    broken = chunks[2]
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(broken.removeprefix(b"data: "))
    assert broken.endswith(b"\n\n")
    assert contents([chunk for chunk in chunks if chunk is not broken]) == ["one ", "two ", "three"]
    assert chunks[-1] == b"data: [DONE]\n\n"


async def test_the_earliest_fault_is_played(mock: MockProvider) -> None:
    client = await ask(mock, Behaviour(text=THREE_WORDS, cut_after=2, reset_after=1))
    assert isinstance(await client.end(), ConnectionResetError)


async def test_done_can_be_left_out(mock: MockProvider) -> None:
    chunks = await events_of(mock, Behaviour(omit_done=True))
    assert b'"finish_reason": "stop"' in chunks[-1]


async def test_the_role_chunk_can_be_left_out(mock: MockProvider) -> None:
    chunks = await events_of(mock, Behaviour(include_role_chunk=False, text="hello"))
    assert b'"content": "hello"' in chunks[0]


async def test_split_shows_every_byte_as_an_http_chunk(mock: MockProvider) -> None:
    chunks = await events_of(mock, Behaviour(split=1))
    assert {len(chunk) for chunk in chunks} == {1}
    assert b"".join(chunks).endswith(b"data: [DONE]\n\n")


async def test_split_of_a_plain_answer_keeps_its_length(mock: MockProvider) -> None:
    client = await ask(mock, Behaviour(split=7), stream=False)
    assert await client.end() is None
    chunks, complete = client.parsed()
    assert complete
    assert json.loads(b"".join(chunks))["object"] == "chat.completion"


async def test_lines_can_end_in_crlf(mock: MockProvider) -> None:
    chunks = await events_of(mock, Behaviour(crlf=True))
    assert all(chunk.endswith(b"\r\n\r\n") for chunk in chunks)
    assert b"".join(chunks).count(b"\n") == 2 * len(chunks)


async def test_comments_stand_before_and_among_the_content(mock: MockProvider) -> None:
    chunks = await events_of(mock, Behaviour(text=THREE_WORDS, comments_before=2, comment_every=2))
    comment = b": keep-alive\n\n"
    assert [chunk == comment for chunk in chunks] == [True, True, False, False, False, True, False, False, False]


async def test_a_plain_answer_is_cut_after_half_its_body(mock: MockProvider) -> None:
    client = await ask(mock, Behaviour(cut_after=0), stream=False)
    assert await client.end() is None
    chunks, complete = client.parsed()
    assert not complete
    announced = int(client.received.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    assert len(b"".join(chunks)) == announced // 2


async def test_a_plain_answer_is_reset_after_half_its_body(mock: MockProvider) -> None:
    client = await ask(mock, Behaviour(reset_after=0), stream=False)
    assert isinstance(await client.end(), ConnectionResetError)
    assert not client.parsed()[1]


async def test_an_error_can_be_cut_too(mock: MockProvider) -> None:
    client = await ask(mock, Behaviour(status=500, cut_after=0))
    assert await client.end() is None
    assert client.received.startswith(b"HTTP/1.1 500")
    assert not client.parsed()[1]


async def test_a_slow_reader_stops_the_stream(mock: MockProvider) -> None:
    client = await ask(mock, Behaviour(text="x" * 65536 + " y", chunks=800))
    client.transport.pause_reading()
    await mock.wait_for(lambda: mock.arrived == 1)
    (request,) = mock.requests
    before, last = -1, 0
    while before != last:  # the socket's buffers fill first; then no turn of the loop brings another chunk
        before = last
        for _ in range(200):
            await asyncio.sleep(0)
        last = request.chunks_sent
    assert 0 < last < 800
    client.transport.resume_reading()
    assert await client.end() is None
    assert client.parsed()[1]
    assert mock.requests[0].outcome == "answered"


async def test_a_large_plain_answer_is_in_flight_until_it_is_read(mock: MockProvider) -> None:
    client = await ask(mock, Behaviour(body=b'"%s"' % (b"x" * 20_000_000)), stream=False)
    client.transport.pause_reading()
    await mock.wait_for(lambda: mock.arrived == 1)
    assert mock.in_flight == 1
    client.transport.abort()
    await mock.wait_for(lambda: mock.in_flight == 0)
    assert mock.requests[0].outcome == "client_gone"


async def test_latency_delays_the_head(mock: MockProvider) -> None:
    client = await ask(mock, Behaviour(latency=0.05), stream=False)
    assert await client.end() is None
    (request,) = mock.requests
    assert request.ended_ns is not None
    assert request.ended_ns - request.arrived_ns >= 45_000_000


async def test_pace_delays_each_chunk_but_the_first(mock: MockProvider) -> None:
    await events_of(mock, Behaviour(text=THREE_WORDS, pace=0.02))
    (request,) = mock.requests
    assert request.ended_ns is not None
    assert request.ended_ns - request.arrived_ns >= 36_000_000


async def test_requests_on_one_connection_are_answered_in_turn_even_when_pipelined(mock: MockProvider) -> None:
    client = await ask(mock, Behaviour(text="first", latency=0.01), close=False)
    body = b'{"model":"other","messages":[{"role":"user","content":"hi"}]}'
    client.transport.write(
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: m\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    )
    assert await client.end() is None
    assert client.received.count(b"HTTP/1.1 200") == 2
    assert client.received.index(b"first") < client.received.index(b"This is other")
    assert mock.peak_in_flight == 1


@pytest.mark.parametrize("stream", [True, False])
async def test_a_pause_after_the_head_comes_before_the_first_byte_of_the_body(mock: MockProvider, stream: bool) -> None:  # noqa: FBT001
    client = await ask(mock, Behaviour(head_pause=60), stream=stream)
    await client.until(b"\r\n\r\n")
    assert client.received.startswith(b"HTTP/1.1 200")
    assert client.received.endswith(b"\r\n\r\n")
    assert client.parsed()[0] == []
    client.transport.abort()


async def test_a_body_that_is_not_ended_keeps_the_connection_open_after_its_last_byte(mock: MockProvider) -> None:
    client = await ask(mock, Behaviour(text=THREE_WORDS, stall_at_end=True))
    await client.until(b"[DONE]")
    chunks, complete = client.parsed()
    assert chunks[-1] == b"data: [DONE]\n\n"
    assert not complete
    assert mock.in_flight == 1
    client.transport.abort()
    await mock.wait_for(lambda: mock.requests[0].outcome == "client_gone")


async def test_an_answer_can_trickle(mock: MockProvider) -> None:
    client = await ask(mock, Behaviour(body=b'"123456"', split=2, split_pace=0.01), stream=False)
    assert await client.end() is None
    (request,) = mock.requests
    assert request.ended_ns is not None
    assert request.ended_ns - request.arrived_ns >= 36_000_000
    assert client.received.endswith(b'"123456"')
