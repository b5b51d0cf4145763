"""A response as a stream of numbered events."""

import json
from collections.abc import Iterator
from itertools import chain, count
from typing import Any, Final

from pyproxy.providers.mock.answer import fragments, pieces
from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.openai.errors import error_object
from pyproxy.providers.mock.reply import Stream

Event = dict[str, Any]

_BROKEN: Final = b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":\n\n'


def stream(response: dict[str, Any], behaviour: Behaviour) -> Stream:
    """Give a whole response as the events that lead up to it."""
    begun = {**response, "status": "in_progress", "incomplete_details": None, "output": [], "usage": None}
    before: list[Event] = [{"type": "response.created", "response": begun}, {"type": "response.in_progress", "response": begun}]
    content: list[list[Event]] = []
    for index, item in enumerate(response["output"]):
        opening, deltas, closing = _ITEMS[item["type"]](index, item, behaviour.chunks)
        before += opening
        for delta in deltas:
            content.append([*before, delta])
            before = []
        before += closing
    closing = before
    if not behaviour.omit_done:
        closing = [*before, {"type": f"response.{response['status']}", "response": response}]
    opening = []
    if content:
        # What comes ahead of the first delta is not content: a fault after no chunks comes behind it.
        opening, content[0] = content[0][:-1], content[0][-1:]
    numbers = count()
    for event in chain(opening, *content, closing):
        event["sequence_number"] = next(numbers)
    error = error_object(behaviour, response["model"])
    failed = {"type": "error", "code": error["code"] or error["type"], "message": error["message"], "param": error["param"]}
    return Stream(
        opening=[_written(event) for event in opening],
        content=(b"".join(map(_written, events)) for events in content),
        closing=[_written(event) for event in closing] or [b""],
        error=_written({**failed, "sequence_number": len(opening) + (behaviour.error_after or 0)}),
        malformed=_BROKEN,
    )


def _written(event: Event) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def _message(index: int, item: Event, chunks: int | None) -> tuple[list[Event], Iterator[Event], list[Event]]:
    (part,) = item["content"]
    place = {"item_id": item["id"], "output_index": index, "content_index": 0}
    opening = [
        {"type": "response.output_item.added", "output_index": index, "item": {**item, "status": "in_progress", "content": []}},
        {"type": "response.content_part.added", **place, "part": {**part, "text": ""}},
    ]
    closing = [
        {"type": "response.output_text.done", **place, "text": part["text"], "logprobs": []},
        {"type": "response.content_part.done", **place, "part": part},
        {"type": "response.output_item.done", "output_index": index, "item": item},
    ]
    deltas = ({"type": "response.output_text.delta", **place, "delta": piece, "logprobs": []} for piece in pieces(part["text"], chunks))
    return opening, deltas, closing


def _function_call(index: int, item: Event, chunks: int | None) -> tuple[list[Event], Iterator[Event], list[Event]]:  # noqa: ARG001  # in fragments
    place = {"item_id": item["id"], "output_index": index}
    opening = [{"type": "response.output_item.added", "output_index": index, "item": {**item, "status": "in_progress", "arguments": ""}}]
    closing = [
        {"type": "response.function_call_arguments.done", **place, "name": item["name"], "arguments": item["arguments"]},
        {"type": "response.output_item.done", "output_index": index, "item": item},
    ]
    deltas = ({"type": "response.function_call_arguments.delta", **place, "delta": each} for each in fragments(item["arguments"]))
    return opening, deltas, closing


def _reasoning(index: int, item: Event, chunks: int | None) -> tuple[list[Event], Iterator[Event], list[Event]]:
    opening: list[Event] = [{"type": "response.output_item.added", "output_index": index, "item": {**item, "summary": []}}]
    closing: list[Event] = [{"type": "response.output_item.done", "output_index": index, "item": item}]
    if not item["summary"]:
        return opening, iter(()), closing
    (part,) = item["summary"]
    place = {"item_id": item["id"], "output_index": index, "summary_index": 0}
    opening.append({"type": "response.reasoning_summary_part.added", **place, "part": {**part, "text": ""}})
    done = [
        {"type": "response.reasoning_summary_text.done", **place, "text": part["text"]},
        {"type": "response.reasoning_summary_part.done", **place, "part": part},
    ]
    deltas = ({"type": "response.reasoning_summary_text.delta", **place, "delta": each} for each in pieces(part["text"], chunks))
    return opening, deltas, [*done, *closing]


_ITEMS: Final = {"message": _message, "function_call": _function_call, "reasoning": _reasoning}
