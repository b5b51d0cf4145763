"""What a provider's headers tell of its limits, and the moments and durations in which they do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import parse_rate_limits, parse_retry_after

MS = 1_000_000
SECOND = 1_000 * MS
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
NOW_MS = round(NOW.timestamp() * 1000)

Headers = list[tuple[bytes, bytes]]


def headers(**values: str) -> Headers:
    return [(name.replace("_", "-").encode(), value.encode()) for name, value in values.items()]


def openai(remaining: str, reset: str, dimension: str = "tokens") -> Headers:
    return headers(**{f"x_ratelimit_remaining_{dimension}": remaining, f"x_ratelimit_reset_{dimension}": reset})


def anthropic(remaining: str, reset: str, dimension: str = "tokens") -> Headers:
    return headers(**{f"anthropic_ratelimit_{dimension}_remaining": remaining, f"anthropic_ratelimit_{dimension}_reset": reset})


def until(reset: str, now_ms: int = NOW_MS) -> int | None:
    told = parse_rate_limits(anthropic("1", reset), now_ms)
    return told[0][2] if told else None


def test_every_limit_is_told_that_has_both_its_headers() -> None:
    told = [
        *openai("59", "1s", "requests"),
        *openai("149984", "6m0s"),
        *anthropic("49", "2026-11-21T10:00:01Z", "requests"),
        *anthropic("7000", "2026-11-21T10:00:02Z"),
        *anthropic("6000", "2026-11-21T10:00:03Z", "input-tokens"),
        *anthropic("-1", "2026-11-21T09:59:59Z", "output-tokens"),
        (b"x-ratelimit-limit-requests", b"60"),
    ]
    expected = [
        ("requests", 59, SECOND),
        ("tokens", 149_984, 360 * SECOND),
        ("requests", 49, SECOND),
        ("tokens", 7_000, 2 * SECOND),
        ("input_tokens", 6_000, 3 * SECOND),
        ("output_tokens", 0, 0),
    ]
    assert parse_rate_limits(told, NOW_MS) == expected
    assert parse_rate_limits([(name.upper(), b" " + value + b" ") for name, value in reversed(told)], NOW_MS) == expected
    assert parse_rate_limits([], NOW_MS) == []


@pytest.mark.parametrize("remaining", ["", "many", "1.5", "1e3", "0x10", "99999999999999999999", "1,000"])
def test_what_remains_is_a_whole_number_or_the_limit_is_passed_over(remaining: str) -> None:
    assert parse_rate_limits(openai(remaining, "1s"), NOW_MS) == []
    assert parse_rate_limits(openai(remaining, "1s") + openai("5", "2s"), NOW_MS) == [("tokens", 5, SECOND)]


@pytest.mark.parametrize("reset", ["", "soon", "1 fortnight", "2026-11-21T10:00:01Z"])
def test_a_reset_that_cannot_be_read_hides_its_limit(reset: str) -> None:
    assert parse_rate_limits(openai("5", reset), NOW_MS) == []
    assert parse_rate_limits(openai("5", "1s")[:1], NOW_MS) == parse_rate_limits(openai("5", "1s")[1:], NOW_MS) == []


def test_no_reset_is_further_than_a_day() -> None:
    assert parse_rate_limits(openai("0", "8h0m"), NOW_MS) == [("tokens", 0, 8 * HOUR)]
    assert parse_rate_limits(openai("0", "30d"), NOW_MS) == [("tokens", 0, DAY)]
    assert until("9999-12-31T23:59:59Z") == DAY


zones = st.none() | st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)), zones, st.integers(-100_000, 200_000))  # noqa: DTZ001
def test_a_moment_is_what_python_reads(naive: datetime, zone: timezone | None, offset_ms: int) -> None:
    moment = naive.replace(tzinfo=zone or UTC)
    text = moment.isoformat() if zone else naive.isoformat() + "Z"
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    nanos = since // timedelta(microseconds=1) * 1_000
    now_ms = max(0, nanos // MS + offset_ms)
    assert until(text, now_ms) == min(DAY, max(0, nanos - now_ms * MS))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-21T10:00:01Z", 1),
        ("2026-11-21t10:00:01z", 1),
        ("2026-11-21 10:00:01Z", 1),
        ("2026-11-21T11:00:01+01:00", 1),
        ("2026-11-21T05:30:01-04:30", 1),
        ("2026-11-21T10:00:00.25Z", Fraction(1, 4)),
        ("2026-11-21T10:00:00.1234567899Z", Fraction(123_456_789, 10**9)),
        ("2026-11-21T10:00:60Z", 60),
        ("2026-11-21T09:00:00Z", 0),
        ("2024-02-29T00:00:00Z", 0),
    ],
)
def test_a_moment_is_written_by_rfc_3339(text: str, seconds: Fraction) -> None:
    assert until(text) == seconds * SECOND


@pytest.mark.parametrize(("day", "is_there"), [("2000-02-29", True), ("1900-02-29", False), ("2028-02-29", True), ("2027-02-29", False)])
def test_every_fourth_year_is_a_leap_year_but_for_three_centuries_of_four(day: str, is_there: bool) -> None:  # noqa: FBT001
    assert (until(f"{day}T00:00:00Z") is not None) == is_there


@pytest.mark.parametrize(
    "text",
    [
        *("", "T", "Z", "2026-11-21", "10:00:01Z", "2026-11-21T10:00:01", "2026-11-21T10:00Z", "2026-11-21T10:00:01.Z"),
        *("2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-11-31T00:00:00Z", "2026-11-00T00:00:00Z"),
        *("2026-11-21T24:00:00Z", "2026-11-21T10:60:00Z", "2026-11-21T10:00:61Z", "2026-11-21T10:00:00+24:00", "2026-11-21T10:00:00+0100"),
        *("26-11-21T10:00:01Z", "2026-1-21T10:00:01Z", "+026-11-21T10:00:01Z", "2026-11-21T10:00:01ZZ", "0000-01-01T00:00:00Z"),
        *("2100-02-29T00:00:00Z", "2026-11-21T10:00:01.5.5Z", "2026-11-21-01T10:00:01Z", "٢٠٢٦-11-21T10:00:01Z"),
    ],
)
def test_what_is_no_moment_is_passed_over(text: str) -> None:
    assert until(text) is None


def test_a_spent_limit_of_either_kind_asks_to_wait_for_its_reset() -> None:
    assert parse_retry_after(anthropic("0", "2026-11-21T10:00:07Z", "output-tokens"), NOW_MS) == 7 * SECOND
    assert parse_retry_after(anthropic("3", "2026-11-21T10:00:07Z", "output-tokens"), NOW_MS) is None
    assert parse_retry_after(anthropic("0", "2026-11-21T10:00:07Z") + openai("0", "5s"), NOW_MS) == 7 * SECOND
    assert parse_retry_after(anthropic("0", "2026-11-22T10:00:00Z"), NOW_MS) == HOUR


@given(st.lists(st.tuples(st.sampled_from(sorted({name for name, _ in openai("", "") + anthropic("", "")})), st.text(max_size=30))))
def test_any_header_is_read_or_passed_over(told: list[tuple[bytes, str]]) -> None:
    for dimension, remaining, reset_in in parse_rate_limits([(name, value.encode()) for name, value in told], NOW_MS):
        assert dimension == "tokens"
        assert 0 <= remaining < 2**63
        assert 0 <= reset_in <= DAY
