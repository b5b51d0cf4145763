"""The proxy that a provider's calls go through."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

if TYPE_CHECKING:
    from pyproxy.config import ProviderConfig

__all__ = ["Proxy", "proxy_of", "proxy_url"]


class Proxy(NamedTuple):
    """A proxy of HTTP.

    Attributes:
        host: a name, or an address without brackets.
        port: its port.
        authorization: what it is told of who asks.
    """

    host: str
    port: int
    authorization: str | None


def proxy_url(provider: ProviderConfig) -> str | None:
    """The proxy of a provider, as the configuration has it."""
    return None if provider.proxy is None else provider.proxy.get_secret_value()


def proxy_of(url: str) -> Proxy:
    """The proxy at a URL."""
    parts = urlsplit(url)
    authorization = None
    if parts.username is not None:
        user, password = unquote_to_bytes(parts.username), unquote_to_bytes(parts.password or "")
        authorization = f"Basic {b64encode(user + b':' + password).decode()}"
    return Proxy(parts.hostname or "", parts.port or 80, authorization)
