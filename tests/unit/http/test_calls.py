"""What the endpoint makes of headers and of bodies in pieces."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from pyproxy.config import ServerConfig
from pyproxy.domain.operations import CHAT
from pyproxy.http.asked import always
from pyproxy.http.calls import Calls, _names, _timeout_ns
from pyproxy.http.visit import _request_id

if TYPE_CHECKING:
    from starlette.types import Message

    from pyproxy.domain import Request
    from pyproxy.http.exchange import AsgiExchange
    from pyproxy.orchestration import Orchestrator

JSON = (b"content-type", b"application/json; charset=utf-8")


class Listener:
    """Stands where the orchestrator does, and notes what arrives; what is answered instead, it notes too."""

    def __init__(self) -> None:
        self.request: Request | None = None
        self.status: int | None = None
        self.error: dict[str, Any] | None = None

    async def handle(self, request: Request, _exchange: AsgiExchange) -> None:
        self.request = request

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.error = json.loads(message["body"])["error"]


async def deliver(headers: list[tuple[bytes, bytes]], *pieces: bytes, gone: bool = False, limit: int = 100) -> tuple[Listener, int]:
    """Send a body in pieces; gives what arrived and how many pieces were read."""
    messages: list[Message] = [
        {"type": "http.request", "body": piece, "more_body": index + 1 < len(pieces) or gone} for index, piece in enumerate(pieces)
    ]
    read = 0

    async def receive() -> Message:
        nonlocal read
        read += 1
        return messages[read - 1] if read <= len(messages) else {"type": "http.disconnect"}

    listener = Listener()
    scope: dict[str, Any] = {"type": "http", "path": "/v1/chat/completions", "query_string": b"a=b", "headers": headers}
    calls = Calls(cast("Orchestrator", listener), lambda: ServerConfig(max_body_bytes=limit), 60.0, always(CHAT))
    await calls(scope, receive, listener.send)
    return listener, read


async def test_a_body_in_pieces_is_put_together() -> None:
    listener, _ = await deliver([JSON, (b"x-pyproxy-node", b"planner")], b'{"mo', b"", b'del": "m"}')
    request = listener.request
    assert request is not None
    assert (request.body, request.target, request.query, request.node) == (b'{"model": "m"}', "m", b"a=b", "planner")
    assert (request.timeout_ns, request.fallback_groups) == (None, None)


async def test_a_body_of_just_the_limit_is_taken() -> None:
    body = json.dumps({"model": "m"}).encode()
    assert (await deliver([JSON], body + b" " * (100 - len(body))))[0].request is not None
    listener, _ = await deliver([JSON], body + b" " * (101 - len(body)))
    assert listener.status == 413


async def test_no_piece_is_read_beyond_the_limit() -> None:
    listener, read = await deliver([JSON], b" " * 60, b" " * 60, b" " * 60, b" " * 60)
    assert listener.error is not None
    assert (listener.error["code"], read) == ("body_too_large", 2)


async def test_no_piece_is_read_of_a_body_declared_too_large_or_not_json() -> None:
    for headers, code in (
        ([JSON, (b"content-length", b"101")], "body_too_large"),
        ([(b"content-type", b"text/json")], "unsupported_media_type"),
    ):
        listener, read = await deliver(headers, b"{}")
        assert listener.error is not None
        assert (listener.error["code"], read) == (code, 0)


async def test_a_client_that_leaves_while_it_sends_is_nobody_s_fault() -> None:
    listener, _ = await deliver([JSON], b'{"model":', gone=True)
    assert (listener.request, listener.error) == (None, None)


def test_the_client_s_own_id_is_kept_if_it_is_one_plain_word() -> None:
    assert _request_id(b"mine-1") == "mine-1"
    for odd in (None, b"", b"a b", b"a\nb", b"\xe9", b"a" * 129):
        assert _request_id(odd).startswith("req_")
    assert _request_id(None) != _request_id(None)


def test_the_time_allowed_is_in_seconds() -> None:
    assert (_timeout_ns(None), _timeout_ns(b"1.5"), _timeout_ns(b"86400")) == (None, 1_500_000_000, 86_400_000_000_000)


@pytest.mark.parametrize("given", [b"", b"soon", b"0", b"-3", b"nan", b"inf", b"86401", b"\xff"])
async def test_what_is_no_time_is_refused(given: bytes) -> None:
    listener, _ = await deliver([JSON, (b"x-pyproxy-timeout", given)], b'{"model": "m"}')
    assert listener.error is not None
    assert (listener.status, listener.error["param"]) == (400, "x-pyproxy-timeout")


def test_fallback_groups_are_names_between_commas() -> None:
    assert _names(None) is None
    assert _names(b" a , b.c,, ") == ("a", "b.c")


@pytest.mark.parametrize("coding", [b"gzip", b" GZIP ", b"gzip, br"])
async def test_a_compressed_body_is_refused_by_the_name_of_the_header_that_says_so(coding: bytes) -> None:
    listener, read = await deliver([JSON, (b"content-encoding", coding)], gzip.compress(b"{}"))
    assert listener.error is not None
    assert (listener.status, listener.error["code"], read) == (415, "unsupported_media_type", 0)
    assert "content-encoding" in listener.error["message"]
    assert coding.strip().lower().decode() in listener.error["message"]


async def test_a_body_that_says_that_it_is_not_compressed_is_taken() -> None:
    listener, _ = await deliver([JSON, (b"content-encoding", b"identity")], b'{"model": "m"}')
    assert listener.request is not None
