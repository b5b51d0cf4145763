"""Calls through a proxy: it sees whom they go to and who asks, and of what goes in TLS nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError
from support.broken_servers import nobody, serving
from support.transports import ask, call, transport_to

from pyproxy.config.providers import ProviderConfig
from pyproxy.providers.proxies import proxy_of
from pyproxy.providers.transport import TransportFailure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from support.transports import Kind

TLS = Path(__file__).parents[2] / "corpus" / "tls"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


class Tunnel:
    """A proxy that lets through whom it is told to, or refuses, or asks nobody."""

    def __init__(self, refusal: bytes = b"") -> None:
        self.refusal = refusal
        self.heads: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            if self.refusal:
                writer.write(self.refusal)
                return
            method, target, _ = head.split(b" ", 2)
            if method == b"CONNECT":
                await self.connect(target.decode(), reader, writer)
                return
            await reader.readexactly(len(call().body))
            writer.write(ANSWER)

    async def connect(self, address: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = address.rpartition(":")
        there, back = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\nx: y\r\n\r\n")
        with contextlib.closing(back):
            await asyncio.gather(passed(reader, back), passed(there, writer))

    def address(self, url: str) -> str:
        return url.replace("http://", "http://a%20user:s%3Acret@").removesuffix("/v1")


async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
    writer.close()


@contextlib.asynccontextmanager
async def provider() -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(call().body)
            assert b"proxy-authorization" not in head
            writer.write(ANSWER)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem", TLS / "server.key")
    async with serving(serve, tls=context) as url:
        yield url


async def test_what_goes_in_tls_goes_through_a_tunnel_that_is_kept(kind: Kind) -> None:
    tunnel = Tunnel()
    async with (
        provider() as url,
        serving(tunnel.serve) as proxy,
        transport_to(kind, url, ca_file=str(TLS / "ca.pem"), proxy=tunnel.address(proxy)) as transport,
    ):
        assert [await ask(transport), await ask(transport)] == [b"{}", b"{}"]
    (head,) = tunnel.heads
    address = url.removeprefix("https://").removesuffix("/v1").encode()
    assert head.startswith(b"CONNECT " + address + b" HTTP/1.1\r\n")
    assert b"proxy-authorization: Basic YSB1c2VyOnM6Y3JldA==\r\n" in head.replace(b"Proxy-Authorization", b"proxy-authorization")
    assert b"sk-" not in head


async def test_what_goes_in_the_clear_is_asked_of_the_proxy(kind: Kind) -> None:
    tunnel = Tunnel()
    async with serving(tunnel.serve) as proxy, transport_to(kind, "http://r.invalid/v1", proxy=tunnel.address(proxy)) as transport:
        assert [await ask(transport), await ask(transport)] == [b"{}", b"{}"]
    assert len(tunnel.heads) == 2
    for head in tunnel.heads:
        assert head.startswith(b"POST http://r.invalid/v1/chat/completions HTTP/1.1\r\n")
        assert b"\r\nhost: r.invalid\r\n" in head.lower()
        assert b"\r\nproxy-authorization: basic ysb1c2vyonm6y3jlda==\r\n" in head.lower()


@pytest.mark.parametrize("refusal", [b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n", b"HTTP/1.1 200"])
async def test_a_proxy_that_refuses_is_no_connection(kind: Kind, refusal: bytes) -> None:
    tunnel = Tunnel(refusal)
    async with serving(tunnel.serve) as proxy, transport_to(kind, "https://r.invalid/v1", proxy=tunnel.address(proxy)) as transport:
        with pytest.raises(TransportFailure) as failure:
            await ask(transport)
    assert failure.value.signal in ("connect_failed", "reset") if kind == "python" else failure.value.signal == "connect_failed"


async def test_a_proxy_that_is_not_there_is_no_connection(kind: Kind) -> None:
    async with nobody() as proxy, transport_to(kind, "http://r.invalid/v1", proxy=proxy.removesuffix("/v1")) as transport:
        with pytest.raises(TransportFailure) as failure:
            await ask(transport)
    assert failure.value.signal == "connect_failed"


def test_a_proxy_without_a_user_is_told_of_nobody() -> None:
    assert proxy_of("http://proxy.example.com:3128") == ("proxy.example.com", 3128, None)
    assert proxy_of("http://[::1]/") == ("::1", 80, None)


@pytest.mark.parametrize(
    "url", ["https://p.example", "socks5://p.example", "p.example:3128", "http://p.example/path", "http://p:0", "http://"]
)
def test_what_is_no_proxy_of_http_is_refused(url: str) -> None:
    given: dict[str, Any] = {"base_url": "https://r.example", "proxy": url}
    with pytest.raises(ValidationError, match="must be a URL such as"):
        ProviderConfig(**given)


def test_no_representation_tells_what_opens_a_proxy() -> None:
    given: dict[str, Any] = {"base_url": "https://r.example", "proxy": "http://u:s3cret@p.example:3128"}
    assert "s3cret" not in repr(ProviderConfig(**given))
