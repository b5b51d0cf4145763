"""The framer over streams of Anthropic's messages API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import SseFramer, inspect_response


def event(kind: str, **members: Any) -> bytes:
    return f"event: {kind}\ndata: ".encode() + json.dumps({"type": kind, **members}).encode() + b"\n\n"


def block(index: int = 0, **content_block: Any) -> bytes:
    return event("content_block_start", index=index, content_block=content_block)


def delta(index: int = 0, **piece: Any) -> bytes:
    return event("content_block_delta", index=index, delta=piece)


def text(piece: str, index: int = 0) -> bytes:
    return delta(index, type="text_delta", text=piece)


def end(reason: str | None = "end_turn", **usage: Any) -> bytes:
    return event("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage=usage)


COUNTS = {"input_tokens": 10, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 30, "output_tokens": 1}
START = event("message_start", message={"id": "msg_1", "type": "message", "role": "assistant", "content": [], "usage": COUNTS})
PING = event("ping")
TEXT_BLOCK = block(type="text", text="")
CLOSED = event("content_block_stop", index=0)
STOP = event("message_stop")
STREAM = START + PING + TEXT_BLOCK + text("Hello") + text(" there") + CLOSED + end(output_tokens=12) + STOP


def fed(*events: bytes, keep_text: bool = True) -> SseFramer:
    framer = SseFramer("anthropic", keep_text=keep_text)
    for each in events:
        framer.feed(each)
    return framer


def test_a_whole_answer_passes_byte_for_byte() -> None:
    framer = SseFramer("anthropic", keep_text=True)
    frames = framer.feed(STREAM)
    assert (frames.data, frames.events) == (STREAM, 8)
    assert (framer.content, framer.terminal, framer.complete, framer.finished, framer.choices) == (True, True, True, True, 1)
    assert (framer.error, framer.malformed, framer.usage, framer.text()) == (None, None, (60, 12, 30, 20, 0), "Hello there")
    assert (framer.tool_calls, framer.other_choices, framer.sequence_number) == (False, False, None)


def test_whatever_follows_the_last_event_is_dropped() -> None:
    assert fed(STREAM).feed(PING).data == b""
    assert SseFramer("anthropic").feed(STREAM + b"data: [DONE]\n\n").data == STREAM


@pytest.mark.parametrize(
    "piece",
    [
        block(type="text", text="x"),
        block(type="tool_use", id="t", name="f", input={}),
        block(type="server_tool_use", id="t", name="web_search", input={}),
        block(type="web_search_tool_result", tool_use_id="t", content=[]),
        block(type="redacted_thinking", data="x"),
        block(type="thinking", thinking="x"),
        TEXT_BLOCK + text("x"),
        TEXT_BLOCK + delta(type="citations_delta", citation={"type": "char_location"}),
        block(type="thinking", thinking="") + delta(type="thinking_delta", thinking="x"),
        TEXT_BLOCK + delta(type="input_json_delta", partial_json='{"a'),
        TEXT_BLOCK + delta(type="a_delta_of_tomorrow"),
        end("refusal"),
    ],
)
def test_any_part_of_an_answer_is_content(piece: bytes) -> None:
    assert not fed(START).content
    assert fed(START, piece).content


@pytest.mark.parametrize(
    "piece",
    [
        PING,
        TEXT_BLOCK,
        TEXT_BLOCK + text(""),
        TEXT_BLOCK + CLOSED,
        block(type="thinking", thinking="", signature=""),
        block(type="thinking", thinking="") + delta(type="thinking_delta", thinking=""),
        block(type="thinking", thinking="") + delta(type="signature_delta", signature="x"),
        TEXT_BLOCK + delta(type="input_json_delta", partial_json=""),
        end(None),
        event("message_delta", delta=None),
        event("an_event_of_tomorrow", delta="x", message="y", index="z", usage=7, content_block=[]),
        b"data: {}\n\n",
        b": comment\n\n",
    ],
)
def test_what_holds_nothing_of_the_answer_passes_and_is_not_content(piece: bytes) -> None:
    framer = SseFramer("anthropic")
    assert framer.feed(START + piece).data == START + piece
    assert (framer.content, framer.malformed, framer.complete, framer.choices) == (False, None, False, 1)


@pytest.mark.parametrize("reason", ["end_turn", "max_tokens", "tool_use", "refusal", "pause_turn", "model_context_window_exceeded"])
def test_any_stop_reason_is_an_end(reason: str) -> None:
    framer = fed(START, TEXT_BLOCK, text("x"))
    assert not framer.complete
    framer.feed(end(reason))
    assert (framer.complete, framer.finished, framer.terminal) == (True, True, False)


def test_a_stream_that_is_cut_short_is_not_complete() -> None:
    framer = fed(START, TEXT_BLOCK, text("x"), CLOSED, end()[:-3])
    assert framer.finish() == b""
    assert (framer.complete, framer.finished, framer.malformed, framer.text()) == (False, False, None, "x")


def test_the_prompt_is_what_was_cached_and_what_was_not_and_later_totals_replace_earlier_ones() -> None:
    assert fed(START).usage == (60, 1, 30, 20, 0)
    assert fed(START, end(output_tokens=5), end(output_tokens=9)).usage == (60, 9, 30, 20, 0)
    assert fed(START, end(input_tokens=11, cache_read_input_tokens=0, output_tokens=9)).usage == (31, 9, 0, 20, 0)
    assert fed(START, end(output_tokens=None), end(output_tokens="many")).usage == (60, 1, 30, 20, 0)
    bare = event("message_start", message={"usage": None})
    assert fed(bare).usage is None
    assert fed(bare, end(output_tokens=3)).usage == (0, 3, 0, 0, 0)
    assert fed(event("message_start", message={"usage": {"input_tokens": 4}})).usage == (4, 0, 0, 0, 0)


def start(**usage: Any) -> bytes:
    return event("message_start", message={"usage": usage})


def lives(minutes: int | None = None, hour: int | None = None) -> dict[str, Any]:
    told = {"ephemeral_5m_input_tokens": minutes, "ephemeral_1h_input_tokens": hour}
    return {"cache_creation": {name: count for name, count in told.items() if count is not None}}


def test_what_was_written_to_the_cache_is_told_apart_by_its_life_and_later_sums_hold() -> None:
    begun = start(input_tokens=1, cache_creation_input_tokens=9, **lives(5, 4))
    assert fed(begun).usage == (10, 0, 0, 5, 4)
    assert fed(begun, end(output_tokens=2, cache_creation_input_tokens=9)).usage == (10, 2, 0, 5, 4)
    assert fed(begun, end(cache_creation_input_tokens=12)).usage == (13, 0, 0, 8, 4)
    assert fed(begun, end(cache_creation_input_tokens=3)).usage == (4, 0, 0, 0, 3)
    assert fed(begun, end(cache_creation_input_tokens=12, **lives(2, 10))).usage == (13, 0, 0, 2, 10)
    assert fed(begun, end(cache_creation=None)).usage == (10, 0, 0, 5, 4)
    assert fed(start(input_tokens=1, **lives(hour=4))).usage == (5, 0, 0, 0, 4)


COUNT = st.integers(0, 10**6)


@given(plain=COUNT, read=COUNT, minutes=COUNT, hour=COUNT)
def test_a_whole_answer_and_a_stream_tell_the_same_and_each_token_once(plain: int, read: int, minutes: int, hour: int) -> None:
    prompt: dict[str, Any] = {"input_tokens": plain, "cache_read_input_tokens": read, "cache_creation_input_tokens": minutes + hour}
    told = {**prompt, **lives(minutes, hour)}
    whole = inspect_response("anthropic", json.dumps({"usage": {**told, "output_tokens": 7}}).encode())
    assert whole.usage == (plain + read + minutes + hour, 7, read, minutes, hour)
    begun = start(**told, output_tokens=1)
    assert fed(begun, end(output_tokens=7)).usage == fed(begun, end(**prompt, output_tokens=7)).usage == whole.usage


def test_counts_too_large_to_be_true_are_no_harm() -> None:
    huge = {"input_tokens": 2**64 - 1, "cache_read_input_tokens": 5, "output_tokens": 0}
    assert fed(event("message_start", message={"usage": huge})).usage == (2**64 - 1, 0, 5, 0, 0)
    vast = {"input_tokens": 1, "cache_read_input_tokens": 2**64 - 1, "cache_creation_input_tokens": 2**64 - 1}
    assert fed(start(**vast, **lives(2**64 - 1, 2**64 - 1))).usage == (2**64 - 1, 0, 2**64 - 1, 0, 0)


@pytest.mark.parametrize(
    "data",
    [
        b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
        b'{"type":"error"}',
        b'{"error":{"message":"x"}}',
    ],
)
def test_a_providers_error_is_withheld_with_all_that_follows(data: bytes) -> None:
    framer = SseFramer("anthropic")
    before = START + TEXT_BLOCK + text("x")
    assert framer.feed(before + b"event: error\ndata: " + data + b"\n\n" + STOP).data == before
    assert (framer.error, framer.terminal, framer.complete, framer.malformed) == (data, False, False, None)


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        (TEXT_BLOCK, 'an event\'s data is a "content_block_start" before any "message_start"'),
        (text("x"), 'an event\'s data is a "content_block_delta" before any "message_start"'),
        (CLOSED, 'an event\'s data is a "content_block_stop" before any "message_start"'),
        (end(), 'an event\'s data is a "message_delta" before any "message_start"'),
        (STOP, 'an event\'s data is a "message_stop" before any "message_start"'),
        (START + text("x"), 'an event\'s data is a "content_block_delta" of a block that has not begun'),
        (START + TEXT_BLOCK + text("x", 1), 'an event\'s data is a "content_block_delta" of a block that has not begun'),
        (START + b"data: {\n\n", "an event's data is not valid JSON: EOF"),
        (START + b"data: [1]\n\n", "an event's data is not a JSON object but an array"),
        (START + b"data: [DONE]\n\n", "an event's data is not a JSON object but an array"),
        (START + TEXT_BLOCK + event("content_block_delta", index=0, delta="x"), "an event's data is not a chunk: invalid type: string"),
        (event("message_start", message="x"), "an event's data is not a chunk: invalid type: string"),
    ],
)
def test_what_cannot_be_is_malformed(stream: bytes, why: str) -> None:
    framer = SseFramer("anthropic")
    framer.feed(PING + stream + STOP)
    assert framer.malformed is not None
    assert framer.malformed.startswith(why)
    assert not framer.complete


def test_blocks_may_be_numbered_with_gaps() -> None:
    framer = fed(START, block(3, type="text", text=""), text("x", 3))
    assert (framer.malformed, framer.text()) == (None, "x")


def test_text_is_that_of_all_text_blocks_and_thinking_is_not_looked_at() -> None:
    thought = block(0, type="thinking", thinking="a") + delta(0, type="thinking_delta", thinking="b")
    signed = delta(0, type="signature_delta", signature="c")
    framer = fed(START, thought, signed, block(1, type="text", text="d"), text("e", 1), block(2, type="text", text=""), text("f", 2))
    assert framer.text() == "def"
    assert fed(START, TEXT_BLOCK, text("x"), keep_text=False).text() is None


@pytest.mark.parametrize(
    "piece",
    [block(1, type="server_tool_use"), block(1, type="image_of_tomorrow"), delta(type="delta_of_tomorrow"), block(1)],
)
def test_what_is_no_text_cannot_be_gone_on_from(piece: bytes) -> None:
    assert fed(START, TEXT_BLOCK, text("x"), piece).text() is None


def test_a_tool_that_the_client_is_to_run_is_a_call() -> None:
    assert fed(START, block(type="tool_use", id="t", name="f", input={})).tool_calls
    assert not fed(START, TEXT_BLOCK, text("x")).tool_calls


def test_a_usage_is_no_event_of_its_own_and_never_kept_back() -> None:
    framer = SseFramer("anthropic", hide_usage=True)
    assert framer.feed(STREAM).data == STREAM
