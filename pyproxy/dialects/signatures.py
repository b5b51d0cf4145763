"""Takes reasoning out of a conversation that only the provider that signed or sealed it would take back.

Clients send a model's reasoning back with the next turn. Where it is signed (Anthropic, Gemini) or sealed (OpenAI, redacted thinking)
another provider answers 400: "Invalid `signature` in `thinking` block", "The encrypted content could not be verified", "Corrupted thought
signature". So it is taken out when a session moves. Plain reasoning stays: it is text that anybody may read, and some require it.

What goes, by where it stands:

- Messages: `thinking` and `redacted_thinking` blocks of an assistant's content. One without a signature goes, too: it is required.
- Chat: the same in `thinking_blocks` (LiteLLM) and in a content of parts; in `reasoning_details` (OpenRouter) what is `encrypted` or has a
  signature; `extra_content` and `provider_specific_fields` that carry Gemini's thought signatures, of a turn or of a tool call; an item
  with a signature in a `reasoning_content` that is a list.
- Responses: items `reasoning` of the `input` that are sealed, or empty but for an id that only their provider knows.
- Gemini: parts of thoughts that Anthropic signed, as a translation gave them to its clients.

What a translation made goes in whatever session (`pyproxy.dialects.translated_reasoning`).

A turn of which nothing is left goes as a whole. No other byte changes: prompt caches go by them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.json_spans import Cut, members, rewritten, sifted, without
from pyproxy.dialects.translated_reasoning import SEALED, translated_in

if TYPE_CHECKING:
    from pyproxy.dialects.json_spans import Span

__all__ = ["strip_signatures"]

_SIGNS = (b"thinking", b"signature", b"encrypted", b'"reasoning"', SEALED.encode())
"""Without any of these there is nothing to take out, and the body need not be parsed."""
_BLOCKS = ("content", "thinking_blocks", "reasoning_details", "reasoning_content")
_EXTRAS = ("extra_content", "provider_specific_fields")
_SIGNED_FIELDS = ("thought_signature", "thought_signatures", "thinking_blocks")

Cuts = list[Cut]


def strip_signatures(body: bytes) -> bytes | None:
    """Return the body without the reasoning that another provider would refuse, or None if there is none in it.

    A body that is not JSON is none of ours to mend: None, too.
    """
    if not any(sign in body for sign in _SIGNS):
        return None
    return rewritten(body, _of_member)


def _of_member(text: str, member: Span) -> Cuts:
    if member.key == "messages":
        return sifted(text, member, _empties, _of_message)
    if member.key == "input":
        return sifted(text, member, _is_sealed_item)
    return translated_in(text, member, "gemini") if member.key == "contents" else []


def _of_message(text: str, span: Span) -> Cuts:
    if not _is_assistants(span.value):
        return []
    cuts: Cuts = []
    parts = members(text, span)
    gone: set[int] = set()
    for index, part in enumerate(parts):
        if part.key in _BLOCKS and isinstance(part.value, list):
            if not all(map(_is_foreign, part.value)) or not part.value:
                cuts += sifted(text, part, _is_foreign)
            elif part.key == "content":
                cuts.append(Cut(part.inside, part.end, "null"))  # only beside tool calls: an empty list would be refused
            else:
                gone.add(index)
        elif part.key in _EXTRAS and _has_signature(part.value):
            gone.add(index)
        elif part.key == "tool_calls" and isinstance(part.value, list):
            cuts += sifted(text, part, lambda _: False, _of_tool_call)
    return cuts + without(parts, gone)


def _of_tool_call(text: str, span: Span) -> Cuts:
    if not isinstance(span.value, dict):
        return []
    parts = members(text, span)
    gone = {index for index, part in enumerate(parts) if part.key in _EXTRAS and _has_signature(part.value)}
    return without(parts, gone) if len(gone) < len(parts) else []


def _is_assistants(message: Any) -> bool:
    return isinstance(message, dict) and message.get("role") == "assistant"


def _empties(message: Any) -> bool:
    """Whether a turn consists of nothing but what goes."""
    if not _is_assistants(message) or message.get("tool_calls"):
        return False
    content = message.get("content")
    return isinstance(content, list) and bool(content) and all(map(_is_foreign, content))


def _is_foreign(block: Any) -> bool:
    """Whether a block of content or of reasoning is of use to its own provider only."""
    if not isinstance(block, dict):
        return False
    kind = block.get("type")
    if kind == "thinking":
        return not isinstance(block.get("thinking"), list)  # a list is Mistral's, and nobody signs it
    if kind in ("redacted_thinking", "reasoning.encrypted"):
        return True
    return kind in ("reasoning.text", "reasoning.summary", "reasoning", None) and bool(block.get("signature"))


def _is_sealed_item(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "reasoning" and bool(item.get("encrypted_content") or not item.get("content"))


def _has_signature(extra: Any) -> bool:
    fields = extra.get("google", extra) if isinstance(extra, dict) else None
    return isinstance(fields, dict) and any(fields.get(name) for name in _SIGNED_FIELDS)
