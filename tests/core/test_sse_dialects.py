"""What holds of the framer in every dialect: how a stream is cut into pieces does not matter, and nothing is too strange."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import SseFramer

if TYPE_CHECKING:
    from collections.abc import Iterable

STREAMS: dict[str, list[Any]] = {
    "openai": [
        {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
        {"choices": [{"index": 0, "delta": {"content": "Grüße"}, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 12}},
        {"error": {"message": "x"}},
    ],
    "responses": [
        {"type": "response.created", "sequence_number": 0, "response": {"id": "r"}},
        {"type": "response.output_item.added", "sequence_number": 1, "item": {"type": "function_call"}},
        {"type": "response.output_text.delta", "sequence_number": 2, "delta": "Grüße"},
        {"type": "response.completed", "sequence_number": 3, "response": {"usage": {"input_tokens": 9, "output_tokens": 12}}},
        {"type": "response.failed", "response": {"error": {"message": "x"}}},
        {"type": "error", "message": "x"},
    ],
    "anthropic": [
        {"type": "message_start", "message": {"usage": {"input_tokens": 9, "cache_read_input_tokens": 4, "output_tokens": 1}}},
        {"type": "ping"},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Grüße"}},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {}}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 12}},
        {"type": "message_stop"},
        {"type": "error", "error": {"type": "overloaded_error", "message": "x"}},
    ],
    "gemini": [
        {"candidates": [{"content": {"parts": [{"text": "Grüße"}]}}], "usageMetadata": {"promptTokenCount": 9}},
        {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f"}}]}, "index": 1}]},
        {"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 12}},
        {"error": {"code": 503}},
    ],
}
DIALECTS = list(STREAMS)
NOISE = [
    *(
        "data: ",
        "data:",
        "data",
        "event: x",
        ": c",
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "\r\r",
        "\r\n\r\n",
        "{}",
        "[DONE]",
        "data: [DONE]\n\n",
        "{",
        "}",
    ),
    *('{"type":"error"}', '{"error":{"message":"x"}}', '{\n "error": {}\n}', "\ufeff", "\U0001f600"),
]


def events(dialect: str) -> Iterable[bytes]:
    for data in STREAMS[dialect]:
        name = f"event: {data['type']}\n" if "type" in data else ""
        yield f"{name}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def streams(dialect: str) -> st.SearchStrategy[bytes]:
    of_noise = st.sampled_from([*events(dialect), *(noise.encode() for noise in NOISE)])
    in_order = st.lists(st.sampled_from([*events(dialect)]), unique=True).map(lambda some: sorted(some, key=[*events(dialect)].index))
    return st.tuples(in_order, st.lists(of_noise, max_size=8)).map(lambda both: b"".join([*both[0], *both[1]]))


def state(framer: SseFramer) -> tuple[object, ...]:
    told = framer.content, framer.terminal, framer.complete, framer.finished, framer.choices, framer.usage, framer.sequence_number
    return *told, framer.error, framer.malformed, framer.text(), framer.tool_calls, framer.other_choices, framer.pending


def through(dialect: str, pieces: Iterable[bytes], limit: int) -> tuple[object, ...]:
    framer = SseFramer(dialect, limit, keep_text=True)
    frames = [framer.feed(piece) for piece in pieces]
    before = state(framer)
    last = framer.finish()
    return b"".join(frame.data for frame in frames), sum(frame.events for frame in frames), before, last, state(framer)


@pytest.mark.parametrize("dialect", DIALECTS)
@given(st.data(), st.lists(st.integers(0, 900)), st.sampled_from([b"\n", b"\r\n", b"\r"]), st.integers(1, 2000))
def test_any_cut_of_a_stream_comes_to_the_same(dialect: str, data: st.DataObject, cuts: list[int], end: bytes, limit: int) -> None:
    stream = data.draw(streams(dialect)).replace(b"\n", end)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    whole = through(dialect, [stream], limit)
    assert through(dialect, (stream[begin:stop] for begin, stop in pairwise(edges)), limit) == whole
    assert through(dialect, (stream[at : at + 1] for at in range(len(stream))), limit) == whole


@pytest.mark.parametrize("dialect", DIALECTS)
@given(st.data())
def test_what_is_passed_on_is_a_part_of_what_came_in_whole_events(dialect: str, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from([*events(dialect), b": comment\n\n"]), max_size=8))
    passed, *_ = through(dialect, chosen, 1 << 20)
    drops = {b": comment\n\n"} if dialect == "gemini" else set()
    kept = [each for each in chosen if each not in drops]
    assert passed in [b"".join(kept[:count]) for count in range(len(kept) + 1)]


@pytest.mark.parametrize("dialect", DIALECTS)
@given(st.lists(st.binary(max_size=50), max_size=10))
def test_any_bytes_are_taken(dialect: str, pieces: list[bytes]) -> None:
    data, *_ = through(dialect, pieces, 1 << 20)
    assert isinstance(data, bytes)
    assert len(data) <= sum(map(len, pieces))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
members = st.sampled_from(["index", "delta", "item", "message", "content_block", "usage", "candidates", "response", "sequence_number", "x"])


@pytest.mark.parametrize("dialect", ["responses", "anthropic"])
@given(st.dictionaries(members, json_values))
def test_kinds_of_events_of_tomorrow_pass_whatever_they_hold(dialect: str, data: dict[str, Any]) -> None:
    event = b"data: " + json.dumps({**data, "type": "kind_of_tomorrow"}).encode() + b"\n\n"
    framer = SseFramer(dialect)
    assert framer.feed(event).data == event
    assert (framer.content, framer.malformed, framer.error, framer.complete) == (False, None, None, False)


def test_the_dialects_are_told_to_whoever_names_another() -> None:
    with pytest.raises(ValueError, match='unknown dialect "klingon": choose one of openai, responses, anthropic, gemini'):
        SseFramer("klingon")
