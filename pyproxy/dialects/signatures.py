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
- Gemini: parts of thoughts that Anthropic signed, as a translation gave them to its clients. Before Gemini is asked they go in whatever
  session: it never made them.

What a translation made is none of any provider's, and goes in whatever session before one is asked that takes back only its own:

- Messages: thinking has an empty signature, since nobody signed it; a `redacted_thinking` of ours has a seal of ours.
- Responses: items `reasoning` have a seal of ours, or none, and an id of ours: OpenAI opens no other's seals, knows no item by such an
  id, and takes no text of reasoning.

A turn of which nothing is left goes as a whole. No other byte changes: prompt caches go by them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pyproxy.dialects.json_spans import Cut, Span, decode, items, members, replaced, without

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["strip_sealed", "strip_signatures", "strip_translated_items", "strip_unsigned"]

_SEALED = "cHlwcm94eS4u"
"""How a signature of a translation's begins (`pyproxy.dialects.translation.gemini.signatures.seal`)."""
_OWN_SEAL = "pyproxy."
"""How what a translation seals for clients of messages and of responses begins (`pyproxy.dialects.translation.chat.seals.seal`)."""
_OWN_ITEM = re.compile(r"rs_req_[0-9a-f]{32}_[0-9]+")
"""The id of an item of reasoning that a translation made (`pyproxy.dialects.translation.responses_over_chat.echo.item_id`)."""
_SIGNS = (b"thinking", b"signature", b"encrypted", b'"reasoning"', _SEALED.encode())
"""Without any of these there is nothing to take out, and the body need not be parsed."""
_UNSIGNED = re.compile(rb'"signature"[ \t\n\r]*:[ \t\n\r]*""')
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
    try:
        text = body.decode()
        cuts = _of_body(text)
    except (ValueError, RecursionError):
        return None
    return replaced(text, cuts).encode() if cuts else None


def strip_unsigned(body: bytes) -> bytes | None:
    """Return a messages body without the thinking that a translation made, which Anthropic refuses, or None if there is none in it.

    A body that is not JSON is none of ours to mend: None, too.
    """
    if _OWN_SEAL.encode() not in body and _UNSIGNED.search(body) is None:
        return None
    return _without(body, "messages", _is_unsigned_alone, _unsigned_within)


def strip_translated_items(body: bytes) -> bytes | None:
    """Return a responses body without the reasoning that a translation made, which OpenAI refuses, or None if there is none in it.

    A body that is not JSON is none of ours to mend: None, too.
    """
    if _OWN_SEAL.encode() not in body and b"rs_req_" not in body:
        return None
    return _without(body, "input", _is_translated_item)


def strip_sealed(body: bytes) -> bytes | None:
    """Return a body of Gemini's API without the thoughts of another provider's models, or None if there are none in it.

    A body that is not JSON is none of ours to mend: None, too.
    """
    if _SEALED.encode() not in body:
        return None
    return _without(body, "contents", _is_sealed_alone, _sealed_within)


def _without(body: bytes, name: str, goes: Callable[[Any], bool], within: Callable[[str, Span], Cuts] | None = None) -> bytes | None:
    """The body without some items of one of its lists, and without some of what is in the others; None if nothing goes."""
    try:
        text = body.decode()
        whole = decode(text)
        cuts: Cuts = []
        for member in members(text, whole) if isinstance(whole.value, dict) else ():
            if member.key == name and isinstance(member.value, list):
                cuts += _of_list(text, member, goes, within)
    except (ValueError, RecursionError):
        return None
    return replaced(text, cuts).encode() if cuts else None


def _is_sealed(part: Any) -> bool:
    signatures = (part.get("thoughtSignature"), part.get("thought_signature")) if isinstance(part, dict) else ()
    return any(isinstance(signature, str) and signature.startswith(_SEALED) for signature in signatures)


def _is_sealed_alone(content: Any) -> bool:
    parts = content.get("parts") if isinstance(content, dict) else None
    return isinstance(parts, list) and bool(parts) and all(map(_is_sealed, parts))


def _sealed_within(text: str, span: Span) -> Cuts:
    if not isinstance(span.value, dict):
        return []
    lists = [part for part in members(text, span) if part.key == "parts" and isinstance(part.value, list)]
    return [cut for parts in lists for cut in _of_list(text, parts, _is_sealed)]


def _is_unsigned(block: Any) -> bool:
    if not isinstance(block, dict):
        return False
    if block.get("type") == "redacted_thinking":
        return _has_own_seal(block.get("data"))
    return block.get("type") == "thinking" and block.get("signature") == ""


def _is_unsigned_alone(message: Any) -> bool:
    """Whether a turn is nothing but thinking that no provider made."""
    content = message.get("content") if _is_assistants(message) else None
    return isinstance(content, list) and bool(content) and all(map(_is_unsigned, content))


def _unsigned_within(text: str, span: Span) -> Cuts:
    if not _is_assistants(span.value):
        return []
    contents = [part for part in members(text, span) if part.key == "content" and isinstance(part.value, list)]
    return [cut for content in contents for cut in _of_list(text, content, _is_unsigned)]


def _of_body(text: str) -> Cuts:
    whole = decode(text)
    if not isinstance(whole.value, dict):
        return []
    cuts: Cuts = []
    for member in members(text, whole):
        if isinstance(member.value, list):
            if member.key == "messages":
                cuts += _of_list(text, member, _empties, _of_message)
            elif member.key == "input":
                cuts += _of_list(text, member, _is_sealed_item)
            elif member.key == "contents":
                cuts += _of_list(text, member, _is_sealed_alone, _sealed_within)
    return cuts


def _of_list(text: str, span: Span, goes: Callable[[Any], bool], within: Callable[[str, Span], Cuts] | None = None) -> Cuts:
    """Cuts that take out the items that go, and what goes within the others; nothing of a list of which nothing would be left."""
    parts = items(text, span)
    gone = {index for index, part in enumerate(parts) if goes(part.value)}
    if len(gone) == len(parts):
        return []
    cuts = without(parts, gone)
    for index, part in enumerate(parts):
        if within is not None and index not in gone:
            cuts += within(text, part)
    return cuts


def _of_message(text: str, span: Span) -> Cuts:
    if not _is_assistants(span.value):
        return []
    cuts: Cuts = []
    parts = members(text, span)
    gone: set[int] = set()
    for index, part in enumerate(parts):
        if part.key in _BLOCKS and isinstance(part.value, list):
            if not all(map(_is_foreign, part.value)) or not part.value:
                cuts += _of_list(text, part, _is_foreign)
            elif part.key == "content":
                cuts.append(Cut(part.inside, part.end, "null"))  # only beside tool calls: an empty list would be refused
            else:
                gone.add(index)
        elif part.key in _EXTRAS and _has_signature(part.value):
            gone.add(index)
        elif part.key == "tool_calls" and isinstance(part.value, list):
            cuts += _of_list(text, part, lambda _: False, _of_tool_call)
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


def _is_translated_item(item: Any) -> bool:
    if not isinstance(item, dict) or item.get("type") != "reasoning":
        return False
    identifier = item.get("id")
    return _has_own_seal(item.get("encrypted_content")) or (isinstance(identifier, str) and _OWN_ITEM.fullmatch(identifier) is not None)


def _has_own_seal(text: Any) -> bool:
    return isinstance(text, str) and text.startswith(_OWN_SEAL)


def _has_signature(extra: Any) -> bool:
    fields = extra.get("google", extra) if isinstance(extra, dict) else None
    return isinstance(fields, dict) and any(fields.get(name) for name in _SIGNED_FIELDS)
