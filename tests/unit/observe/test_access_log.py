from __future__ import annotations

import io
import re
import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.domain import Attempt, RequestRecord, Usage
from pyproxy.observe.access_log import AccessLog, format_record

AT = 1_795_230_245_678
RECORD = RequestRecord(
    request_id="req_1",
    route="/v1/chat/completions",
    status=200,
    flag="-",
    target="fast_group",
    attempts=(Attempt("fast_group.echelon1/a", "429", 0, 1), Attempt("fast_group.echelon2/b", "200", 1, 2)),
    provider="p",
    model="b",
    stream=True,
    queue_ns=1_500_000,
    first_byte_ns=20_040_000,
    total_ns=30_060_000,
    sent_bytes=678,
    usage=Usage(12, 34),
    revision="0123456789ab",
)
FIELD = re.compile(r'(\w+)=("[^"]*"|\S+)(?: |$)')


def test_a_line_has_every_field_in_its_place() -> None:
    assert format_record(RECORD, AT) == (
        "time=2026-11-21T03:04:05.678Z id=req_1 route=/v1/chat/completions status=200 flag=- target=fast_group "
        'attempts="fast_group.echelon1/a:429, fast_group.echelon2/b:200" provider=p model=b stream=true '
        "queue_ms=1.5 ttfb_ms=20.0 total_ms=30.1 bytes=678 tokens=12+34 revision=0123456789ab"
    )


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 31)))  # noqa: DTZ001 - hypothesis wants them so
def test_the_time_is_that_of_the_calendar(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    passed = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    told = moment.isoformat(timespec="milliseconds").removesuffix("+00:00")
    assert format_record(RECORD, passed).startswith(f"time={told}Z id=")


def test_what_there_was_not_is_a_dash() -> None:
    line = format_record(replace(RECORD, status=None, attempts=(), first_byte_ns=None, usage=None, flag="client_gone"), AT)
    assert " status=- flag=client_gone " in line
    assert " attempts=- " in line
    assert " ttfb_ms=- " in line
    assert line.endswith(" tokens=- revision=0123456789ab")


@pytest.mark.parametrize(
    "target", ["a\nid=forged", "a\r\n", 'a" status="200', "a status=500", "a\x1b[2J", "a\u2028b", "ä", "\x00", "a\\", "\x85", "\ud800"]
)
def test_no_name_breaks_the_line_or_forges_a_field(target: str) -> None:
    line = format_record(replace(RECORD, target=target), AT)
    assert line.isascii()
    assert line.isprintable()
    assert [name for name, _ in FIELD.findall(line)] == [name for name, _ in FIELD.findall(format_record(RECORD, AT))]


@given(st.text(min_size=1, max_size=60))
def test_every_name_leaves_the_fields_as_they_are(target: str) -> None:
    line = format_record(replace(RECORD, target=target), AT)
    assert line.isascii()
    assert line.isprintable()
    fields = FIELD.findall(line)
    assert " ".join(f"{name}={value}" for name, value in fields) == line
    assert dict(fields)["status"] == "200"
    assert len(shlex.split(line)) == 16


def test_a_long_name_that_is_not_plain_is_cut() -> None:
    assert len(format_record(replace(RECORD, target="ä" * 100_000), AT)) < 2_000


def test_lines_are_written_at_once_and_one_by_one() -> None:
    stream = io.StringIO()
    log = AccessLog(stream)
    log(RECORD)
    log(replace(RECORD, target="a\nb"))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert all(line.startswith("time=") for line in lines)
