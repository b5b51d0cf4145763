"""HTTP as bytes on a socket, for requests that no client library would send."""

from __future__ import annotations

import http.client
import io
import json
import socket
from typing import Any, NamedTuple, cast

__all__ = ["Answer", "exchange", "has_ipv6", "request"]


class Answer(NamedTuple):
    """A parsed response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> dict[str, Any]:
        """The error, in the OpenAI API's shape and no other."""
        assert self.headers["content-type"] == "application/json"
        parsed = json.loads(self.body)
        assert list(parsed) == ["error"]
        error = cast("dict[str, Any]", parsed["error"])
        assert list(error) == ["message", "type", "param", "code"]
        assert error["message"]
        assert error["code"]
        return error


class _Replay:
    """What http.client takes for a socket: bytes that came already."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def request(method: str, path: str, *headers: str, body: bytes = b"", host: str | None = "localhost", length: bool = True) -> bytes:
    """Write a request as it stands on the wire."""
    lines = [f"{method} {path} HTTP/1.1", *([] if host is None else [f"Host: {host}"]), *headers]
    if body and length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body


def has_ipv6() -> bool:
    """Whether this machine has ::1."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def exchange(port: int, data: bytes) -> Answer:
    """Send bytes and read the answer up to the end of the connection."""
    received = bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            connection.sendall(data)
            while piece := connection.recv(65536):
                received += piece
        except (ConnectionResetError, BrokenPipeError):
            pass  # refused before all was read: what the server said first counts
    response = http.client.HTTPResponse(cast("socket.socket", _Replay(bytes(received))), method=data.partition(b" ")[0].decode())
    response.begin()
    with response:
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
