"""What a sidecar answers to what it cannot serve: an error in the OpenAI shape, and no call upstream."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.raw import exchange, request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.processes import Mock, Served

CHAT = "/v1/chat/completions"
JSON = "Content-Type: application/json"
GOOD = b'{"model": "plain", "messages": [{"role": "user", "content": "Hello"}]}'
LIMIT = 4096


@pytest.fixture(autouse=True)
def nothing_goes_upstream(provider: Mock) -> Iterator[None]:
    before = len(provider.requests())
    yield
    assert len(provider.requests()) == before


@pytest.mark.parametrize(
    ("target", "nearest"), [("plian", "'plain'"), ("fast_grup", "'fast_group'"), ("xyzzy", "GET /v1/models"), ("wörded", "'worded'")]
)
def test_an_unknown_target_names_the_nearest(sidecar: Served, target: str, nearest: str) -> None:
    answer = exchange(sidecar.port, request("POST", CHAT, JSON, body=json.dumps({"model": target, "messages": []}).encode()))
    assert answer.status == 404
    assert (answer.error["code"], answer.error["param"], answer.error["type"]) == ("model_not_found", "model", "invalid_request_error")
    assert target in answer.error["message"]
    assert nearest in answer.error["message"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"", None),
        (b"{", None),
        (b"not json", None),
        (b"[]", None),
        (b"null", None),
        (b'"text"', None),
        (b'{"messages": []}', "model"),
        (b'{"model": 5, "messages": []}', "model"),
        (b'{"model": null, "messages": []}', "model"),
        (b'{"model": "plain", "messages": []} {}', None),
        (b'{"model": "plain", "messages": [}', None),
        (b'{"model": "plain", "stream": "yes"}', "stream"),
        (b'{"model": "\xff"}', None),
        (b"[" * 2000, None),
        (b'{"a":' * 800, None),
    ],
)
def test_a_body_that_is_no_request_is_a_bad_request(sidecar: Served, body: bytes, param: str | None) -> None:
    answer = exchange(sidecar.port, request("POST", CHAT, JSON, "Content-Length: 0" if not body else "X-A: b", body=body))
    assert answer.status == 400
    assert answer.error["type"] == "invalid_request_error"
    assert answer.error["param"] == param


def test_an_empty_model_is_refused(sidecar: Served) -> None:
    answer = exchange(sidecar.port, request("POST", CHAT, JSON, body=b'{"model": "", "messages": []}'))
    assert answer.status in (400, 404)
    assert answer.error["param"] == "model"


def test_a_body_above_the_limit_is_refused_by_its_length_before_it_is_sent(sidecar: Served) -> None:
    head = request("POST", CHAT, JSON, f"Content-Length: {LIMIT + 1}")
    answer = exchange(sidecar.port, head)
    assert answer.status == 413
    assert answer.error["code"] == "body_too_large"
    assert str(LIMIT) in answer.error["message"]


def test_a_chunked_body_above_the_limit_is_refused_where_it_passes_it(sidecar: Served) -> None:
    chunk = b"400\r\n" + b" " * 1024 + b"\r\n"
    data = request("POST", CHAT, JSON, "Transfer-Encoding: chunked", body=chunk * 5, length=False)
    answer = exchange(sidecar.port, data)  # the end of the body never comes
    assert answer.status == 413
    assert answer.error["code"] == "body_too_large"


def test_a_length_that_is_no_number_is_refused(sidecar: Served) -> None:
    for length in ("-1", "5x", "0x10"):
        assert exchange(sidecar.port, request("POST", CHAT, JSON, f"Content-Length: {length}")).status == 400


@pytest.mark.parametrize(
    "media_type", ["", "Content-Type: text/plain", "Content-Type: application/x-www-form-urlencoded", "Content-Type: multipart/form-data"]
)
def test_a_body_that_is_not_declared_json_is_refused(sidecar: Served, media_type: str) -> None:
    answer = exchange(sidecar.port, request("POST", CHAT, *filter(None, [media_type]), body=GOOD))
    assert answer.status == 415
    assert answer.error["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    ("method", "path", "taken"),
    [
        ("GET", CHAT, "POST"),
        ("PUT", CHAT, "POST"),
        ("DELETE", CHAT, "POST"),
        ("OPTIONS", CHAT, "POST"),
        ("POST", "/v1/models", "GET"),
        ("POST", "/livez", "GET"),
        ("DELETE", "/v1/models/plain", "GET, POST"),
        ("PUT", "/v1/responses", "GET, HEAD, POST"),
        ("POST", "/api/hello", "GET, HEAD"),
        ("POST", "/docs", "GET, HEAD"),
        ("GET", "/admin/v1/reload", "POST"),
    ],
)
def test_a_wrong_method_is_refused_and_all_right_ones_are_named(sidecar: Served, method: str, path: str, taken: str) -> None:
    answer = exchange(sidecar.port, request(method, path, JSON, body=GOOD))
    assert answer.status == 405
    assert answer.error["code"] == "method_not_allowed"
    assert answer.headers["allow"] == taken


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v1/chat",
        "/v1/nothing",
        "/redoc",
        "/metrics/x",
        "/admin/v1/nothing",
        "/v1/chat/completions/x",
        "/%2e%2e/etc/passwd",
    ],
)
def test_an_unknown_route_is_not_found(sidecar: Served, path: str) -> None:
    for method in ("GET", "POST"):
        answer = exchange(sidecar.port, request(method, path, JSON, body=GOOD))
        assert answer.status == 404
        assert answer.error["code"] == "not_found"


@pytest.mark.parametrize("value", ["soon", "0", "-1", "inf", "nan", "1e99"])
def test_a_timeout_that_is_no_time_is_a_bad_request(sidecar: Served, value: str) -> None:
    answer = exchange(sidecar.port, request("POST", CHAT, JSON, f"X-Pyproxy-Timeout: {value}", body=GOOD))
    assert answer.status == 400
    assert answer.error["param"] == "x-pyproxy-timeout"


def test_a_fallback_group_that_is_not_there_is_a_bad_request(sidecar: Served) -> None:
    answer = exchange(sidecar.port, request("POST", CHAT, JSON, "X-Pyproxy-Fallback-Groups: fast_gruop", body=GOOD))
    assert answer.status == 400
    assert "fast_group" in answer.error["message"]


def test_every_error_carries_the_request_s_id(sidecar: Served) -> None:
    answer = exchange(sidecar.port, request("POST", CHAT, JSON, "X-Request-Id: mine-7", body=b"{"))
    assert answer.headers["x-request-id"] == "mine-7"


@pytest.mark.parametrize("given", ["two words", "a" * 129, "", "tab\there"])
def test_an_odd_request_id_is_replaced(sidecar: Served, given: str) -> None:
    answer = exchange(sidecar.port, request("POST", CHAT, JSON, f"X-Request-Id: {given}", body=b"{"))
    assert answer.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize(
    "data",
    [
        request("POST", CHAT, JSON, "Host: localhost", body=GOOD),
        request("POST", CHAT, JSON, f"Content-Length: {len(GOOD) + 1}", body=GOOD),
        request("POST", CHAT, JSON, "X-Big: " + "a" * 70_000, body=GOOD),
        request("POST", CHAT, JSON, "X Space: 1", body=GOOD),
        request("POST", CHAT, JSON, body=GOOD, host=None),
        b"nonsense\r\n\r\n",
        b"POST " + CHAT.encode() + b" HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=["two hosts", "two lengths", "a header of 70 kB", "a space in a name", "no host", "no HTTP", "an unknown coding"],
)
def test_what_is_not_strict_http_is_refused(sidecar: Served, data: bytes) -> None:
    assert exchange(sidecar.port, data).status in (400, 421, 431, 501)
