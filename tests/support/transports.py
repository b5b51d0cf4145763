"""Both transports, for tests that hold each of them to the same."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Literal, TypeAlias

from pyproxy.native import Bridge
from pyproxy.providers.endpoints import Endpoint
from pyproxy.providers.httpx_connections import HttpxConnections
from pyproxy.providers.httpx_transport import HttpxTransport
from pyproxy.providers.native_transport import NativeConnections, NativeTransport
from pyproxy.providers.transport import UpstreamCall

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from pyproxy.providers.transport import Transport

__all__ = ["KINDS", "Kind", "ask", "call", "transport_of", "transport_to"]

Kind: TypeAlias = Literal["native", "python"]
KINDS: tuple[Kind, ...] = ("python", "native")


@contextlib.asynccontextmanager
async def transport_of(
    kind: Kind, endpoints: Mapping[str, Endpoint], *, stale_within: float = 5.0, ca_file: str | None = None, proxy: str | None = None
) -> AsyncIterator[Transport]:
    """A transport, open for the while."""
    names = {endpoint.provider for endpoint in endpoints.values()}
    bridge = Bridge()
    transport: Transport
    if kind == "native":
        transport = NativeTransport(bridge, endpoints, {name: NativeConnections(stale_within, ca_file, proxy) for name in names})
    else:
        transport = HttpxTransport(endpoints, {name: HttpxConnections(stale_within, ca_file, proxy) for name in names})
    try:
        yield transport
    finally:
        await transport.aclose()
        bridge.close()


def transport_to(
    kind: Kind, base_url: str, *, stale_within: float = 5.0, ca_file: str | None = None, proxy: str | None = None
) -> contextlib.AbstractAsyncContextManager[Transport]:
    """A transport that calls one instance, `m`."""
    return transport_of(kind, {"m": Endpoint("p", base_url, ())}, stale_within=stale_within, ca_file=ca_file, proxy=proxy)


def call(body: bytes = b'{"model": "m"}', *, connect_timeout: float = 5.0) -> UpstreamCall:
    """A call of `m`."""
    return UpstreamCall("m", "/chat/completions", b"", (), body, connect_timeout)


async def ask(transport: Transport) -> bytes:
    """A whole answer."""
    response = await transport.open(call())
    try:
        return b"".join([chunk async for chunk in response.chunks()])
    finally:
        await response.aclose()
