"""The framer over streams of OpenAI's responses API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pyproxy.rust_core import SseFramer

USAGE = {"input_tokens": 9, "output_tokens": 12, "total_tokens": 21, "input_tokens_details": {"cached_tokens": 4}}


def event(kind: str, **members: Any) -> bytes:
    return f"event: {kind}\ndata: ".encode() + json.dumps({"type": kind, **members}).encode() + b"\n\n"


def item(kind: str | None, when: str = "added") -> bytes:
    return event(f"response.output_item.{when}", output_index=0, item={"id": "i", "type": kind})


def text(delta: str) -> bytes:
    return event("response.output_text.delta", item_id="i", output_index=0, content_index=0, delta=delta)


def last(how: str = "completed", **response: Any) -> bytes:
    return event(f"response.{how}", response={"id": "r", "status": how, **response}, sequence_number=99)


CREATED = event("response.created", response={"id": "r", "status": "in_progress", "usage": None, "error": None}, sequence_number=0)
IN_PROGRESS = event("response.in_progress", response={"id": "r"}, sequence_number=1)
MESSAGE = item("message")
STREAM = CREATED + IN_PROGRESS + MESSAGE + text("Hello") + item("message", "done") + last(usage=USAGE)


def fed(*events: bytes) -> SseFramer:
    framer = SseFramer("responses", keep_text=True)
    for each in events:
        framer.feed(each)
    return framer


def test_a_whole_answer_passes_byte_for_byte() -> None:
    framer = SseFramer("responses")
    frames = framer.feed(STREAM)
    assert (frames.data, frames.events) == (STREAM, 6)
    assert (framer.content, framer.terminal, framer.complete, framer.finished, framer.choices) == (True, True, True, True, 1)
    assert (framer.error, framer.malformed, framer.usage, framer.tool_calls) == (None, None, (9, 12, 4, 0, 0), False)
    assert framer.feed(b"data: [DONE]\n\n").data == b""


@pytest.mark.parametrize(
    "piece",
    [
        text("x"),
        event("response.function_call_arguments.delta", delta="{"),
        event("response.reasoning_summary_text.delta", delta="x"),
        event("response.reasoning_text.delta", delta="x"),
        event("response.refusal.delta", delta="x"),
        event("response.kind_of_tomorrow.delta", delta="x"),
        event("response.image_generation_call.partial_image", partial_image_b64="x"),
        item("function_call"),
        item("custom_tool_call"),
        item("web_search_call"),
        item("mcp_list_tools"),
        item("message", "done"),
        item("reasoning", "done"),
        last(),
        last("incomplete"),
    ],
)
def test_any_part_of_an_answer_is_content(piece: bytes) -> None:
    assert fed(CREATED, piece).content


@pytest.mark.parametrize(
    "piece",
    [
        IN_PROGRESS,
        event("response.queued", response={}),
        MESSAGE,
        item("reasoning"),
        item(None),
        event("response.output_item.added", item=None),
        event("response.content_part.added", part={"type": "output_text", "text": ""}),
        event("response.reasoning_summary_part.added", part={}),
        text(""),
        event("response.output_text.delta"),
        event("ping"),
        event("keepalive"),
        event("codex.event_of_tomorrow.delta", delta="x", item=7, response="y", error=None, sequence_number="many"),
        b"data: {}\n\n",
        b": comment\n\n",
    ],
)
def test_what_holds_nothing_of_the_answer_passes_and_is_not_content(piece: bytes) -> None:
    framer = SseFramer("responses")
    assert framer.feed(CREATED + piece).data == CREATED + piece
    assert (framer.content, framer.malformed, framer.complete, framer.choices) == (False, None, False, 1)


@pytest.mark.parametrize("how", ["completed", "incomplete"])
def test_only_its_last_event_makes_an_answer_whole(how: str) -> None:
    framer = fed(CREATED, MESSAGE, text("x"), item("message", "done"))
    assert (framer.complete, framer.finished, framer.terminal, framer.usage) == (False, False, False, None)
    framer.feed(last(how, usage=USAGE))
    assert (framer.complete, framer.finished, framer.terminal, framer.usage) == (True, True, True, (9, 12, 4, 0, 0))


def test_an_answer_may_be_nothing_but_its_end() -> None:
    framer = fed(last())
    assert (framer.complete, framer.content, framer.choices, framer.usage) == (True, True, 1, None)


@pytest.mark.parametrize(
    "failure",
    [
        last("failed", error={"code": "server_error", "message": "x"}),
        event("error", code="x", message="y", param=None, sequence_number=5),
        event("error", error={"type": "tokens", "code": "rate_limit_exceeded", "message": "x"}),
        b'data: {"error":{"message":"x"}}\n\n',
    ],
)
def test_a_providers_error_is_withheld_with_all_that_follows(failure: bytes) -> None:
    framer = SseFramer("responses")
    before = CREATED + MESSAGE + text("x")
    assert framer.feed(before + failure + last()).data == before
    assert framer.error == failure.partition(b"data: ")[2].strip()
    assert (framer.terminal, framer.complete, framer.malformed) == (False, False, None)


def test_what_a_failure_cost_is_known() -> None:
    assert fed(CREATED, last("failed", error={"code": "server_error"}, usage=USAGE)).usage == (9, 12, 4, 0, 0)


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        (b"data: {\n\n", "an event's data is not valid JSON: EOF"),
        (b"data: [DONE]\n\n", "an event's data is not a JSON object but an array"),
        (event("response.completed", response="x"), "an event's data is not a chunk: invalid type: string"),
        (event("response.output_item.added", item=7), "an event's data is not a chunk: invalid type: integer"),
    ],
)
def test_what_cannot_be_is_malformed(stream: bytes, why: str) -> None:
    framer = fed(CREATED, stream, last())
    assert framer.malformed is not None
    assert framer.malformed.startswith(why)
    assert not framer.complete


def test_calls_are_known_and_text_cannot_be_gone_on_from() -> None:
    assert fed(CREATED, item("function_call")).tool_calls
    assert not fed(CREATED, MESSAGE).tool_calls
    assert fed(CREATED, MESSAGE).text() == ""
    assert fed(CREATED, MESSAGE, text("x")).text() is None


def test_the_last_number_is_known() -> None:
    assert fed(CREATED).sequence_number == 0
    assert fed(CREATED, IN_PROGRESS, text("x")).sequence_number == 1
    assert fed(b"data: {}\n\n").sequence_number is None
    assert SseFramer().sequence_number is None
