"""Where the sidecar listens, and what it takes from a client."""

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator, Field

from pyproxy.config.providers import Credential
from pyproxy.config.quantities import Bytes, Interval, Port, Seconds, Text
from pyproxy.config.settings import Settings

_WITH_PORT = re.compile(r"[^:]*:[0-9]+|\[.*\]:[0-9]+")
_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def _loopback(host: str) -> str:
    try:
        inside = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        inside = False
    if _WITH_PORT.fullmatch(host):
        raise ValueError("must be an address without a port: the port is a setting of its own")
    if not inside:
        raise ValueError(
            "binding outside loopback needs an access token, which this version does not have: use 127.0.0.1, ::1 or localhost"
        )
    return host


def _host_name(name: str) -> str:
    if not _HOST_NAME.fullmatch(name):
        raise ValueError("must be a host name such as proxy.local, without scheme, port or wildcard")
    return name.lower()


class ServerConfig(Settings):
    """The address and the bounds of the server."""

    host: Annotated[Text, AfterValidator(_loopback)] = Field(
        default="127.0.0.1",
        description="Address to listen on; loopback only. localhost is both 127.0.0.1 and ::1.",
        examples=["127.0.0.1", "::1", "localhost"],
    )
    port: Port = Field(default=8484, description="TCP port to listen on; 0 picks a free one.", examples=[8484, 0])
    max_body_bytes: Bytes = Field(
        default=32 * 1024 * 1024, description="Largest request body, in bytes; a larger one is answered 413.", examples=[33_554_432]
    )
    allowed_hosts: tuple[Annotated[Text, AfterValidator(_host_name)], ...] = Field(
        default=(),
        description="Host names that a request may carry in its Host header, beside those of the loopback address.",
        examples=[["sidecar.internal"]],
    )
    drain_timeout: Seconds = Field(
        default=30.0, description="How long open requests may take to finish after a stop was asked for, in seconds.", examples=[30]
    )
    admin_token: Credential | None = Field(
        default=None,
        description="What opens the routes under /admin/v1, sent as `Authorization: Bearer`; without it there are no such routes.",
        examples=["${PYPROXY_ADMIN_TOKEN}"],
    )
    hot_reload: bool = Field(
        default=True,
        description="Whether a changed file takes effect by itself; SIGHUP and POST /admin/v1/reload always read it again.",
        examples=[True],
    )
    reload_interval: Interval = Field(
        default=0.3, description="How long a changed file must rest before it is read, in seconds.", examples=[0.3]
    )
