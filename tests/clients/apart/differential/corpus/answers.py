"""Answers as providers write them, whole and as streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clients.apart.differential.corpus.shared import TOOLS, ids, objects, thinking_blocks, words
from hypothesis import strategies as st
from support.conversations import chunks_of, completions, names

if TYPE_CHECKING:
    from clients.apart.differential.requests import Json

__all__ = ["chat_answers", "chat_chunks", "gemini_answers", "gemini_chunks", "messages_answers"]

_counts = st.integers(0, 10**6)
_blocks = st.one_of(
    thinking_blocks,
    words.map(lambda text: {"type": "text", "text": text}),
    st.builds(lambda id_, name, value: {"type": "tool_use", "id": id_, "name": name, "input": value}, ids, st.sampled_from(TOOLS), objects),
)
messages_answers = st.fixed_dictionaries(
    {
        "id": names,
        "type": st.just("message"),
        "role": st.just("assistant"),
        "model": names,
        "content": st.lists(_blocks, max_size=4),
        "stop_reason": st.sampled_from(["end_turn", "tool_use", "max_tokens", "stop_sequence", "refusal"]),
        "stop_details": st.none(),
        "usage": st.fixed_dictionaries(
            {"input_tokens": _counts, "output_tokens": _counts},
            optional={"cache_read_input_tokens": _counts, "cache_creation_input_tokens": _counts},
        ),
    }
)
_gemini_parts = st.one_of(
    words.map(lambda text: {"text": text}),
    words.map(lambda text: {"text": text, "thought": True}),
    st.builds(
        lambda id_, name, value: {"functionCall": {"name": name, "args": value} | ({} if id_ is None else {"id": id_})},
        st.none() | ids,
        st.sampled_from(TOOLS),
        objects,
    ),
)


@st.composite
def gemini_answers(draw: st.DrawFn) -> Json:
    prompt, candidates, thoughts = draw(_counts), draw(_counts), draw(st.just(0) | _counts)
    usage = {"promptTokenCount": prompt, "candidatesTokenCount": candidates, "totalTokenCount": prompt + candidates + thoughts}
    if thoughts:
        usage["thoughtsTokenCount"] = thoughts
    if draw(st.booleans()):
        usage["cachedContentTokenCount"] = draw(st.integers(0, prompt))
    ends = st.sampled_from(["STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST"])
    return {
        "candidates": [
            {
                "content": {"role": "model", "parts": draw(st.lists(_gemini_parts, min_size=1, max_size=4))},
                "finishReason": draw(ends),
                "index": 0,
            }
        ],
        "usageMetadata": usage,
        "modelVersion": "gemini-2.5-pro",
        "responseId": "r",
    }


@st.composite
def gemini_chunks(draw: st.DrawFn) -> list[Json]:
    """An answer part by part; its end alone or with the last of them."""
    whole = draw(gemini_answers())
    candidate = whole["candidates"][0]
    head = {"modelVersion": whole["modelVersion"], "responseId": whole["responseId"]}
    chunks = [
        {"candidates": [{"content": {"role": "model", "parts": [part]}, "index": 0}], **head} for part in candidate["content"]["parts"]
    ]
    last: Json = {"candidates": [{"finishReason": candidate["finishReason"], "index": 0}], "usageMetadata": whole["usageMetadata"], **head}
    if draw(st.booleans()):
        last["candidates"][0]["content"] = chunks.pop()["candidates"][0]["content"]
    return [*chunks, last]


def _totalled(completion: Json) -> Json:
    """A completion that tells the sum of its tokens, as all providers do."""
    usage = completion["usage"]
    return {**completion, "usage": {**usage, "total_tokens": usage["prompt_tokens"] + usage["completion_tokens"]}}


chat_answers = completions().map(_totalled)


@st.composite
def chat_chunks(draw: st.DrawFn) -> list[Json]:
    """An answer in pieces, those of its calls mixed or one call after the other."""
    *chunks, _ = draw(chat_answers.flatmap(chunks_of))
    pieces = [chunk for chunk in chunks if chunk["choices"] and "tool_calls" in chunk["choices"][0]["delta"]]
    if not pieces or draw(st.booleans()):
        return chunks
    first = chunks.index(pieces[0])
    orderly = sorted(pieces, key=lambda chunk: int(chunk["choices"][0]["delta"]["tool_calls"][0]["index"]))
    return [*chunks[:first], *orderly, *chunks[first + len(pieces) :]]
