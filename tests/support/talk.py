"""One connection of a client that writes bytes and reads answers, strictly: what came, and how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Ending", "Reply", "Talk", "talk"]

Ending: TypeAlias = Literal["whole", "cut", "reset"]
_LONGEST = 2**20
_BODILESS = (204, 304)


@dataclass
class Reply:
    """An answer as it came.

    Attributes:
        status: its status; 0 if no head came.
        phrase: version and reason.
        headers: its headers in their order, the names in small letters.
        body: its body without the framing.
        interim: the statuses before it.
        ended: whether it is whole, broke off, or broke off by a reset.
    """

    status: int = 0
    phrase: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    interim: list[int] = field(default_factory=list)
    ended: Ending = "cut"

    def values(self, name: str) -> list[str]:
        """Of each header of this name."""
        return [value for each, value in self.headers if each == name]

    @property
    def closes(self) -> bool:
        """Whether it says that nothing follows."""
        return "close" in ",".join(self.values("connection")).lower()


class Talk:
    """A client's side of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def write(self, pieces: Iterable[bytes]) -> None:
        """Send bytes in as many packets as there are pieces, as far as the other side takes them."""
        try:
            for piece in pieces:
                self.writer.write(piece)
                await self.writer.drain()
                await asyncio.sleep(0)
        except ConnectionError:
            pass  # refused before all was read: what was answered counts

    async def reply(self, method: str = "GET") -> Reply:
        """Read one answer, as far as it comes."""
        reply = Reply()
        try:
            await self.begin(reply)
            await self._read_body(reply, method)
            reply.ended = "whole"
        except asyncio.IncompleteReadError as error:
            reply.body += error.partial if reply.status >= 200 else b""
        except ConnectionError:
            reply.ended = "reset"
        return reply

    async def begin(self, reply: Reply) -> None:
        """Read the head of an answer, and all that comes before it."""
        await self._read_head(reply)
        while reply.status < 200:
            reply.interim.append(reply.status)
            await self._read_head(reply)

    async def _read_head(self, reply: Reply) -> None:
        head = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = head[:-4].decode("latin-1").split("\r\n")
        version, status, reason = first.split(" ", 2)
        reply.phrase, reply.status = f"{version} {reason}", int(status)
        reply.headers = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in lines)]

    async def _read_body(self, reply: Reply, method: str) -> None:
        lengths, codings = reply.values("content-length"), reply.values("transfer-encoding")
        assert len(lengths) + len(codings) <= 1, reply.headers
        if method == "HEAD" or reply.status in _BODILESS:
            return
        if lengths:
            reply.body = await self.reader.readexactly(int(lengths[0]))
        elif codings:
            await self._read_chunks(reply)
        else:  # the end of the connection is its end
            while piece := await self.reader.read(_LONGEST):
                reply.body += piece

    async def _read_chunks(self, reply: Reply) -> None:
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            try:
                reply.body += await self.reader.readexactly(size)
            except asyncio.IncompleteReadError as error:
                raise asyncio.IncompleteReadError(error.partial, size) from None
            assert await self.reader.readexactly(2) == b"\r\n"
        assert await self.reader.readuntil(b"\r\n") == b"\r\n"

    async def rest(self) -> bytes:
        """All that comes to the end of the connection, unless that is a reset: then only what came is told."""
        received = bytearray()
        try:
            while piece := await self.reader.read(_LONGEST):
                received += piece
        except ConnectionError:
            pass
        return bytes(received)

    def reset(self) -> None:
        """Leave at once, unless the other side has ended the connection already."""
        connection: socket.socket = self.writer.get_extra_info("socket")
        if connection.fileno() < 0:
            return
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def close(self) -> None:
        """Leave."""
        self.writer.close()

    def half_close(self) -> None:
        """Say no more, and go on listening."""
        if not self.writer.is_closing():
            with contextlib.suppress(OSError):  # it has just been reset
                self.writer.write_eof()


async def talk(port: int) -> Talk:
    """Connect."""
    return Talk(*await asyncio.open_connection("127.0.0.1", port, limit=_LONGEST))
