"""Answers, whole and as streams."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from clients.apart.differential.comparison import rule

if TYPE_CHECKING:
    from clients.apart.differential.requests import Json, Meaning

CUT: Final = frozenset({"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST"})
COUNTED: Final = {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3}


def message(*content: Json) -> Json:
    """An answer of Claude's."""
    usage = {"input_tokens": 1, "output_tokens": 2}
    return {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "c",
        "content": list(content),
        "stop_reason": "end_turn",
        "usage": usage,
    }


def events(whole: Json) -> list[Json]:
    """A stream of Claude's, of thoughts."""
    told: list[Json] = [{"type": "message_start", "message": {**whole, "content": [], "stop_reason": None}}]
    for index, block in enumerate(whole["content"]):
        deltas = ({"type": "thinking_delta", "thinking": block["thinking"]}, {"type": "signature_delta", "signature": block["signature"]})
        told.append({"type": "content_block_start", "index": index, "content_block": {"type": "thinking", "thinking": "", "signature": ""}})
        told += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        told.append({"type": "content_block_stop", "index": index})
    ending = {"type": "message_delta", "delta": {"stop_reason": whole["stop_reason"]}, "usage": {"output_tokens": 2}}
    return [*told, ending, {"type": "message_stop"}]


def candidate(*parts: Json, reason: str = "STOP", **usage: int) -> Json:
    """An answer of Gemini's."""
    answer = {"content": {"role": "model", "parts": list(parts)}, "finishReason": reason, "index": 0}
    return {"candidates": [answer], "usageMetadata": COUNTED | usage, "modelVersion": "g", "responseId": "r"}


def completion(reason: str = "stop", **members: Any) -> Json:
    """An answer of OpenAI's."""
    choice = {"index": 0, "message": {"role": "assistant", "content": None, **members}, "finish_reason": reason}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "prompt_tokens_details": {"cached_tokens": 1}}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "g", "choices": [choice], "usage": usage}


def chunks(*deltas: Json, reason: str = "stop") -> list[Json]:
    """A stream of OpenAI's."""
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "g"}
    told = [
        {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        for delta in ({"role": "assistant", "content": ""}, *deltas)
    ]
    return [*told, {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}]


def call(identifier: str, **members: Any) -> Json:
    """A call in an answer of OpenAI's."""
    return {"id": identifier, "type": "function", "function": {"name": "look", "arguments": "{}"}, **members}


THOUGHT: Final = {"type": "thinking", "thinking": "hm, let me see", "signature": "s"}
CALL: Final = {"functionCall": {"name": "look", "args": {}}}
FIRST, SECOND = call("c1", index=0), call("c2", index=1)
OPEN: Final = [{**each, "function": {"name": "look", "arguments": ""}} for each in (FIRST, SECOND)]
MIXED: Final = [{"index": index, "function": {"arguments": piece}} for piece in ('{"city":', ' "Rome"}') for index in (0, 1)]


@rule("ours", message_as_chat=message(THOUGHT), message_events_as_chat=events(message(THOUGHT)))
def thoughts_that_nobody_counted(_body: Any, theirs: Meaning) -> None:
    """litellm counts the tokens of thoughts itself where Anthropic does not tell them; what is told of usage should be what the provider
    says.
    """
    theirs["usage"]["thoughts"] = 0


@rule("ours", message_events_as_chat=events(message(THOUGHT)))
def signed_thoughts_in_pieces(_body: list[Json], theirs: Meaning) -> None:
    """Claude wants its thoughts back in whole blocks. litellm gives each piece as a block, and the signature in one of its own."""
    blocks: list[Json] = []
    text = ""
    for block in theirs["signed"]:
        if block["type"] != "thinking":
            blocks.append(block)
            continue
        text += block["thinking"]
        if block.get("signature"):
            blocks.append({"type": "thinking", "thinking": text, "signature": block["signature"]})
            text = ""
    theirs["signed"] = blocks


@rule("both", gemini_as_chat=candidate({"text": "hm", "thought": True}))
def thoughts_without_a_signature(_body: Any, theirs: Meaning) -> None:
    """litellm tells Gemini's thoughts as blocks of Claude's too, which without signatures no Claude would take; ours as
    `reasoning_content`.
    """
    theirs["signed"] = []


@rule("both", gemini_as_chat=candidate(CALL), gemini_chunks_as_chat=[candidate(CALL)], levels=True)
def ids_that_gemini_left_out(body: Any, meaning: Meaning) -> None:
    """Both make up an id where Gemini gives none: litellm by chance, ours the same at each time."""
    given = set(re.findall(r"'id': '(call_\d+)'", str(body)))
    for called in meaning["calls"]:
        called[0] = called[0] if called[0] in given else "made up"


@rule("ours", gemini_as_chat=candidate({"text": "Once upon"}, reason="RECITATION"))
def what_was_said_before_the_cut(body: Json, theirs: Meaning) -> None:
    """An answer that a filter cut short holds what was said before, and its thoughts cost tokens; litellm leaves out both, and what was
    cached.
    """
    if body["candidates"][0]["finishReason"] in CUT - {"LANGUAGE"} and not (theirs["said"] or theirs["calls"]):
        parts, usage = body["candidates"][0]["content"]["parts"], body["usageMetadata"]
        theirs["said"] = "".join(part["text"] for part in parts if "text" in part and not part.get("thought"))
        theirs["thoughts"] = "".join(part["text"] for part in parts if part.get("thought"))
        called = [part["functionCall"] for part in parts if "functionCall" in part]
        theirs["calls"] = [[each.get("id") or "made up", each["name"], each["args"]] for each in called]
        theirs["usage"]["cached"] = usage.get("cachedContentTokenCount", 0)
        theirs["usage"]["thoughts"] = usage.get("thoughtsTokenCount", 0)
        theirs["usage"]["completion"] = usage["candidatesTokenCount"] + theirs["usage"]["thoughts"]


@rule("ours", gemini_as_chat=candidate(CALL, reason="MAX_TOKENS"), gemini_chunks_as_chat=[candidate(CALL, reason="MAX_TOKENS")])
def cut_after_a_call(body: Any, theirs: Meaning) -> None:
    """An answer that was cut off after a call has not ended with it: litellm says `tool_calls`, ours why it was cut."""
    if theirs["end"] == "tool_calls":
        whole = body if isinstance(body, dict) else body[-1]
        reason = whole["candidates"][0]["finishReason"]
        theirs["end"] = "length" if reason == "MAX_TOKENS" else "content_filter" if reason in CUT else "tool_calls"


@rule(
    "ours", chat_as_message=completion("tool_calls", content="yes"), chat_chunks_as_message=chunks({"content": "yes"}, reason="tool_calls")
)
def calls_without_a_call(_body: Any, theirs: Meaning) -> None:
    """Some servers say `tool_calls` where nothing is called, or `stop` where something is. Agents go by the reason; ours goes by what is
    there.
    """
    if theirs["end"] in ("tool_use", "end_turn"):
        theirs["end"] = "tool_use" if theirs["calls"] else "end_turn"


@rule(
    "ours",
    chat_as_message=completion("tool_calls", tool_calls=[call("a.b"), call("a_b")]),
    chat_chunks_as_message=chunks({"tool_calls": [call("a.b", index=0)]}, reason="tool_calls"),
    levels=True,
)
def ids_that_claude_would_refuse(_body: Any, meaning: Meaning) -> None:
    """Anthropic's ids hold letters, digits, `_` and `-`. litellm makes `_` of the others, and two may become one; ours adds a digest."""
    for called in meaning["calls"]:
        called[0] = re.sub(r"_[0-9a-f]{12}$", "", called[0])


@rule("ours", chat_chunks_as_message=chunks())
def blocks_without_a_word(_body: list[Json], theirs: Meaning) -> None:
    """litellm begins a block of text where a stream begins, and wherever a piece is empty; Claude refuses empty texts that come back to
    it.
    """
    theirs["blanks"] = False


@rule("ours", chat_chunks_as_message=chunks(*({"tool_calls": [piece]} for piece in (*OPEN, *MIXED))))
def calls_whose_pieces_are_mixed(body: list[Json], theirs: Meaning) -> None:
    """Chat may mix the pieces of parallel calls; litellm adds each to the call that began last, so that calls get another's arguments."""
    pieces = [piece for chunk in body for choice in chunk["choices"] for piece in choice["delta"].get("tool_calls") or ()]
    arguments: dict[int, str] = {}
    mixed = False
    for piece in pieces:
        written = piece["function"]["arguments"]
        mixed = mixed or (bool(written) and piece["index"] < max(arguments, default=0))
        arguments[piece["index"]] = arguments.get(piece["index"], "") + written
    if mixed:
        for called, written in zip(theirs["calls"], arguments.values(), strict=True):
            called[2] = json.loads(written)


@rule("ours", chat_as_gemini=completion("tool_calls", tool_calls=[call("c1")]))
def ids_for_gemini(body: Json, theirs: Meaning) -> None:
    """Gemini's calls have ids by now, and clients answer by them where they are given; litellm leaves them out."""
    for told, given in zip(theirs["calls"], body["choices"][0]["message"].get("tool_calls") or (), strict=True):
        told[0] = given["id"]


@rule("ours", chat_as_gemini=completion(content="yes", reasoning_content="hm"))
def thoughts_for_gemini(body: Json, theirs: Meaning) -> None:
    """What a provider tells of its model's thoughts is a part with `thought` in Gemini; litellm leaves it out."""
    theirs["thoughts"] = body["choices"][0]["message"].get("reasoning_content") or ""


@rule("ours", chat_as_gemini=completion(content="yes"))
def cached_tokens_for_gemini(body: Json, theirs: Meaning) -> None:
    """Tokens from the cache are `cachedContentTokenCount` in Gemini; litellm leaves them out."""
    theirs["usage"]["cached"] = (body["usage"].get("prompt_tokens_details") or {}).get("cached_tokens", 0)
