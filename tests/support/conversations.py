"""Conversations and answers of the chat and the messages APIs, as their clients and providers write them, for property tests."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

__all__ = ["calls_of", "chats", "chunks_of", "completions", "events_of", "json_values", "messages", "spoilt"]

_characters = st.characters(exclude_categories=["Cs"])
words = st.text(_characters, min_size=1, max_size=8).filter(str.strip)
names = st.text("abcXYZ09_-", min_size=1, max_size=8)
ids = st.text("abAB09_-", min_size=1, max_size=12) | st.text(_characters, min_size=1, max_size=12)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(_characters, max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(_characters, max_size=6), inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(st.text(_characters, max_size=6), json_values, max_size=3)
counts = st.integers(0, 10**6)

thinking_blocks = st.one_of(
    st.fixed_dictionaries({"type": st.just("thinking"), "thinking": words, "signature": names}),
    st.fixed_dictionaries({"type": st.just("redacted_thinking"), "data": names}),
)
text_parts: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries({"type": st.just("text"), "text": words})
image_parts: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    ["https://example.com/a.png", "data:image/png;base64,aGk=", "data:image/webp;base64,AAAA"]
).map(lambda url: {"type": "image_url", "image_url": {"url": url}})
texts = words | st.lists(text_parts, min_size=1, max_size=3)


def calls_of(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The calls of a chat message."""
    return message.get("tool_calls") or []


@st.composite
def _tool_calls(draw: st.DrawFn) -> list[dict[str, Any]]:
    drawn = draw(st.lists(st.tuples(ids, names, objects), max_size=3, unique_by=lambda call: call[0]))
    return [{"id": id_, "type": "function", "function": {"name": name, "arguments": json.dumps(value)}} for id_, name, value in drawn]


@st.composite
def chats(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The messages of a chat that goes well: the system first, then turns, each call with its result, and a last word of the user."""
    messages = [{"role": role, "content": draw(texts)} for role in draw(st.lists(st.sampled_from(["system", "developer"]), max_size=2))]
    messages.append({"role": "user", "content": draw(words)})
    for _ in range(draw(st.integers(0, 3))):
        answer: dict[str, Any] = {"role": "assistant", "content": draw(st.none() | texts)}
        if thinking := draw(st.lists(thinking_blocks, max_size=2)):
            answer["thinking_blocks"] = thinking
        if calls := draw(_tool_calls()):
            answer["tool_calls"] = calls
        elif answer["content"] is None:
            answer["content"] = draw(words)
        results = [{"role": "tool", "tool_call_id": call["id"], "content": draw(words)} for call in calls]
        said = draw(words | st.lists(text_parts | image_parts, min_size=1, max_size=3))
        messages += [answer, *results, {"role": "user", "content": said}]
    return messages


_blocks = st.one_of(
    thinking_blocks,
    text_parts,
    st.fixed_dictionaries({"type": st.just("tool_use"), "id": names, "name": names, "input": objects}),
    st.fixed_dictionaries({"type": st.just("server_tool_use"), "id": names, "name": names, "input": objects}),
)
_usages = st.fixed_dictionaries(
    {"input_tokens": counts, "output_tokens": counts},
    optional={
        "cache_read_input_tokens": counts | st.none(),
        "cache_creation_input_tokens": counts,
        "output_tokens_details": st.fixed_dictionaries({"thinking_tokens": counts}),
        "service_tier": st.sampled_from(["standard", "priority", "batch"]),
    },
)
messages: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "id": names,
        "type": st.just("message"),
        "role": st.just("assistant"),
        "model": names,
        "content": st.lists(_blocks, max_size=5),
        "stop_reason": st.sampled_from(["end_turn", "tool_use", "max_tokens", "refusal"]),
        "stop_details": st.none() | st.fixed_dictionaries({"type": st.just("refusal"), "explanation": words}),
        "usage": _usages,
    }
)
"""Whole answers of the messages API."""


@st.composite
def completions(draw: st.DrawFn) -> dict[str, Any]:
    """A whole answer of the chat API."""
    calls = draw(_tool_calls())
    message: dict[str, Any] = {"role": "assistant", "content": draw(st.none() | words), "tool_calls": calls or None}
    if draw(st.booleans()):
        message["reasoning_content"] = draw(words)
    prompt = draw(st.none() | st.fixed_dictionaries({"cached_tokens": counts}))
    usage = {"prompt_tokens": draw(counts), "completion_tokens": draw(counts), "prompt_tokens_details": prompt}
    choice = {"index": 0, "message": message, "finish_reason": draw(st.sampled_from(["stop", "length", "tool_calls", "content_filter"]))}
    return {"id": draw(names), "object": "chat.completion", "created": 1, "model": draw(names), "choices": [choice], "usage": usage}


def _cut(draw: st.DrawFn, text: str) -> list[str]:
    at = sorted(draw(st.lists(st.integers(0, len(text)), max_size=3)))
    return [text[start:end] for start, end in zip([0, *at], [*at, len(text)], strict=True)]


@st.composite
def events_of(draw: st.DrawFn, message: dict[str, Any]) -> list[dict[str, Any]]:
    """The events in which a provider streams a message."""
    started = {**message, "content": [], "stop_reason": None, "usage": {**message["usage"], "output_tokens": 1}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": started}]
    for index, block in enumerate(message["content"]):
        start, deltas = _opened(draw, block)
        events.append({"type": "content_block_start", "index": index, "content_block": start})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events += [{"type": "content_block_stop", "index": index}, {"type": "ping"}]
    delta = {name: message[name] for name in ("stop_reason", "stop_details")}
    return [
        *events,
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": message["usage"]["output_tokens"]}},
        {"type": "message_stop"},
    ]


def _opened(draw: st.DrawFn, block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    if block["type"] == "text":
        return {**block, "text": ""}, [{"type": "text_delta", "text": piece} for piece in _cut(draw, block["text"])]
    if block["type"] == "thinking":
        pieces = [{"type": "thinking_delta", "thinking": piece} for piece in _cut(draw, block["thinking"])]
        return {**block, "thinking": "", "signature": ""}, [*pieces, {"type": "signature_delta", "signature": block["signature"]}]
    if block["type"] == "redacted_thinking" or not block["input"]:
        return block, []
    written = json.dumps(block["input"], ensure_ascii=False, separators=(",", ":"))
    return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": piece} for piece in _cut(draw, written)]


@st.composite
def chunks_of(draw: st.DrawFn, completion: dict[str, Any]) -> list[Any]:
    """The chunks in which a provider streams a completion; the pieces of its calls mixed."""
    choice = completion["choices"][0]
    message = choice["message"]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    for member in ("reasoning_content", "content"):
        deltas += [{member: piece} for piece in _cut(draw, message.get(member) or "")]
    waiting = []
    for index, call in enumerate(calls_of(message)):
        function = {"name": call["function"]["name"], "arguments": ""}
        pieces = [{"index": index, "function": {"arguments": piece}} for piece in _cut(draw, call["function"]["arguments"])]
        deltas.append({"tool_calls": [{**call, "index": index, "function": function}]})
        waiting.append(pieces)
    while waiting := [pieces for pieces in waiting if pieces]:
        deltas.append({"tool_calls": [draw(st.sampled_from(waiting)).pop(0)]})
    head = {name: completion[name] for name in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    chunks = [{**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
    return [*chunks, {**head, "choices": [], "usage": completion["usage"]}, "[DONE]"]


@st.composite
def spoilt(draw: st.DrawFn, bodies: st.SearchStrategy[Any]) -> Any:
    """A body in which some values, anywhere, are others or are gone."""
    body = json.loads(json.dumps(draw(bodies)))
    for _ in range(draw(st.integers(1, 3))):
        body = _spoilt_once(draw, body)
    return body


def _spoilt_once(draw: st.DrawFn, body: Any) -> Any:
    holder = body
    while isinstance(holder, (dict, list)) and holder:
        place = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        inner = holder[place]
        if isinstance(inner, (dict, list)) and inner and draw(st.booleans() | st.just(value=True)):
            holder = inner
            continue
        if draw(st.booleans()):
            holder[place] = draw(json_values)
        else:
            del holder[place]
        break
    return body
