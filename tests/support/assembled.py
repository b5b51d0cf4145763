"""Streams put together again as their clients do it, and what each API demands of their order on the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from openai.types.chat import ChatCompletion, ChatCompletionChunk

from pyproxy.dialects.translation.events import DONE, Event

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyproxy.dialects.translation.translator import StreamTranslator

__all__ = ["assemble_chat", "assemble_message", "check_completion", "translate_stream"]


def translate_stream(translator: StreamTranslator, events: Iterable[Any]) -> list[Event]:
    """Everything a client gets for the data of a provider's events."""
    got = [event for data in events for event in translator.feed(Event(data))]
    return [*got, *translator.finish()]


def check_completion(body: dict[str, Any]) -> dict[str, Any]:
    """The same completion, which the SDK takes for one."""
    ChatCompletion.model_validate(body, strict=True)
    return body


def assemble_chat(events: list[Event]) -> dict[str, Any]:
    """The completion that a client of chat makes of a stream."""
    assert events[-1].data == DONE
    chunks = [event.data for event in events[:-1]]
    message: dict[str, Any] = {"role": None, "content": None, "refusal": None}
    completion: dict[str, Any] = {}
    reason = None
    for chunk in chunks:
        ChatCompletionChunk.model_validate(chunk, strict=True)
        completion |= {name: value for name, value in chunk.items() if name != "choices"} | {"object": "chat.completion"}
        for choice in chunk["choices"]:
            assert reason is None, "nothing comes after the end"
            reason = choice["finish_reason"]
            _add_delta(message, choice["delta"])
    if message["content"] is None and not (message["refusal"] or message.get("tool_calls")):
        message["content"] = ""
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
    return check_completion({**completion, "choices": [choice]})


def _add_delta(message: dict[str, Any], delta: dict[str, Any]) -> None:
    if message["role"] is None:
        assert delta["role"] == "assistant", "the first chunk tells the role"
        message["role"] = delta["role"]
    for name in ("content", "refusal", "reasoning_content"):
        if delta.get(name):
            message[name] = (message.get(name) or "") + delta[name]
    if "thinking_blocks" in delta:
        message.setdefault("thinking_blocks", []).extend(delta["thinking_blocks"])
    for piece in delta.get("tool_calls", ()):
        calls = message.setdefault("tool_calls", [])
        if piece["index"] == len(calls):
            calls.append({"id": piece["id"], "type": piece["type"], "function": dict(piece["function"])})
        else:
            assert "id" not in piece
            calls[piece["index"]]["function"]["arguments"] += piece["function"]["arguments"]


def assemble_message(events: list[Event]) -> dict[str, Any]:
    """The message that a client of the messages API makes of a stream."""
    assert all(event.name == event.data["type"] for event in events)
    kinds = [event.name for event in events]
    assert (kinds[0], kinds[-2:]) == ("message_start", ["message_delta", "message_stop"])
    message = dict(events[0].data["message"])
    content: list[dict[str, Any]] = []
    pieces: list[str] | None = None
    for event in events[1:-2]:
        data = event.data
        if event.name == "content_block_start":
            assert pieces is None, "blocks do not overlap"
            assert data["index"] == len(content)
            content.append(dict(data["content_block"]))
            pieces = []
        else:
            assert pieces is not None
            assert data["index"] == len(content) - 1
            pieces = _add_block_event(content[-1], data, pieces)
    assert pieces is None, "every block ends"
    last = events[-2].data
    return {**message, "content": content, **last["delta"], "usage": message["usage"] | last["usage"]}


def _add_block_event(block: dict[str, Any], data: dict[str, Any], pieces: list[str]) -> list[str] | None:
    if data["type"] == "content_block_stop":
        if block["type"] == "tool_use" and (text := "".join(pieces)).strip():
            block["input"] = json.loads(text)
        return None
    delta = data["delta"]
    if delta["type"] == "input_json_delta":
        pieces.append(delta["partial_json"])
    else:
        member = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}[delta["type"]]
        block[member] += delta[member]
    return pieces
