"""Events as values: whatever is written is read again, and what is no data is passed over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.dialects.translation.events import DONE, Event, encode, read

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3),
    max_leaves=8,
)
events = st.builds(Event, json_values | st.just(DONE), st.none() | st.sampled_from(["message_start", "ping"]))


@given(st.lists(events, max_size=5))
def test_events_written_are_read_again(written: list[Event]) -> None:
    assert list(read(encode(written))) == written


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_comments_names_and_lines_of_data_are_told_apart(end: bytes) -> None:
    stream = end.join([b": a comment", b"", b"event: ping", b'data: {"a":', b"data:1}", b"", b"id: 7", b"", b"data: [DONE]", b"", b""])
    assert list(read(stream)) == [Event({"a": 1}, "ping"), Event(DONE)]


def test_data_that_is_no_json_is_an_error() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        list(read(b"data: {oops\n\n"))


def test_half_of_a_character_whose_other_half_comes_later_is_written_as_an_escape() -> None:
    written = [Event({"delta": "\ud83d"}), Event({"delta": "\ude00"}, "ping")]
    assert encode(written).isascii()
    assert list(read(encode(written))) == written
