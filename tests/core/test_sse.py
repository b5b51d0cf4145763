"""The framer of server-sent events: what is passed on, and what is known of the stream."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import SseFramer

if TYPE_CHECKING:
    from collections.abc import Callable

ROLE = b'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n'
HELLO = b'data: {"choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}\n\n'
STOP = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
USAGE = (
    b'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,'
    b'"prompt_tokens_details":{"cached_tokens":4}}}\n\n'
)
DONE = b"data: [DONE]\n\n"
STREAM = ROLE + HELLO + STOP + USAGE + DONE

State = tuple[bytes, int, bytes, tuple[object, ...], tuple[object, ...]]


def state(framer: SseFramer) -> tuple[object, ...]:
    return framer.content, framer.terminal, framer.complete, framer.error, framer.malformed, framer.usage, framer.pending


def through(*pieces: bytes, limit: int = 1 << 20) -> State:
    framer = SseFramer("openai", limit)
    frames = [framer.feed(piece) for piece in pieces]
    before = state(framer)
    last = framer.finish()
    return b"".join(frame.data for frame in frames), sum(frame.events for frame in frames), last, before, state(framer)


def after(stream: bytes) -> SseFramer:
    framer = SseFramer()
    framer.feed(stream)
    return framer


def chat(**delta: object) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": delta}]}).encode() + b"\n\n"


def test_a_whole_answer_passes_byte_for_byte() -> None:
    framer = SseFramer()
    frames = framer.feed(STREAM)
    assert (frames.data, frames.events) == (STREAM, 5)
    assert state(framer) == (True, True, True, None, None, (9, 12, 4, 0, 0), 0)
    assert framer.finish() == b""


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_every_line_end_may_be_cut_anywhere(end: bytes, size: int) -> None:
    stream = STREAM.replace(b"\n", end)
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert through(*pieces) == through(stream)
    assert through(stream)[0] == stream


def test_a_carriage_return_at_the_end_of_a_piece_keeps_the_bytes_before_it() -> None:
    framer = SseFramer()
    assert [framer.feed(piece).data for piece in (b": a\r", b"\n\r", b"\n", b": b\n\n")] == [b"", b": a\r\n\r", b"\n", b": b\n\n"]


PIECES = st.sampled_from([
    *(b"data: ", b"data:", b"data", b"event: x", b": c", b"id: 1", b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n"),
    *(b"{}", b"[DONE]", b"[]", b"{", b"\xef\xbb\xbf", "é".encode(), b"\xff", b'"x"', b'{"error":null}', b'{"error":{"message":"x"}}'),
    *(ROLE, HELLO, STOP, USAGE, DONE, STOP.replace(b'"index":0', b'"index":1')),
])  # fmt: skip


@given(st.lists(PIECES, max_size=25).map(b"".join), st.lists(st.integers(0, 500)), st.integers(1, 300))
def test_any_cut_of_a_stream_comes_to_the_same(stream: bytes, cuts: list[int], limit: int) -> None:
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[begin:end] for begin, end in pairwise(edges)]
    whole = through(stream, limit=limit)
    assert through(*pieces, limit=limit) == whole
    assert through(*(stream[at : at + 1] for at in range(len(stream))), limit=limit) == whole


@given(st.lists(st.binary(max_size=50), max_size=10))
def test_any_bytes_are_taken(pieces: list[bytes]) -> None:
    data, _, last, _, _ = through(*pieces)
    assert len(data) <= sum(map(len, pieces))
    assert last == b"" or last.endswith(b"\n")


@given(st.lists(st.sampled_from([HELLO, STOP, USAGE, b": c\n\n", b"event: x\n\n", b"\n"])), st.text(min_size=1, max_size=10))
def test_what_is_passed_on_is_what_came(events: list[bytes], content: str) -> None:
    stream = b"".join(events) + chat(content=content)
    assert through(stream)[0] == stream


@pytest.mark.parametrize(
    "delta",
    [
        {"content": "x"},
        {"content": [{"type": "text"}]},
        {"reasoning_content": "x"},
        {"reasoning": "x"},
        {"refusal": "x"},
        {"tool_calls": [{"index": 0}]},
        {"function_call": {"name": "f"}},
        {"audio": {"data": "x"}},
        {"content": None, "reasoning": "x"},
    ],
)
def test_any_part_of_an_answer_is_content(delta: dict[str, object]) -> None:
    assert after(chat(**delta)).content


@pytest.mark.parametrize(
    "event",
    [
        ROLE,
        USAGE,
        DONE,
        chat(),
        chat(content=None, tool_calls=[], refusal="", reasoning=None, function_call=None),
        b": comment\n\n",
        b"data: {}\n\n",
        b'data: {"choices":null}\n\n',
        b'data: {"choices":[{}]}\n\n',
        b'data: {"choices":[{"delta":null,"text":"","finish_reason":""}]}\n\n',
    ],
)
def test_what_holds_nothing_of_the_answer_is_not_content(event: bytes) -> None:
    framer = after(event)
    assert not framer.content
    assert framer.malformed is None


def test_a_completions_text_and_any_finish_reason_are_content() -> None:
    assert after(b'data: {"choices":[{"index":0,"text":"x"}]}\n\n').content
    assert after(STOP).content


def test_content_counts_only_once_it_has_been_returned() -> None:
    framer = after(HELLO[:-1])
    assert (framer.content, framer.pending) == (False, len(HELLO) - 1)
    framer.feed(b"\n")
    assert (framer.content, framer.pending) == (True, 0)


def test_an_answer_is_complete_when_every_choice_has_its_finish_reason() -> None:
    second = HELLO.replace(b'"index":0', b'"index":1')
    assert not after(HELLO).complete
    assert after(HELLO + STOP).complete
    assert not after(HELLO + second + STOP).complete
    assert after(HELLO + second + STOP + STOP.replace(b'"index":0', b'"index":1')).complete
    assert not SseFramer().complete
    assert not after(USAGE).complete


def test_a_stream_that_is_cut_short_is_not_complete() -> None:
    for cut in (HELLO, HELLO + STOP[:-20]):
        data, _, last, _, (_, terminal, complete, _, malformed, _, pending) = through(cut)
        assert (data, last, terminal, complete, malformed, pending) == (HELLO, b"", False, False, None, 0)


def test_whatever_follows_the_end_is_dropped() -> None:
    framer = after(HELLO + DONE + HELLO)
    assert framer.terminal
    assert framer.feed(b"garbage\n\n").data == b""
    assert through(HELLO + DONE + HELLO)[0] == HELLO + DONE
    assert through(b"data: [DONE]\r\n\r", b"\n", b"x\n\n")[0] == b"data: [DONE]\r\n\r\n"
    assert through(b"data: [DONE]\r\n\r", b"x", b"\n")[0] == b"data: [DONE]\r\n\r"


@pytest.mark.parametrize(
    "payload",
    [
        b'{"error":{"message":"boom","code":500}}',
        b'{"error": "boom"}',
        b'{"object":"error","message":"boom"}',
        b'{"choices":[{"index":0,"delta":{},"finish_reason":"error"}],"error":{"code":502}}',
    ],
)
def test_a_providers_error_is_withheld_with_all_that_follows(payload: bytes) -> None:
    framer = SseFramer()
    frames = framer.feed(HELLO + b"event: error\ndata: " + payload + b"\n\n" + STOP + DONE)
    assert (frames.data, frames.events) == (HELLO, 1)
    assert (framer.error, framer.malformed, framer.terminal, framer.complete) == (payload, None, False, False)
    assert framer.feed(DONE).data == framer.finish() == b""


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"choices": [', "an event's data is not valid JSON: EOF"),
        (b"oops", "an event's data is not valid JSON: expected value"),
        (b"{} {}", "an event's data is not valid JSON: trailing characters"),
        (b"[1]", "an event's data is not a JSON object but an array"),
        (b'"x"', "an event's data is not a chunk: invalid type: string"),
        (b'{"choices": {}}', "an event's data is not a chunk: invalid type: map"),
        (b'{"x": "\xff"}', "an event's data is not valid UTF-8"),
        (b"[" * 100_000, "an event's data is not a JSON object but an array"),
        (b'{"x":' * 100_000, "an event's data is not valid JSON"),
    ],
)
def test_a_malformed_event_is_withheld_with_all_that_follows(data: bytes, why: str) -> None:
    framer = SseFramer()
    assert framer.feed(HELLO + b"data: " + data + b"\n\n" + DONE).data == HELLO
    assert framer.malformed is not None
    assert framer.malformed.startswith(why)
    assert (framer.terminal, framer.complete, framer.error, framer.pending) == (False, False, None, 0)
    assert framer.feed(DONE).data == b""


def test_an_event_has_a_largest_size() -> None:
    framer = SseFramer("openai", max_event_bytes=100)
    assert framer.feed(b"data: " + b" " * 94).data == b""
    assert framer.pending == 100
    framer.feed(b" ")
    assert framer.malformed == "an event is larger than 100 bytes"
    assert framer.pending == 0


def test_data_over_several_lines_is_joined() -> None:
    event = b'data: {"choices":\ndata:[{"index":0,\n: aside\nid: 7\ndata: "delta":{"content":"x"}}]}\n\n'
    framer = SseFramer()
    assert (framer.feed(event).data, framer.content) == (event, True)


@pytest.mark.parametrize("event", [b"data:\n\n", b"data: \n\n", b"data\n\n", b"data:\r\n\r\n", b"event: x\ndata:\n\n", b"data:\ndata:\n\n"])
def test_an_event_with_empty_data_is_never_passed_on(event: bytes) -> None:
    for pieces in ([event + HELLO], [event[at : at + 1] for at in range(len(event))] + [HELLO]):
        assert through(*pieces)[:2] == (HELLO, 1)


def test_comments_and_other_fields_pass_and_do_not_count() -> None:
    stream = b": keep-alive\n\nevent: ping\n\nretry: 5\n\ndatabase: x\n\n\n"
    framer = SseFramer()
    frames = framer.feed(stream)
    assert (frames.data, frames.events, framer.content, framer.malformed) == (stream, 0, False, None)


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    stream = b"\xef\xbb\xbf" + HELLO
    assert through(stream)[:2] == (stream, 1)
    assert through(stream[:1], stream[1:2], stream[2:])[:2] == (stream, 1)
    assert through(stream[:-2])[2] == stream


@pytest.mark.parametrize(("ending", "added"), [(b"", b"\n\n"), (b"\n", b"\n"), (b"\r\n", b"\n"), (b"\r", b"\n\n")])
def test_a_last_event_that_lacks_only_its_empty_line_is_completed(ending: bytes, added: bytes) -> None:
    whole = DONE.strip() + ending
    _, _, last, before, (_, terminal, complete, *_) = through(HELLO, whole)
    assert last == whole + added
    assert before[1] is False
    assert terminal
    assert complete
    framer = after(HELLO + last)
    assert framer.terminal


def test_a_last_event_that_is_an_error_is_withheld_too() -> None:
    framer = after(HELLO + b'data: {"error":{"message":"x"}}')
    assert framer.finish() == b""
    assert framer.error == b'{"error":{"message":"x"}}'


@pytest.mark.parametrize("rest", [b"data: {", b": comment", b"event: x\n", b"da", b"data:", b'data: {"choices":[{"in'])
def test_a_last_event_that_is_not_whole_is_dropped(rest: bytes) -> None:
    framer = after(HELLO + STOP + rest)
    assert framer.finish() == b""
    assert (framer.malformed, framer.terminal, framer.complete, framer.pending) == (None, False, True, 0)
    assert framer.finish() == framer.feed(DONE).data == b""


def test_the_last_usage_holds_and_a_strange_one_is_passed_over() -> None:
    later = b'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":13}}\n\n'
    strange = b'data: {"choices":[],"usage":{"prompt_tokens":"many"}}\n\n'
    assert after(USAGE + later + strange + b'data: {"usage":null}\n\n').usage == (9, 13, 0, 0, 0)


def test_a_long_line_in_small_pieces_takes_time_in_proportion() -> None:
    piece, pieces = b"x" * 512, 20_000

    def seconds(feed: Callable[[bytes], object]) -> float:
        begin = time.perf_counter()
        for _ in range(pieces):
            feed(piece)
        return time.perf_counter() - begin

    framer = SseFramer()
    framer.feed(b'data: {"choices":[{"delta":{"content":"')
    took = seconds(framer.feed)
    framer.feed(b'"}}]}\n\n')
    assert framer.content
    assert took < 300 * seconds(bytearray().extend)  # 1 or 2 where linear, some 3,000 where each piece is compared with all before it


def test_an_unknown_dialect_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match='unknown dialect "klingon": choose one of openai'):
        SseFramer("klingon")
