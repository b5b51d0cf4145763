"""Answers that come in any pieces, and that end at any byte: whole only where they are, and never waited for in vain."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING

import pytest
from support.broken_servers import serving
from support.transports import call, transport_to

from pyproxy.providers.transport import TransportFailure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.transports import Kind

    from pyproxy.providers.transport import Transport

BODY = b'data: {"n": 1}\n\n'
INTERIM = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
ANSWERS = {
    "by its length": b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(BODY) + BODY,
    "in chunks": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9;a=b\r\n"
    + BODY[:9]
    + b"\r\n7\r\n"
    + BODY[9:]
    + b"\r\n0\r\nx: t\r\n\r\n",
    "after another": INTERIM + b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(BODY) + BODY,
}


class Provider:
    """Says what it is told to, piece by piece, and ends the connection as it is told to, if it is."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.ending: str | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(call().body)
            for piece in self.pieces:
                writer.write(piece)
                await asyncio.sleep(0)
            if self.ending == "RST":
                connection: socket.socket = writer.get_extra_info("socket")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if self.ending is not None:
                return


async def heard(transport: Transport) -> tuple[bytes, str | None]:
    """What comes of an answer, and what the failure is that ends it, if one does."""
    said = bytearray()
    try:
        response = await transport.open(call())
        async with contextlib.aclosing(response.chunks()) as chunks:
            async for chunk in chunks:
                said += chunk
    except TransportFailure as failure:
        return bytes(said), failure.signal
    finally:
        with contextlib.suppress(UnboundLocalError):
            await response.aclose()
    return bytes(said), None


def in_two(data: bytes) -> Iterator[list[bytes]]:
    return ([data[:at], data[at:]] for at in range(1, len(data)))


@pytest.mark.parametrize("form", ANSWERS)
async def test_an_answer_is_the_same_wherever_it_is_cut(kind: Kind, form: str) -> None:
    provider, answer = Provider(), ANSWERS[form]
    async with asyncio.timeout(10), serving(provider.serve) as url, transport_to(kind, url) as transport:
        for provider.pieces in (*in_two(answer), [answer[at : at + 1] for at in range(len(answer))]):
            assert await heard(transport) == (BODY, None), provider.pieces


@pytest.mark.parametrize("ending", ["FIN", "RST"])
@pytest.mark.parametrize("form", ANSWERS)
async def test_an_answer_that_ends_at_any_byte_is_no_whole_one(kind: Kind, form: str, ending: str) -> None:
    """A body in chunks is whole with its last chunk's size: of trailers nothing depends."""
    provider, answer = Provider(), ANSWERS[form]
    provider.ending = ending
    async with asyncio.timeout(10), serving(provider.serve) as url, transport_to(kind, url) as transport:
        for at in range(len(answer)):
            provider.pieces = [answer[:at]]
            said, failure = await heard(transport)
            assert failure == "reset", provider.pieces
            assert BODY.startswith(said), provider.pieces
        provider.ending, provider.pieces = None, [answer]
        assert await heard(transport) == (BODY, None)


@pytest.mark.parametrize(
    "chunk",
    [b"", b"+2", b"0x2", b" 2", b"1_0", b"-2", b"2\n{}", b"1" + b"0" * 20, b"zz"],
    ids=repr,
)
async def test_a_chunk_of_no_size_that_there_is_ends_the_answer(kind: Kind, chunk: bytes) -> None:
    provider = Provider()
    provider.ending, provider.pieces = "FIN", [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", chunk + b"\r\n{}\r\n0\r\n\r\n"]
    async with asyncio.timeout(10), serving(provider.serve) as url, transport_to(kind, url) as transport:
        assert (await heard(transport))[1] == "reset"


@pytest.mark.parametrize(
    "lines",
    [
        [b"content-length: 2", b"content-length: 3"],
        [b"content-length: -2"],
        [b"content-length: 2x"],
        [b"content-length: " + b"9" * 30],
        [b"x" * 1_000_000],
        [b"x: a\0b"],
        [b"no colon"],
    ],
    ids=["two lengths", "below nothing", "no number", "beyond all", "a head without an end", "a zero byte", "no colon"],
)
async def test_a_head_that_is_none_is_no_answer(kind: Kind, lines: list[bytes]) -> None:
    provider = Provider()
    provider.ending, provider.pieces = "FIN", [b"HTTP/1.1 200 OK\r\n", b"\r\n".join([*lines, b"", b"{}"])]
    async with asyncio.timeout(10), serving(provider.serve) as url, transport_to(kind, url) as transport:
        assert await heard(transport) == (b"", "reset")


@pytest.mark.parametrize("behind", [b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnext", b"more than was said", b"\0"], ids=repr)
async def test_what_comes_behind_an_answer_answers_nobody(kind: Kind, behind: bytes) -> None:
    """A provider that says more than it was asked has lost count: its connection is of no use to the next."""
    provider, answer = Provider(), ANSWERS["by its length"]
    async with asyncio.timeout(10), serving(provider.serve) as url, transport_to(kind, url) as transport:
        provider.pieces = [answer + behind]
        assert await heard(transport) == (BODY, None)
        provider.pieces = [answer]
        assert await heard(transport) == (BODY, None)
