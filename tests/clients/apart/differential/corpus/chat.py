"""Chat requests as clients write them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clients.apart.differential.corpus.shared import (
    PICTURES,
    SAMPLING,
    SCHEMAS,
    called_tools,
    declared,
    perhaps,
    thinking_blocks,
    together,
    words,
)
from hypothesis import strategies as st

if TYPE_CHECKING:
    from clients.apart.differential.requests import Json

__all__ = ["chat_requests"]

_chat_texts = words | st.lists(words.map(lambda text: {"type": "text", "text": text}), min_size=1, max_size=2)
_chat_pictures = PICTURES.map(lambda url: {"type": "image_url", "image_url": {"url": url}})
_chat_parts = st.lists(words.map(lambda text: {"type": "text", "text": text}) | _chat_pictures, min_size=1, max_size=3)


@st.composite
def _chat_messages(draw: st.DrawFn, *, thinking: bool) -> list[Json]:
    messages: list[Json] = [
        {"role": role, "content": draw(_chat_texts)} for role in draw(st.lists(st.sampled_from(["system", "developer"]), max_size=2))
    ]
    # Chats may begin with anybody and end with anybody.
    if draw(st.integers(0, 9)):
        messages.append({"role": "user", "content": draw(_chat_texts | _chat_parts)})
    for number in range(draw(st.integers(0 if messages and messages[-1]["role"] == "user" else 1, 2))):
        calls = draw(_chat_calls(number))
        answer: Json = {"role": "assistant", "content": draw(_chat_texts | st.none() if calls else _chat_texts)}
        if thinking and (blocks := draw(st.lists(thinking_blocks, max_size=2))):
            answer["thinking_blocks"] = blocks
        if calls:
            answer["tool_calls"] = calls
        results = [{"role": "tool", "tool_call_id": call["id"], "content": draw(_chat_texts)} for call in draw(st.permutations(calls))]
        messages += [answer, *results]
        if not calls or draw(st.booleans()):
            said = [{"role": "user", "content": draw(_chat_texts | _chat_parts)} for _ in range(draw(st.sampled_from([1, 1, 1, 2])))]
            messages += said
        if not draw(st.integers(0, 4)):
            messages.append({"role": "system", "content": draw(words)})
    if not draw(st.integers(0, 9)):
        messages.append({"role": "assistant", "content": draw(words)})
    return messages


@st.composite
def _chat_calls(draw: st.DrawFn, number: int) -> list[Json]:
    """Calls at once, with whatever models write where a tool takes no arguments, and at times the same twice."""
    called = draw(called_tools)
    if called and not draw(st.integers(0, 4)):
        called.append(("call_again", *called[0][1:]))
    return [
        {
            "id": f"{id_}_{number}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(value) if value else draw(_nothing)},
        }
        for id_, name, value in called
    ]


_nothing = st.sampled_from(["{}", ""])
_chat_formats = st.one_of(
    st.sampled_from([{"type": "text"}, {"type": "json_object"}]),
    SCHEMAS.map(lambda schema: {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}),
)
_chat_choices = st.sampled_from(["auto", "none", "required", {"type": "function", "function": {"name": "look"}}])
_stops = words | st.lists(words, min_size=1, max_size=2)


def _chat_tool(name: str, description: str | None, schema: Any) -> Json:
    described = {"description": description, "parameters": schema}
    return {"type": "function", "function": {"name": name, **{key: value for key, value in described.items() if value is not None}}}


def chat_requests(models: list[str], *, thinking: bool, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return together(
        st.fixed_dictionaries(
            {"model": st.sampled_from(models), "messages": _chat_messages(thinking=thinking)},
            optional={
                "reasoning_effort": st.sampled_from(["none", "minimal", "low", "medium", "high"]),
                "stop": _stops,
                "response_format": _chat_formats,
                **SAMPLING,
                **more,
            },
        ),
        perhaps(
            st.fixed_dictionaries(
                {"tools": declared(_chat_tool)}, optional={"tool_choice": _chat_choices, "parallel_tool_calls": st.booleans()}
            )
        ),
        perhaps(
            st.dictionaries(st.sampled_from(["max_tokens", "max_completion_tokens"]), st.integers(1_500, 9_000), min_size=1, max_size=1)
        ),
    )
