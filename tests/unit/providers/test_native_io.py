"""What native I/O has begun ends with the loop that began it, and with its process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
import warnings
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from support.broken_servers import serving
from support.transports import ask, call, transport_to

from pyproxy.providers.native_transport import NativeTransport
from pyproxy.rust_core import NativeEndpoint, NativeIo, NativePool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from pyproxy.native import Bridge

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


def endpoint_at(url: str) -> NativeEndpoint:
    return NativeEndpoint("http", "127.0.0.1", urlsplit(url).port or 80, b"", (), (), b"")


class Silent:
    """A provider that answers nobody, and notes when its client has gone."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.left = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readuntil(call().body)
        self.asked.set()
        assert await reader.read() == b""
        self.left.set()


@contextlib.asynccontextmanager
async def under_way() -> AsyncIterator[tuple[Bridge, asyncio.Task[object], Silent]]:
    """A call that is not answered."""
    provider = Silent()
    async with asyncio.timeout(5), serving(provider.serve) as url, transport_to("native", url) as transport:
        assert isinstance(transport, NativeTransport)
        opening = asyncio.create_task(transport.open(call()))
        await provider.asked.wait()
        yield transport._bridge, opening, provider


async def test_closing_ends_what_is_under_way_and_whoever_waits_for_it_is_cancelled() -> None:
    async with under_way() as (bridge, opening, provider):
        bridge.close()
        await provider.left.wait()
        with pytest.raises(asyncio.CancelledError):
            await opening


async def test_a_call_that_is_cancelled_after_the_end_opens_nothing_again() -> None:
    async with under_way() as (bridge, opening, _):
        bridge.close()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert bridge._io is None
        with pytest.raises(asyncio.CancelledError):
            await bridge.done(1)


async def test_what_is_begun_after_the_end_is_not_sent() -> None:
    connections = 0

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(call().body)
        writer.write(ANSWER)

    async with asyncio.timeout(5), serving(accept) as url, transport_to("native", url) as transport:
        io, pool = NativeIo(), NativePool()
        endpoint = endpoint_at(url)
        io.close()
        assert io.fileno() == -1
        assert endpoint.send(io, pool, "GET", b"/", b"", (), b"", 5.0) > 0
        assert io.take() == []
        assert await ask(transport) == b"{}"
        assert connections == 1


async def test_what_nobody_holds_any_more_ends_what_it_has_begun() -> None:
    provider = Silent()
    async with asyncio.timeout(5), serving(provider.serve) as url:
        io, pool = NativeIo(), NativePool()
        endpoint = endpoint_at(url)
        endpoint.send(io, pool, "POST", b"/", b"", (), call().body, 5.0)
        await provider.asked.wait()
        del io
        await provider.left.wait()


@pytest.fixture
def url() -> Iterator[str]:
    """A provider in a thread of its own, which a forked process can ask, too."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.settimeout(5)
                        received = b""
                        while not received.endswith(call().body):
                            received += connection.recv(2**16)
                        connection.sendall(ANSWER)

        serving = threading.Thread(target=serve)
        serving.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        listener.shutdown(socket.SHUT_RDWR)
        serving.join()


def in_a_fork(holds: Callable[[], bool]) -> bool:
    """Whether something holds in a process that is forked from this one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # there are threads, which is what this is about
        child = os.fork()
    if not child:
        signal.alarm(10)
        with contextlib.suppress(BaseException):
            os._exit(0 if holds() else 1)
        os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


async def asked(url: str) -> bytes:
    async with transport_to("native", url) as transport:
        return await ask(transport)


def test_a_process_that_is_forked_from_one_with_native_io_has_its_own(url: str) -> None:
    assert asyncio.run(asked(url)) == b"{}"
    assert in_a_fork(lambda: asyncio.run(asked(url)) == b"{}")
    assert asyncio.run(asked(url)) == b"{}"


def test_what_was_made_before_a_fork_is_refused_after_it(url: str) -> None:
    io, pool = NativeIo(), NativePool()
    endpoint = endpoint_at(url)

    def is_refused(io: NativeIo, pool: NativePool) -> bool:
        with pytest.raises(RuntimeError, match="does not survive a fork"):
            endpoint.send(io, pool, "GET", b"/", b"", (), b"", 5.0)
        return True

    assert in_a_fork(lambda: is_refused(io, NativePool()) and is_refused(NativeIo(), pool))
