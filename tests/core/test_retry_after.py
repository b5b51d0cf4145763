"""How long a provider asks to be left alone."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import parse_retry_after

MS = 1_000_000
SECOND = 1_000 * MS
HOUR = 3_600 * SECOND
NOW_MS = 784_111_777_000  # Sun, 06 Nov 1994 08:49:37 GMT


def wait(**headers: str) -> int | None:
    return parse_retry_after([(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()], NOW_MS)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", 0),
        ("7", 7 * SECOND),
        (" 7 ", 7 * SECOND),
        ("0.25", 250 * MS),
        ("1.1", 1100 * MS),
        ("-5", 0),
        ("-inf", 0),
        ("3600", HOUR),
        ("3601", HOUR),
        ("1e12", HOUR),
        ("1e999", HOUR),
        ("inf", HOUR),
        ("nan", HOUR),
        ("Sun, 06 Nov 1994 08:49:47 GMT", 10 * SECOND),
        ("Sunday, 06-Nov-94 08:49:47 GMT", 10 * SECOND),
        ("Sun, 06 Nov 1994 08:49:27 GMT", 0),
        ("Sat, 06 Nov 2094 08:49:37 GMT", HOUR),
        ("soon", None),
        ("", None),
        ("5s", None),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, expected: int | None) -> None:
    assert wait(retry_after=value) == expected


@pytest.mark.parametrize(("value", "expected"), [("1500", 1500 * MS), ("0.5", MS // 2), ("-1", 0), ("1e300", HOUR), ("x", None)])
def test_retry_after_ms_is_milliseconds(value: str, expected: int | None) -> None:
    assert wait(retry_after_ms=value) == expected


def test_milliseconds_go_before_seconds_and_those_before_resets() -> None:
    resets = {"x_ratelimit_remaining_requests": "0", "x_ratelimit_reset_requests": "3s"}
    assert wait(retry_after="2", retry_after_ms="1000", **resets) == SECOND
    assert wait(retry_after="2", retry_after_ms="garbage", **resets) == 2 * SECOND
    assert wait(retry_after="garbage", **resets) == 3 * SECOND


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120ms", 120 * MS),
        ("1s", SECOND),
        ("6m0s", 360 * SECOND),
        ("7.66s", 7660 * MS),
        ("59m59.5s", 3599500 * MS),
        ("1h2m3s", HOUR),
        ("8h", HOUR),
        ("12us", 12_000),
        ("30", 30 * SECOND),
        ("99999999999999999999d", HOUR),
        ("-3s", None),
        ("3 fortnights", None),
        ("s", None),
        ("3s4", None),
        ("", None),
    ],
)
def test_a_reset_is_a_duration(value: str, expected: int | None) -> None:
    assert wait(x_ratelimit_remaining_tokens="0", x_ratelimit_reset_tokens=value) == expected


def test_only_the_reset_of_what_is_spent_counts_and_of_two_the_later() -> None:
    resets = {"x_ratelimit_reset_requests": "1s", "x_ratelimit_reset_tokens": "9s"}
    assert wait(**resets) is None
    assert wait(x_ratelimit_remaining_requests="12", x_ratelimit_remaining_tokens="7", **resets) is None
    assert wait(x_ratelimit_remaining_requests="0", x_ratelimit_remaining_tokens="7", **resets) == SECOND
    assert wait(x_ratelimit_remaining_requests="0", x_ratelimit_remaining_tokens="0", **resets) == 9 * SECOND


def delay(value: object, *, listed: bool = False) -> bytes:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": value}
    body = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "x", "details": [{"reason": "r"}, info, {}]}}
    return json.dumps([body] if listed else body).encode()


@pytest.mark.parametrize(
    ("value", "expected"),
    [("34s", 34 * SECOND), ("0.5s", 500 * MS), ("7200s", HOUR), ("0s", 0), ("soon", None), ("", None), (5, None), (None, None)],
)
def test_a_body_may_hold_the_delay(value: object, expected: int | None) -> None:
    assert parse_retry_after([], NOW_MS, delay(value)) == parse_retry_after([], NOW_MS, delay(value, listed=True)) == expected


def test_the_body_goes_after_what_headers_ask_for_and_before_resets() -> None:
    resets = [(b"x-ratelimit-remaining-requests", b"0"), (b"x-ratelimit-reset-requests", b"3s")]
    assert parse_retry_after([(b"retry-after", b"2")], NOW_MS, delay("34s")) == 2 * SECOND
    assert parse_retry_after(resets, NOW_MS, delay("34s")) == 34 * SECOND
    assert parse_retry_after(resets, NOW_MS, b"{") == parse_retry_after(resets, NOW_MS, delay(None)) == 3 * SECOND


def test_names_come_in_any_case_and_strange_bytes_are_passed_over() -> None:
    assert parse_retry_after([(b"X-Other", b"1"), (b"Retry-After", b"\xff"), (b"RETRY-AFTER", b"4")], 0) == 4 * SECOND
    assert parse_retry_after([], 0) is None


@given(st.text(max_size=30), st.integers(0, 2**64 - 1))
def test_any_value_is_a_wait_within_the_hour_or_none(value: str, now_ms: int) -> None:
    for name in (b"retry-after", b"retry-after-ms", b"x-ratelimit-reset-requests"):
        headers = [(name, value.encode()), (b"x-ratelimit-remaining-requests", b"0")]
        told = parse_retry_after(headers, now_ms)
        assert told is None or 0 <= told <= HOUR
