"""The framer over streams of Gemini's API, whose own client reads any line as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pyproxy.rust_core import SseFramer


def event(**members: Any) -> bytes:
    return b"data: " + json.dumps(members).encode() + b"\r\n\r\n"


def candidate(*parts: Any, index: int | None = None, reason: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}}
    if index is not None:
        found["index"] = index
    if reason is not None:
        found["finishReason"] = reason
    return found


def parts(*each: Any) -> bytes:
    return event(candidates=[candidate(*each)])


def text(piece: str) -> bytes:
    return parts({"text": piece})


FINAL_COUNTS = {
    "promptTokenCount": 9,
    "candidatesTokenCount": 12,
    "thoughtsTokenCount": 30,
    "cachedContentTokenCount": 4,
    "totalTokenCount": 51,
}
FIRST = event(candidates=[candidate({"text": "Hello"})], usageMetadata={"promptTokenCount": 9, "totalTokenCount": 9}, responseId="r")
FINAL = event(candidates=[candidate({"text": " there"}, reason="STOP")], usageMetadata=FINAL_COUNTS)
STREAM = FIRST + FINAL


def fed(*events: bytes) -> SseFramer:
    framer = SseFramer("gemini", keep_text=True)
    for each in events:
        framer.feed(each)
    return framer


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_whole_answer_passes_byte_for_byte(end: bytes) -> None:
    stream = STREAM.replace(b"\r\n", end)
    framer = SseFramer("gemini", keep_text=True)
    frames = framer.feed(stream)
    assert (frames.data, frames.events) == (stream, 2)
    assert (framer.content, framer.terminal, framer.complete, framer.finished, framer.choices) == (True, False, True, True, 1)
    assert (framer.error, framer.malformed, framer.usage, framer.text()) == (None, None, (9, 42, 4, 0, 0), "Hello there")
    assert framer.finish() == b""
    assert framer.complete


def test_the_last_usage_counts_and_what_tools_gave_to_read_is_prompt() -> None:
    assert fed(FIRST).usage == (9, 0, 0, 0, 0)
    assert fed(FINAL, event(usageMetadata={"strange": 1}), event(usageMetadata="x"), event()).usage == (9, 42, 4, 0, 0)
    assert fed(event(usageMetadata={"promptTokenCount": 9, "toolUsePromptTokenCount": 5, "candidatesTokenCount": 1})).usage == (
        14,
        1,
        0,
        0,
        0,
    )


@pytest.mark.parametrize(
    "part",
    [
        {"text": "x"},
        {"text": "x", "thought": True},
        {"functionCall": {"name": "f", "args": {}}},
        {"inlineData": {"mimeType": "image/png", "data": "A"}},
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"part_of_tomorrow": {}},
    ],
)
def test_any_part_of_an_answer_is_content(part: dict[str, Any]) -> None:
    assert fed(parts(part)).content
    assert fed(parts({"text": ""}, part)).content
    assert fed(parts(part, {"text": ""})).content


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"usageMetadata": {"promptTokenCount": 9}, "modelVersion": "m"},
        {"candidates": None},
        {"candidates": []},
        {"candidates": [{}]},
        {"candidates": [{"content": {}, "finishReason": None}]},
        {"candidates": [candidate()]},
        {"candidates": [candidate({"text": ""}, {"text": "", "thoughtSignature": "x"}, {"thought": True})]},
        {"promptFeedback": {"safetyRatings": []}},
        {"member_of_tomorrow": [1]},
    ],
)
def test_what_holds_nothing_of_the_answer_passes_and_is_not_content(data: dict[str, Any]) -> None:
    framer = SseFramer("gemini")
    assert framer.feed(event(**data)).data == event(**data)
    assert (framer.content, framer.malformed, framer.complete) == (False, None, False)


@pytest.mark.parametrize("reason", ["STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "MALFORMED_FUNCTION_CALL"])
def test_any_finish_reason_is_an_end(reason: str) -> None:
    framer = fed(event(candidates=[{"finishReason": reason, "index": 0}]))
    assert (framer.complete, framer.finished, framer.content) == (True, True, True)


def test_a_prompt_that_is_refused_is_answered_in_full() -> None:
    framer = fed(event(promptFeedback={"blockReason": "PROHIBITED_CONTENT"}, usageMetadata={"promptTokenCount": 9}))
    assert (framer.complete, framer.finished, framer.content, framer.choices, framer.usage) == (True, True, True, 1, (9, 0, 0, 0, 0))


def test_an_answer_is_complete_when_every_candidate_has_its_finish_reason() -> None:
    both = event(candidates=[candidate({"text": "a"}, index=0, reason="STOP"), candidate({"text": "b"}, index=1)])
    framer = fed(both)
    assert (framer.complete, framer.choices, framer.other_choices, framer.text()) == (False, 2, True, "a")
    framer.feed(event(candidates=[{"index": 1, "finishReason": "STOP"}]))
    assert framer.complete


def test_a_stream_that_is_cut_short_is_not_complete() -> None:
    for cut in (FIRST, FIRST + FINAL[:-8]):
        framer = fed(cut)
        assert framer.finish() == b""
        assert (framer.complete, framer.malformed, framer.text()) == (False, None, "Hello")


def test_a_last_event_that_lacks_only_its_empty_line_is_completed() -> None:
    framer = fed(FIRST + FINAL.strip())
    assert framer.finish() == FINAL.strip() + b"\n\n"
    assert framer.complete


@pytest.mark.parametrize(
    "comment", [b": keep-alive\n\n", b":\r\n\r\n", b"event: ping\n\n", b"\n", b"\r\n", b"data:\n\n", b"data: \n\n", b"retry: 5\n\n"]
)
def test_what_its_clients_would_read_as_json_is_dropped(comment: bytes) -> None:
    stream = comment + FIRST + comment + FINAL + comment
    for pieces in ([stream], [stream[at : at + 1] for at in range(len(stream))]):
        framer = SseFramer("gemini")
        frames = [framer.feed(piece) for piece in pieces]
        assert b"".join(each.data for each in frames) + framer.finish() == STREAM
        assert sum(each.events for each in frames) == 2
        assert framer.complete


@pytest.mark.parametrize(
    "failure",
    [
        b'data: {"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}\r\n\r\n',
        b'{"error":{"code":503}}\n\n',
        b'{\n  "error": {\n    "code": 503\n  }\n}\n\n',
    ],
)
def test_a_providers_error_is_withheld_even_if_it_is_bare(failure: bytes) -> None:
    framer = SseFramer("gemini")
    assert framer.feed(FIRST + failure + FINAL).data == FIRST
    assert framer.error == failure.removeprefix(b"data: ").strip()
    assert (framer.complete, framer.malformed) == (False, None)


def test_a_bare_error_may_be_the_end_of_its_stream() -> None:
    framer = fed(FIRST + b'{\n  "error": {\n    "code": 503\n  }\n}\n')
    assert framer.finish() == b""
    assert framer.error is not None
    assert json.loads(framer.error) == {"error": {"code": 503}}


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        (b"data: {\n\n", "an event's data is not valid JSON: EOF"),
        (b"data: [DONE]\n\n", "an event's data is not a JSON object but an array"),
        (b"{]\n\n", "an event's data is not valid JSON"),
        (event(candidates={}), "an event's data is not a chunk: invalid type: map"),
    ],
)
def test_what_cannot_be_is_malformed(stream: bytes, why: str) -> None:
    framer = fed(FIRST, stream, FINAL)
    assert framer.malformed is not None
    assert framer.malformed.startswith(why)
    assert not framer.complete


def test_text_is_that_of_the_first_candidate_and_thoughts_are_not_looked_at() -> None:
    framer = fed(parts({"text": "a", "thought": True}, {"text": "b"}), text("c"), parts({"text": "d", "thought": False}))
    assert (framer.text(), framer.other_choices, framer.tool_calls) == ("bcd", False, False)
    framer.feed(event(candidates=[candidate({"text": "x"}, {"inlineData": {}}, index=1)]))
    assert (framer.text(), framer.other_choices) == ("bcd", True)


def test_what_is_no_text_cannot_be_gone_on_from() -> None:
    assert fed(text("a"), parts({"inlineData": {"data": "A"}})).text() is None
    calling = fed(text("a"), parts({"functionCall": {"name": "f"}}))
    assert (calling.text(), calling.tool_calls) == ("a", True)
    assert fed(event(candidates=[candidate({"functionCall": {}}, index=1)])).tool_calls
