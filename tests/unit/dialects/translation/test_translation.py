"""One call through a translator, on the bytes that come and go."""

from __future__ import annotations

import json

import pytest

from pyproxy.dialects.translation.translation import Translation
from pyproxy.dialects.translation.translator import Call, UntranslatableError
from pyproxy.dialects.translation.ways import way_to
from pyproxy.dialects.translation.writing import written
from pyproxy.domain.operations import MESSAGES, RESPONSES

OF_MESSAGES, OF_RESPONSES = (way for way in (way_to(each, "openai", responses=False) for each in (MESSAGES, RESPONSES)) if way is not None)
ASKED = b'{"max_tokens": 9, "messages": [{"role": "user", "content": "x"}], "tools": [{"name": "t", "input_schema": {"maximum": %s}}]}'


def chunk(**members: object) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": members}]}).encode() + b"\n\n"


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"1" * 5_000])
def test_a_number_that_could_not_be_written_again_is_refused_in_words(number: bytes) -> None:
    with pytest.raises(UntranslatableError, match="number that is too large"):
        Translation(OF_MESSAGES, Call("m")).request(ASKED % number)


@pytest.mark.parametrize("number", [b"1e300", b"-0.5", b"1" * 4_000])
def test_a_large_number_goes_on_as_it_is(number: bytes) -> None:
    body = Translation(OF_MESSAGES, Call("m")).request(ASKED % number)
    assert body["tools"][0]["function"]["parameters"]["maximum"] == json.loads(number)


def test_what_is_no_json_is_never_written() -> None:
    for value in (float("nan"), float("inf"), {"\ud83d": float("inf")}):
        with pytest.raises(ValueError, match="JSON"):
            written(value)
    deep: object = 1
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match="nested too deeply"):
        written(deep)


def test_an_answer_with_a_number_that_is_none_in_json_is_no_answer() -> None:
    translation = Translation(OF_MESSAGES, Call("m"))
    call = b'{"id": "c", "function": {"name": "f", "arguments": {"a": NaN}}}'
    with pytest.raises(ValueError, match="JSON"):
        translation.response(b'{"choices": [{"message": {"tool_calls": [%s]}, "finish_reason": "tool_calls"}]}' % call)


def test_the_number_of_the_last_event_is_known_where_events_have_one() -> None:
    numbered, plain = (Translation(way, Call("m", stream=True)) for way in (OF_RESPONSES, OF_MESSAGES))
    numbered.request(b'{"input": "x"}')
    plain.request(b'{"messages": [{"role": "user", "content": "x"}]}')
    told = b"".join(numbered.events(part) for part in (chunk(content="a"), b": nothing\n\n", chunk(content="b")))
    numbers = [numbered.sequence_number, told.count(b'"sequence_number"') - 1]
    told += numbered.ending()
    numbers += [numbered.sequence_number, told.count(b'"sequence_number"') - 1]
    assert numbers == [5, 5, 9, 9]
    plain.events(chunk(content="a"))
    assert plain.sequence_number is None


def test_a_stream_may_begin_with_a_byte_order_mark() -> None:
    translation = Translation(OF_MESSAGES, Call("m", stream=True))
    translation.request(b'{"messages": [{"role": "user", "content": "x"}]}')
    assert b'"text":"a"' in translation.events(b"\xef\xbb\xbf" + chunk(content="a"))
