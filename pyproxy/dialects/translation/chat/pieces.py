"""Reads the pieces of chat completions, in the ways in which compatible providers write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyproxy.dialects.translation.translator import Json

__all__ = [
    "annotations_of",
    "choice_of",
    "chunk_of",
    "list_of",
    "logprobs_of",
    "object_of",
    "reasoning_of",
    "said",
    "signed_thoughts_of",
    "text_of",
]

# The second is what Groq, OpenRouter and newer servers call it.
_REASONING = ("reasoning_content", "reasoning")


def chunk_of(completion: Any) -> Json:
    """Return a plain answer as the only chunk of a stream.

    Raises:
        ValueError: it is no chat completion.
    """
    choice = choice_of(completion)
    if choice is None:
        raise ValueError("it has no choice")
    message = object_of(choice.get("message"), "a message")
    calls = [
        {**object_of(call, "a tool call"), "index": index}
        for index, call in enumerate(list_of(message.get("tool_calls"), "the tool calls"))
    ]
    return {**completion, "choices": [{**choice, "delta": {**message, "tool_calls": calls}}]}


def choice_of(body: Any) -> Json | None:
    """Return the first choice, for one alone is asked for; None where a chunk has none.

    Raises:
        ValueError: it is neither a chat completion nor a chunk of one.
    """
    if not isinstance(body, dict) or "choices" not in body:
        raise ValueError("it has no choices")
    # A chunk that tells nothing but the usage has an empty list, or null.
    choices = [object_of(choice, "a choice") for choice in list_of(body["choices"], "the choices")]
    return next((choice for choice in choices if not choice.get("index")), None)


def reasoning_of(delta: Json) -> str:
    """What the model thinks."""
    return next((text for name in _REASONING if isinstance(text := delta.get(name), str) and text), "")


def signed_thoughts_of(delta: Json) -> list[Json]:
    """What a provider signed of that: blocks of texts."""
    blocks = delta.get("thinking_blocks")
    given = [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    return [{name: text for name, text in block.items() if isinstance(text, str)} for block in given]


def said(content: Any) -> Iterator[tuple[bool, str]]:
    """What the model says, and whether it only thinks it: Mistral sends parts, of which some are thoughts."""
    if not isinstance(content, list):
        yield False, text_of(content, "the content")
        return
    for entry in content:
        part = object_of(entry, "a part of the content")
        if part.get("type") == "thinking":
            thoughts = part.get("thinking")
            inner = thoughts if isinstance(thoughts, list) else [{"text": thoughts}]
            yield True, "".join(text_of(object_of(thought, "a thought").get("text"), "a thought") for thought in inner)
        else:
            yield False, text_of(part.get("text"), "a text")


def text_of(value: Any, what: str) -> str:
    """A text, or an empty one where there is none."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{what} is no text")  # noqa: TRY004
    return value


def logprobs_of(choice: Json) -> list[Any]:
    """The logarithms of the probabilities of a text's tokens, if they were asked for."""
    logprobs = choice.get("logprobs")
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    return [_logprob(entry) for entry in content if isinstance(entry, dict)] if isinstance(content, list) else []


def annotations_of(delta: Json) -> list[Json]:
    """The sources of a text, as the responses API writes them."""
    annotations = []
    for entry in list_of(delta.get("annotations"), "the annotations"):
        citation = entry.get("url_citation") if isinstance(entry, dict) else None
        if isinstance(citation, dict):
            members = {"start_index": 0, "end_index": 0, "title": "", "url": "", **citation}
            annotations.append({"type": "url_citation", **members})
    return annotations


def _logprob(entry: Json) -> Json:
    """The responses API has the bytes of every token, and the list of others even where it is empty."""
    top = entry.get("top_logprobs")
    others = [{**other, "bytes": other.get("bytes") or []} for other in top if isinstance(other, dict)] if isinstance(top, list) else []
    return {**entry, "bytes": entry.get("bytes") or [], "top_logprobs": others}


def object_of(value: Any, what: str) -> Json:
    """An object."""
    if not isinstance(value, dict):
        raise ValueError(f"{what} is not an object")  # noqa: TRY004
    return value


def list_of(value: Any, what: str) -> list[Any]:
    """A list, or an empty one where there is none."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{what} are not a list")  # noqa: TRY004
    return value
