"""What holds of each transport, whatever it is made of."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import select
import ssl
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.broken_servers import full, nobody, says, serving
from support.transports import ask, call, transport_to

from pyproxy.providers.native_transport import NativeTransport
from pyproxy.providers.transport import TransportFailure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from support.transports import Kind

    from pyproxy.providers.transport import Transport

TLS = Path(__file__).parents[2] / "corpus" / "tls"
EVENT = b'data: {"text": "again"}\n\n'


def head(*lines: str) -> bytes:
    return "\r\n".join(("HTTP/1.1 200 OK", *lines, "", "")).encode()


def body_of(coding: str, body: bytes) -> bytes:
    return head(f"content-encoding: {coding}", f"content-length: {len(body)}") + body


@contextlib.asynccontextmanager
async def to(kind: Kind, answer: bytes, *, then_closes: bool = False) -> AsyncIterator[Transport]:
    async with says(answer, then_closes=then_closes)() as url, transport_to(kind, url) as transport:
        yield transport


@pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_a_body_that_was_compressed_is_decoded(kind: Kind, coding: str, compress: type[bytes]) -> None:
    async with to(kind, body_of(coding, compress(EVENT * 1000))) as transport:
        assert await ask(transport) == EVENT * 1000


async def test_what_nobody_can_decode_comes_as_it_is(kind: Kind) -> None:
    async with to(kind, body_of("pied-piper", b"who knows")) as transport:
        assert await ask(transport) == b"who knows"


async def test_a_bomb_comes_in_pieces_that_are_bounded(kind: Kind) -> None:
    async with to(kind, body_of("gzip", gzip.compress(bytes(64 * 2**20)))) as transport:
        response = await transport.open(call())
        sizes = [len(chunk) async for chunk in response.chunks()]
        await response.aclose()
    assert sum(sizes) == 64 * 2**20
    assert max(sizes) <= 2**20


async def test_a_body_that_is_not_compressed_as_it_says_is_a_reset(kind: Kind) -> None:
    async with to(kind, body_of("gzip", b"no gzip at all")) as transport:
        with pytest.raises(TransportFailure) as failure:
            await ask(transport)
    assert failure.value.signal == "reset"


async def test_what_comes_to_nothing_does_not_hold_the_loop() -> None:
    nothing = gzip.compress(b"", mtime=0) * 100_000
    async with to("native", body_of("gzip, gzip", gzip.compress(nothing))) as transport:
        assert isinstance(transport, NativeTransport)
        response = await transport.open(call())  # with its body, which came in the same packet
        piece = response._answer.read(transport._bridge.io)
        assert isinstance(piece, int), "a ticket, since it takes long"
        assert await transport._bridge.done(piece) == b""
        await response.aclose()


async def test_interim_answers_are_passed_over_and_trailers_dropped(kind: Kind) -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    whole = head("transfer-encoding: chunked", "trailer: x-t") + b"2\r\n{}\r\n0\r\nx-t: 1\r\n\r\n"
    async with to(kind, interim + whole) as transport:
        response = await transport.open(call())
        assert response.status == 200
        assert b"link" not in dict(response.headers)
        assert b"".join([chunk async for chunk in response.chunks()]) == b"{}"
        await response.aclose()


async def test_a_body_without_a_length_goes_to_the_end_of_its_connection(kind: Kind) -> None:
    async with to(kind, b"HTTP/1.0 200 OK\r\n\r\n" + EVENT, then_closes=True) as transport:
        assert await ask(transport) == EVENT


@pytest.mark.parametrize("answer", [head("content-length: 9") + b"half", head("transfer-encoding: chunked") + b"4\r\nhalf\r\n"])
async def test_a_body_that_breaks_off_is_a_reset_after_what_came_of_it(kind: Kind, answer: bytes) -> None:
    async with to(kind, answer, then_closes=True) as transport:
        response = await transport.open(call())
        chunks = response.chunks()
        assert await anext(chunks) == b"half"
        with pytest.raises(TransportFailure) as failure:
            await anext(chunks)
        await response.aclose()
    assert failure.value.signal == "reset"


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200", b"SMTP 220 hello\r\n\r\n", head("content-length: none")])
async def test_what_is_no_answer_is_a_reset(kind: Kind, answer: bytes) -> None:
    async with to(kind, answer, then_closes=True) as transport:
        with pytest.raises(TransportFailure) as failure:
            await ask(transport)
    assert failure.value.signal == "reset"
    assert failure.value.detail


async def test_nobody_listening_is_told_from_nobody_answering(kind: Kind) -> None:
    async with nobody() as url, transport_to(kind, url) as transport:
        with pytest.raises(TransportFailure) as refused:
            await ask(transport)
    async with full() as url, transport_to(kind, url) as transport:
        with pytest.raises(TransportFailure) as silent:
            await transport.open(call(connect_timeout=0.2))
    assert (refused.value.signal, silent.value.signal) == ("connect_failed", "connect_timeout")
    assert silent.value.detail == "no connection within 0.2 s"


async def test_a_name_that_nobody_has_is_no_connection(kind: Kind) -> None:
    async with transport_to(kind, "http://nobody.invalid/v1") as transport:
        with pytest.raises(TransportFailure) as failure:
            await ask(transport)
    assert failure.value.signal == "connect_failed"


class Silent:
    """A provider that begins an answer at most, and notes when its client has gone."""

    def __init__(self, beginning: bytes) -> None:
        self.beginning = beginning
        self.asked = asyncio.Event()
        self.left = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(call().body)
        writer.write(self.beginning)
        self.asked.set()
        assert await reader.read() == b""
        self.left.set()

    @contextlib.asynccontextmanager
    async def asked_by(self, kind: Kind) -> AsyncIterator[Transport]:
        async with asyncio.timeout(5), serving(self.serve) as url, transport_to(kind, url) as transport:
            yield transport
            await self.left.wait()


async def test_a_call_that_is_cancelled_before_its_head_came_is_ended_at_once(kind: Kind) -> None:
    provider = Silent(b"")
    async with provider.asked_by(kind) as transport:
        opening = asyncio.create_task(transport.open(call()))
        await provider.asked.wait()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening


async def test_an_answer_that_comes_as_its_call_is_cancelled_is_ended_at_once() -> None:
    provider = Silent(head("content-length: 9") + b"half")
    async with provider.asked_by("native") as transport:
        assert isinstance(transport, NativeTransport)
        bridge = transport._bridge
        opening = asyncio.create_task(transport.open(call()))
        await asyncio.sleep(0)
        asyncio.get_running_loop().remove_reader(bridge.io.fileno())
        await provider.asked.wait()
        select.select([bridge.io.fileno()], [], [], 5)
        bridge._take()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError) as kept:
            await opening
        await provider.left.wait()
        assert kept.tb is not None


async def test_a_call_whose_next_piece_is_waited_for_no_more_is_ended_at_once(kind: Kind) -> None:
    provider = Silent(head("content-length: 9") + b"half")
    async with provider.asked_by(kind) as transport:
        response = await transport.open(call())
        chunks = response.chunks()
        assert await anext(chunks) == b"half"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await anext(chunks)
        await chunks.aclose()
        await response.aclose()


async def test_an_answer_that_is_closed_before_its_end_is_ended_at_once(kind: Kind) -> None:
    provider = Silent(head("content-length: 9") + b"half")
    async with provider.asked_by(kind) as transport:
        response = await transport.open(call())
        chunks = response.chunks()
        assert await anext(chunks) == b"half"
        await chunks.aclose()
        await response.aclose()


async def test_pieces_that_are_there_already_leave_the_loop_to_others() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with to("native", body_of("gzip", gzip.compress(bytes(64 * 2**20)))) as transport:
        response = await transport.open(call())
        task = asyncio.create_task(others())
        pieces = [len(chunk) async for chunk in response.chunks()]
        task.cancel()
        await response.aclose()
    assert turns >= len(pieces) / 20


@pytest.mark.parametrize("size", [2**16, 2**23])
async def test_an_answer_that_comes_before_the_request_was_read_is_an_answer(kind: Kind, size: int) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
        writer.write_eof()
        while await reader.read(2**16):
            pass

    async with serving(refuse) as url, transport_to(kind, url) as transport:
        response = await transport.open(call(bytes(size)))
        assert response.status == 413
        assert b"".join([chunk async for chunk in response.chunks()]) == b"{}"
        await response.aclose()


async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        await reader.readuntil(call().body)
        writer.write(head("content-length: 2") + b"{}")


@pytest.fixture
def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem", TLS / "server.key")
    return context


async def test_an_authority_of_the_file_is_believed(kind: Kind, tls: ssl.SSLContext) -> None:
    async with serving(answers, tls=tls) as url, transport_to(kind, url, ca_file=str(TLS / "ca.pem")) as transport:
        assert await ask(transport) == b"{}"
        assert await ask(transport) == b"{}"


async def test_no_other_authority_is_believed(kind: Kind, tls: ssl.SSLContext) -> None:
    async with serving(answers, tls=tls) as url, transport_to(kind, url) as transport:
        with pytest.raises(TransportFailure) as failure:
            await ask(transport)
    assert failure.value.signal == "connect_failed"
    assert "certificate" in failure.value.detail
