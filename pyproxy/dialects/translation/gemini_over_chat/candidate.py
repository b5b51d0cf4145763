"""A choice of the chat API as a candidate of Gemini's: read piece by piece, whether it comes whole or as a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.arguments import read_arguments
from pyproxy.dialects.translation.gemini.call_ids import made_id
from pyproxy.dialects.translation.gemini.signatures import UNSIGNED, carried, seal, signature_of

if TYPE_CHECKING:
    from pyproxy.dialects.translation.fields import Fields
    from pyproxy.dialects.translation.translator import Json

__all__ = ["Candidate", "usage_of"]

_FINISHES = {
    "stop": "STOP",
    "tool_calls": "STOP",
    "function_call": "STOP",
    "length": "MAX_TOKENS",
    "content_filter": "SAFETY",
}
_REASONINGS = ("reasoning_content", "reasoning")


class Candidate:
    """One candidate, as far as it has come. Gemini gives calls of tools whole, so they are kept until all is there."""

    def __init__(self, index: int, scope: str) -> None:
        self.index = index
        self.finished = False
        self._scope = scope
        self._reason = "STOP"
        self._calls: dict[Any, Json] = {}
        self._signature: str | None = None

    def read(self, message: Fields, *, whole: bool = False) -> list[Json]:
        """Take a delta, or a whole message, keep its calls, and return its texts as parts."""
        parts: list[Json] = []
        thought = next((text for text in map(message.get, _REASONINGS) if isinstance(text, str) and text), None)
        if thought is not None:
            parts.append({"text": thought, "thought": True})
        if signed := _signed_thoughts(message):
            # They come when the thought has been told, in a stream after it.
            parts = parts or [{"text": "", "thought": True}]
            parts[-1]["thoughtSignature"] = seal(signed)
        parts += [{"text": text} for text in (*_texts(message), message.text("refusal")) if text]
        signature = signature_of({"extra_content": message.get("extra_content")})
        if signature is not None:
            self._signature = carried(signature)
            if self._signature is None:
                message.lose("extra_content")
        for position, call in enumerate(message.objects("tool_calls")):
            self._take(call, position if whole else None)
        former = message.object("function_call")
        if former is not None:
            self._add("function_call", former)
        message.get("role")
        message.done()
        return parts

    def end(self, reason: str | None) -> None:
        """Tell why it ended, in the words of the chat API."""
        self.finished = True
        self._reason = "STOP" if reason is None else _FINISHES.get(reason, "OTHER")

    @property
    def finish_reason(self) -> str:
        """Why it ended, in Gemini's words."""
        return self._reason

    def closing(self, last: Json | None = None) -> list[Json]:
        """Return what there is left to tell: the signature, unless it goes onto the last text, and the calls."""
        parts: list[Json] = []
        if self._signature is not None:
            if last is None:
                last = {"text": ""}
                parts.append(last)
            last["thoughtSignature"] = self._signature
        told = [self._part(call, position) for position, call in enumerate(self._calls.values())]
        calls = [part for part in told if part is not None]
        if calls:
            # A conversation may go on at a Gemini, which refuses a turn whose first call comes back without any.
            calls[0].setdefault("thoughtSignature", UNSIGNED)
        return [*parts, *calls]

    def _take(self, call: Fields, position: int | None) -> None:
        identifier = call.text("id")
        key: Any = call.count("index") if position is None else position
        if key is None:
            # Some leave it out. What has an id of its own is another call, what has none goes on with the last.
            key = identifier or next(reversed(self._calls), 0)
        known = self._calls.get(key, {}).get("id")
        if identifier and known and identifier != known:
            key = identifier  # some give all of them the same
        kept = self._add(key, call.object("function"))
        kept["id"] = kept["id"] or identifier
        signature = signature_of({"extra_content": call.get("extra_content")})
        if signature is not None:
            kept["signature"] = carried(signature)

    def _add(self, key: Any, function: Fields | None) -> Json:
        kept = self._calls.setdefault(key, {"id": None, "name": "", "arguments": [], "signature": None})
        if function is not None:
            kept["name"] = kept["name"] or function.text("name") or ""
            arguments = function.get("arguments")
            if arguments is not None:
                kept["arguments"].append(arguments)
        return kept

    def _part(self, call: Json, position: int) -> Json | None:
        if not call["name"]:
            raise ValueError("The provider's answer calls a tool without a name.")
        pieces = call["arguments"]
        whole = all(isinstance(piece, str) for piece in pieces)
        arguments = read_arguments("".join(pieces) if whole else pieces[-1])
        if not arguments.exact and self._reason == "MAX_TOKENS":
            return None  # cut off in the middle; Gemini tells of no such call either
        identifier = call["id"] or made_id(self._scope, self.index, position)
        part: Json = {"functionCall": {"id": identifier, "name": call["name"], "args": arguments.value}}
        if call["signature"]:
            part["thoughtSignature"] = call["signature"]
        return part


def _signed_thoughts(message: Fields) -> list[Json]:
    """The blocks of thinking that their provider wants back as they are."""
    given = message.get("thinking_blocks")
    blocks = [block for block in given if isinstance(block, dict)] if isinstance(given, list) else []
    return [block for block in blocks if block.get("signature") or block.get("data")]


def _texts(message: Fields) -> list[str]:
    """The texts of a content, which some providers give in parts."""
    content = message.get("content")
    if content is None or isinstance(content, str):
        return [content or ""]
    texts = []
    for part in message.objects("content"):
        part.get("type")
        texts.append(part.text("text") or "")
        part.done()
    return texts


def usage_of(body: Fields) -> Json | None:
    """Return what was used, as Gemini counts it: thoughts apart from candidates."""
    told = body.object("usage")
    if told is None:
        return None
    prompt, completion = max(0, told.count("prompt_tokens") or 0), max(0, told.count("completion_tokens") or 0)
    thoughts = _detail(told, "completion_tokens_details", "reasoning_tokens")
    cached = _detail(told, "prompt_tokens_details", "cached_tokens")
    total = told.count("total_tokens") or 0
    # Most count thoughts as part of the completion, some beside it: the total tells.
    candidates = completion if thoughts and total == prompt + completion + thoughts else max(0, completion - thoughts)
    usage = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": candidates,
        "totalTokenCount": prompt + candidates + thoughts,
    }
    if thoughts:
        usage["thoughtsTokenCount"] = thoughts
    if cached:
        usage["cachedContentTokenCount"] = cached
    return usage


def _detail(told: Fields, group: str, name: str) -> int:
    details = told.object(group)
    return max(0, (details.count(name) if details is not None else 0) or 0)
