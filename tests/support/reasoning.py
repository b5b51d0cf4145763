"""Reasoning as clients send it back, and conversations with it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

THINKING = {"type": "thinking", "thinking": "hm", "signature": "EqoB"}
UNSIGNED = {"type": "thinking", "thinking": "hm", "signature": ""}
REDACTED = {"type": "redacted_thinking", "data": "EmwK"}
TEXT = {"type": "text", "text": 'a [thinking] "signature" , } ]'}
TOOL_USE = {"type": "tool_use", "id": "t", "name": "f", "input": {"signature": "an argument", "type": "thinking"}}
SIGNED_DETAIL = {"type": "reasoning.text", "text": "hm", "signature": "EqoB", "format": "anthropic-claude-v1", "index": 0}
SEALED_DETAIL = {"type": "reasoning.encrypted", "data": "gAAA", "format": "openai-responses-v1", "id": "rs_1"}
PLAIN_DETAIL = {"type": "reasoning.text", "text": "hm", "signature": None}
SUMMARY = {"type": "reasoning.summary", "summary": "it thought"}
MISTRAL = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": True}
SIGNED_CALL = {
    "id": "c",
    "type": "function",
    "function": {"name": "f", "arguments": "{}"},
    "extra_content": {"google": {"thought_signature": "CsA"}},
}
CALL = {key: value for key, value in SIGNED_CALL.items() if key != "extra_content"}
ASKED = {"role": "user", "content": "go on"}


def told(*turns: dict[str, Any], key: str = "messages", **more: Any) -> bytes:
    return json.dumps({"model": "m", **more, key: [*turns, ASKED]}).encode()


def turn(**members: Any) -> dict[str, Any]:
    return {"role": "assistant", **members}


BLOCKS = st.sampled_from(
    [THINKING, REDACTED, TEXT, TOOL_USE, MISTRAL, SIGNED_DETAIL, SEALED_DETAIL, PLAIN_DETAIL, SUMMARY, "text", 1, None]
)
LISTS = st.lists(BLOCKS, max_size=5)
CALLS = st.lists(st.sampled_from([CALL, SIGNED_CALL]), max_size=2)
TURNS = st.fixed_dictionaries(
    {"role": st.sampled_from(["assistant", "user"])},
    optional={
        "content": LISTS | st.text(max_size=3) | st.none(),
        "thinking_blocks": LISTS,
        "reasoning_details": LISTS,
        "reasoning_content": st.text(max_size=3) | LISTS,
        "tool_calls": CALLS,
        "name": st.text(max_size=3),
    },
)
