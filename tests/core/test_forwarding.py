from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import answer_headers, forwarded_headers, is_credential


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
            "x-goog-user-project",
        ),
        *(
            "x-auth-token",
            "x-access-token",
            "x-amz-security-token",
            "x-litellm-api-key",
            "x-portkey-api-key",
            "x-openai-api-key",
            "helicone-auth",
            "ocp-apim-subscription-key",
            "x-goog-iam-authorization-token",
            "chatgpt-account-id",
            "x-functions-key",
            "x-portkey-virtual-key",
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
        "x-client-request-id",
        "x-app",
        "x-tokens",
        "x-author",
        "x-new",
    ],
)
def test_everything_else_travels(name: str) -> None:
    assert forwarded_headers(((name.encode(), b"v"),)) == [(name.encode(), b"v")]


SEPARATORS = st.sampled_from(["", "-", "_", "."])
ENDS = (
    *(("api", "key"), ("access", "key"), ("secret", "key"), ("subscription", "key"), ("auth",), ("authorization",), ("jwt",)),
    *(("token",), ("password",), ("secret",), ("credential",), ("signature",), ("access", "token")),
)


@given(st.text("abcxyz-_", max_size=12), st.sampled_from(ENDS), st.data())
def test_a_credential_is_known_by_how_its_name_ends_however_it_is_spelled(begins: str, ends: tuple[str, ...], data: st.DataObject) -> None:
    name = begins + "".join(data.draw(SEPARATORS) + word for word in ends)
    spelled = "".join(letter.upper() if data.draw(st.booleans()) else letter for letter in name)
    assert is_credential(spelled.encode())
    assert forwarded_headers([(name.encode(), b"v")]) == []
    assert not is_credential(f"{spelled}s-id".encode())


@pytest.mark.parametrize(
    "name", ["max_tokens", "beta", "tokens", "key-id", "X-Stainless-Lang", "anthropic-beta", "author", "", "-", "oken"]
)
def test_other_names_are_of_none(name: str) -> None:
    assert not is_credential(name.encode())


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


@given(st.lists(st.tuples(st.sampled_from([b"x-a", b"x-b", b"accept", b"te", b"x-forwarded-for"]), st.just(b"v"))), st.binary(max_size=20))
def test_what_travels_is_told_of_each_header_by_itself(headers: list[tuple[bytes, bytes]], named: bytes) -> None:
    stays = {b"te", b"x-forwarded-for", *(token.strip(b" \t\n\r\f").lower() for token in named.split(b","))}
    expected = [(name, value) for name, value in headers if name not in stays]
    assert forwarded_headers([(b"connection", named), *headers]) == expected == forwarded_headers([*headers, (b"connection", named)])


@pytest.mark.parametrize(
    "name",
    [
        *("content-type", "retry-after", "retry-after-ms", "cache-control"),
        *("x-ratelimit-remaining-tokens", "openai-processing-ms", "anthropic-ratelimit-tokens-reset", "x-ratelimit-"),
    ],
)
def test_what_means_something_to_the_client_reaches_it_in_lower_case(name: str) -> None:
    for spelled in (name, name.upper(), name.title()):
        assert answer_headers([(spelled.encode(), b"V")]) == [(name.encode(), b"V")]


@pytest.mark.parametrize(
    "name",
    [
        *("content-length", "transfer-encoding", "connection", "content-encoding", "date", "server", "set-cookie", "x-request-id"),
        *("x-content-type", "content-type-x", "x-ratelimit", "openai", "anthropic-organization-id", "request-id", ""),
    ],
)
def test_nothing_else_of_a_provider_does(name: str) -> None:
    assert answer_headers([(name.encode(), b"v")]) == []


def test_a_provider_s_headers_keep_their_order_and_what_is_repeated() -> None:
    headers = [(b"Openai-B", b"1"), (b"Server", b"x"), (b"Cache-Control", b"a"), (b"openai-a", b"\xff"), (b"cache-control", b"b")]
    assert answer_headers(headers) == [(b"openai-b", b"1"), (b"cache-control", b"a"), (b"openai-a", b"\xff"), (b"cache-control", b"b")]


@pytest.mark.parametrize("wrong", ["x", [b"x"], [("x", "y")], None])
def test_headers_are_a_sequence_of_pairs(wrong: object) -> None:
    for pick in (forwarded_headers, answer_headers):
        with pytest.raises((TypeError, ValueError)):
            pick(wrong)  # type: ignore[arg-type]
