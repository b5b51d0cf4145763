"""The sending half of a connection: HTTP framed by h11, and the socket where a fault needs it.

It owns whether the socket's buffer is full. Nagle's algorithm is off: asyncio sets TCP_NODELAY on every TCP transport.
"""

import asyncio
import socket
import struct
from typing import Final, NoReturn

import h11

_LINGER_ZERO: Final = struct.pack("ii", 1, 0)


class Wire:
    """Writes to one connection.

    Args:
        transport: The connection.
        http: Its protocol state, shared with the reading half.
    """

    def __init__(self, transport: asyncio.Transport, http: h11.Connection) -> None:
        self._transport = transport
        self._http = http
        self._drained: asyncio.Future[None] | None = None
        # Whatever the kernel does not take at once counts as full: a fault may come only after all bytes before it are out.
        transport.set_write_buffer_limits(high=0)

    def send(self, *events: h11.Event) -> None:
        """Write events in one write.

        Raises:
            h11.LocalProtocolError: If HTTP does not allow them now.
        """
        data = b"".join([self._http.send(event) or b"" for event in events])
        if not self._transport.is_closing():  # a client that left in the middle of a burst is heard of after it
            self._transport.write(data)

    def tear(self, event: h11.Data) -> None:
        """Write the first half of an event's bytes, its HTTP framing included; the connection is of no use afterwards."""
        data = self._http.send(event) or b""
        self._transport.write(data[: len(data) // 2])

    def pause(self) -> None:
        """Note that the buffer is full."""
        self._drained = asyncio.get_running_loop().create_future()

    def resume(self) -> None:
        """Note that the buffer is empty again."""
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    @property
    def full(self) -> bool:
        """Whether bytes wait for the client to read."""
        return self._drained is not None

    async def drained(self) -> None:
        """Wait until the kernel has every byte."""
        if self._drained is not None:
            await self._drained

    async def silence(self) -> NoReturn:
        """Do nothing until cancelled."""
        await asyncio.get_running_loop().create_future()
        raise AssertionError("nobody resolves this future")

    def close(self) -> None:
        """Close with a FIN, after what is written."""
        self._transport.close()

    def reset(self) -> None:
        """Close with an RST, at once."""
        connection: socket.socket = self._transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self._transport.abort()
