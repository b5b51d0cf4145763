"""What a translation loses of a stream that has begun: its headers are sent, so a comment tells it, where a stream may hold one."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pyproxy.dialects.faces import FACES
from pyproxy.dialects.translation.translation import Translation
from pyproxy.dialects.translation.translator import Call
from pyproxy.dialects.translation.ways import way_to
from pyproxy.domain.operations import CHAT, GENERATE_CONTENT, RESPONSES
from pyproxy.orchestration.response_headers import path_comment
from pyproxy.orchestration.stream_answer import Reading, StreamAnswer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

TOLD = b": x-pyproxy-lossy: content[].citations\n\n"
CITED = {"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta", "citation": {"type": "char_location"}}}
BODIES: dict[Any, dict[str, Any]] = {
    CHAT: {"model": "m", "messages": [{"role": "user", "content": "x"}]},
    RESPONSES: {"model": "m", "input": "x"},
    GENERATE_CONTENT: {"contents": [{"parts": [{"text": "x"}]}]},
}


class Upstream:
    status = 200
    headers = ()

    async def aclose(self) -> None:
        """Nothing is open."""


def said(text: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}


async def stream(operation: Any, *events: dict[str, Any], whole: bool = False) -> tuple[bytes, bytes, bytes]:
    """What a client of an API has of Claude's stream: up to its commit point, after it, and at its end."""
    usage = {"input_tokens": 1, "output_tokens": 1}
    told: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": "c", "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *events,
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage},
        {"type": "message_stop"},
    ]

    async def chunks() -> AsyncGenerator[bytes]:
        for event in told:
            yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()

    way = way_to(operation, "anthropic", responses=False)
    assert way is not None
    assert way.translator is not None
    translation = Translation(way, Call("c", stream=True))
    translation.request(json.dumps(BODIES[operation]).encode())
    reading = Reading("anthropic", face=FACES[operation.wire], translation=translation, whole=whole)
    answer = StreamAnswer(Upstream(), chunks(), 1.0, reading)  # type: ignore[arg-type]
    await answer.begin(b"")
    passed = b""
    while not answer.framer.terminal:
        passed += await answer.next_events() or b""
    return answer.held, passed, answer.ending()


@pytest.mark.parametrize("operation", [CHAT, RESPONSES])
async def test_what_is_lost_after_the_first_content_is_told_ahead_of_the_last_events(operation: Any) -> None:
    held, passed, ending = await stream(operation, said("a"), CITED, said("b"), CITED)
    assert b"lossy" not in held + passed
    assert ending.startswith(TOLD)
    assert ending.count(b"lossy") == 1


async def test_what_the_headers_told_is_not_told_again_nor_is_there_anything_where_nothing_is_lost() -> None:
    for events in ([CITED, said("a"), CITED], [said("a")]):
        assert b"lossy" not in b"".join(await stream(CHAT, *events))
    assert b"lossy" not in b"".join(await stream(CHAT, said("a"), CITED, whole=True))


def test_where_the_head_was_sent_before_an_answer_came_all_of_it_is_told_with_the_path() -> None:
    journey: Any = SimpleNamespace(lost=("seed", "é"), path_taken=lambda: "m:200")
    assert path_comment(journey) == b": x-pyproxy-attempts: m:200\n\n: x-pyproxy-lossy: seed, ?\n\n"
    journey.lost = ()
    assert path_comment(journey) == b": x-pyproxy-attempts: m:200\n\n"


async def test_clients_of_gemini_take_no_comment() -> None:
    assert b"lossy" not in b"".join(await stream(GENERATE_CONTENT, said("a"), CITED))
