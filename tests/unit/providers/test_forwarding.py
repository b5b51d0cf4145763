from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.providers.forwarding import forwarded_headers


@pytest.mark.parametrize(
    "name",
    [
        *(
            "authorization",
            "x-api-key",
            "api-key",
            "x-goog-api-key",
            "cookie",
            "proxy-authorization",
            "openai-organization",
            "openai-project",
        ),
        *("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect", "proxy-connection", "http2-settings"),
        *("host", "content-length", "content-type", "content-encoding", "accept-encoding"),
        *("origin", "referer", "forwarded", "x-forwarded-for", "x-real-ip", "sec-fetch-site", "sec-ch-ua", "sec-websocket-key"),
        *("x-pyproxy-node", "x-pyproxy-session", "x-request-id", "proxy-anything"),
    ],
)
def test_what_belongs_to_this_connection_this_client_or_this_sidecar_stays(name: str) -> None:
    assert forwarded_headers(((name.encode(), b"v"),)) == []


@pytest.mark.parametrize(
    "name",
    [
        "openai-beta",
        "anthropic-beta",
        "anthropic-version",
        "user-agent",
        "accept",
        "x-stainless-lang",
        "traceparent",
        "idempotency-key",
        "x-new",
    ],
)
def test_everything_else_travels(name: str) -> None:
    assert forwarded_headers(((name.encode(), b"v"),)) == [(name.encode(), b"v")]


def test_what_connection_names_stays_too() -> None:
    headers = ((b"x-a", b"1"), (b"connection", b"close, X-A"), (b"x-b", b"2"), (b"connection", b" x-c ,"), (b"x-c", b"3"), (b"x-d", b"4"))
    assert forwarded_headers(headers) == [(b"x-b", b"2"), (b"x-d", b"4")]


def test_repeated_headers_keep_their_order() -> None:
    headers = ((b"x-b", b"2"), (b"x-a", b"1"), (b"x-b", b"1"))
    assert forwarded_headers(headers) == list(headers)


@given(st.lists(st.tuples(st.binary(max_size=20).map(bytes.lower), st.binary(max_size=20))))
def test_nothing_is_invented_or_changed(headers: list[tuple[bytes, bytes]]) -> None:
    remaining = iter(headers)
    assert all(header in remaining for header in forwarded_headers(tuple(headers)))
