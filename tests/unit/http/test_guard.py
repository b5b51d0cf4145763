from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pyproxy.config import ServerConfig
from pyproxy.http.guard import MAX_HEADER_BYTES, MAX_HEADERS, MAX_URI_BYTES, Guard

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]
HOST = (b"host", b"127.0.0.1:8484")


class Inside:
    """The application behind the guard; notes what reaches it."""

    def __init__(self) -> None:
        self.reached: list[Scope] = []

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        self.reached.append(scope)


async def unread() -> Message:
    raise AssertionError("the guard decides before anything is read")


async def answer(
    headers: Headers, allowed: tuple[str, ...] = (), *, path: bytes = b"/", query: bytes = b""
) -> tuple[int | None, dict[str, Any]]:
    """The status and the error that the guard answers with; None if the request passed."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    inside = Inside()
    scope: Scope = {"type": "http", "method": "GET", "path": "/", "raw_path": path, "query_string": query, "headers": headers}
    await Guard(inside, lambda: ServerConfig(allowed_hosts=allowed))(scope, unread, send)
    if inside.reached:
        assert sent == []
        return None, {}
    return sent[0]["status"], json.loads(sent[1]["body"])["error"]


@pytest.mark.parametrize("host", [b"localhost", b"LocalHost:1", b"127.0.0.1", b"127.0.0.1:65535", b"[::1]", b"[::1]:80"])
async def test_names_of_the_loopback_pass(host: bytes) -> None:
    assert await answer([(b"host", host)]) == (None, {})


async def test_an_allowed_name_passes_in_any_letter_case_and_no_part_of_it_does() -> None:
    assert (await answer([(b"host", b"PROXY.Local:80")], ("Proxy.LOCAL",)))[0] is None
    for host in (b"local", b"x.proxy.local", b"proxy.local.", b"proxy.local.evil"):
        assert (await answer([(b"host", host)], ("proxy.local",)))[0] == 421


async def test_a_reload_changes_the_names_that_are_taken() -> None:
    taken: list[tuple[str, ...]] = [()]
    inside = Inside()
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    guard = Guard(inside, lambda: ServerConfig(allowed_hosts=taken[-1]))
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": [(b"host", b"proxy.local")],
    }
    for names, reached in (((), 0), (("proxy.local",), 1), (("another.local",), 1), (("proxy.local",), 2)):
        taken.append(names)
        await guard(dict(scope), unread, send)
        assert len(inside.reached) == reached


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [b""],
        [b"evil"],
        [b"localhost", b"localhost"],
        [b"localhost, evil"],
        [b"localhost "],
        [b"[::1"],
        [b"::1"],
        [b"[::1]80"],
        [b"localhost:"],
        [b"\xe9"],
    ],
)
async def test_every_other_host_is_misdirected(hosts: list[bytes]) -> None:
    status, error = await answer([(b"host", host) for host in hosts])
    assert (status, error["code"]) == (421, "request_forbidden")


@pytest.mark.parametrize(
    "origin",
    [
        b"https://evil",
        b"null",
        b"",
        b"http://",
        b"file://localhost",
        b"//localhost",
        b"localhost",
        b"http://localhost@evil",
        b"http://evil#localhost",
        b"\xff",
    ],
)
async def test_a_foreign_origin_is_refused(origin: bytes) -> None:
    status, error = await answer([HOST, (b"origin", origin)])
    assert (status, error["type"]) == (403, "invalid_request_error")


@pytest.mark.parametrize("origin", [b"http://[evil", b"http://[::1]evil", b"http://[x]", b"http://]"])
async def test_an_origin_that_is_no_url_is_refused(origin: bytes) -> None:
    assert (await answer([HOST, (b"origin", origin)]))[0] == 403


@pytest.mark.parametrize("origin", [b"http://localhost", b"https://127.0.0.1:3000", b"http://[::1]:5173"])
async def test_an_origin_on_this_machine_passes(origin: bytes) -> None:
    assert (await answer([HOST, (b"origin", origin)]))[0] is None


async def test_one_foreign_origin_among_several_is_enough() -> None:
    assert (await answer([HOST, (b"origin", b"http://localhost"), (b"origin", b"http://evil")]))[0] == 403
    assert (await answer([HOST, (b"sec-fetch-site", b"none"), (b"sec-fetch-site", b"cross-site")]))[0] == 403


async def test_a_hundred_fields_pass_and_one_more_does_not() -> None:
    many: Headers = [HOST, *((b"x", b"y") for _ in range(MAX_HEADERS - 1))]
    assert (await answer(many))[0] is None
    status, error = await answer([*many, (b"x", b"y")])
    assert (status, error["code"]) == (431, "headers_too_large")


async def test_fields_of_64_kib_in_all_pass_and_a_byte_more_does_not() -> None:
    room = MAX_HEADER_BYTES - sum(map(len, HOST)) - 1
    assert (await answer([HOST, (b"x", b"y" * room)]))[0] is None
    assert (await answer([HOST, (b"x", b"y" * (room + 1))]))[0] == 431


async def test_a_length_and_a_coding_together_are_refused() -> None:
    assert (await answer([HOST, (b"transfer-encoding", b"chunked")]))[0] is None
    assert (await answer([HOST, (b"content-length", b"5")]))[0] is None
    status, error = await answer([HOST, (b"transfer-encoding", b"chunked"), (b"content-length", b"5")])
    assert (status, error["code"]) == (400, "invalid_request")


async def test_the_path_and_the_query_are_bounded_together() -> None:
    assert await answer([HOST], path=b"/" + b"p" * 99, query=b"q" * (MAX_URI_BYTES - 100)) == (None, {})
    status, error = await answer([HOST], path=b"/" + b"p" * 100, query=b"q" * (MAX_URI_BYTES - 100))
    assert (status, error["code"]) == (414, "uri_too_long")
