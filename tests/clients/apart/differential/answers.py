"""What an answer means, whatever its API: what was thought, said and called, why it ended, and what it cost."""

from __future__ import annotations

from typing import Any

from clients.apart.differential.requests import Json, Meaning, read_json

from pyproxy.dialects.translation.chat.seals import unseal

__all__ = ["chat_of_chunks", "message_of_events", "of_candidate", "of_completion", "of_message"]


def of_completion(body: Json) -> Meaning:
    """The meaning of a chat completion."""
    choice = body["choices"][0]
    message = choice["message"]
    usage = body.get("usage") or {}
    prompt, completion = usage.get("prompt_tokens_details") or {}, usage.get("completion_tokens_details") or {}
    return {
        "thoughts": message.get("reasoning_content") or "",
        "signed": list(message.get("thinking_blocks") or ()),
        "said": (message.get("content") or "") + (message.get("refusal") or ""),
        "calls": [_call(call["id"], call["function"]["name"], call["function"]["arguments"]) for call in message.get("tool_calls") or ()],
        "end": choice["finish_reason"],
        "usage": {
            "prompt": usage.get("prompt_tokens") or 0,
            "completion": usage.get("completion_tokens") or 0,
            "total": usage.get("total_tokens") or 0,
            "cached": prompt.get("cached_tokens") or 0,
            "written": prompt.get("cache_write_tokens") or 0,
            "thoughts": completion.get("reasoning_tokens") or 0,
        },
    }


def of_message(body: Json) -> Meaning:
    """The meaning of a message."""
    usage = body["usage"]
    content = body["content"]
    return {
        "order": _order([block["type"] for block in content if not _is_blank(block)]),
        "blanks": any(_is_blank(block) for block in content),
        "thoughts": "".join(block.get("thinking", "") for block in content),
        "signed": [_opened(block) for block in content if block.get("signature") or block.get("data")],
        "said": "".join(block["text"] for block in content if block["type"] == "text"),
        "calls": [_call(block["id"], block["name"], block["input"]) for block in content if block["type"] == "tool_use"],
        "end": body["stop_reason"],
        "usage": {
            "prompt": usage.get("input_tokens") or 0,
            "completion": usage.get("output_tokens") or 0,
            "cached": usage.get("cache_read_input_tokens") or 0,
            "written": usage.get("cache_creation_input_tokens") or 0,
        },
    }


def of_candidate(body: Json) -> Meaning:
    """The meaning of a Gemini answer."""
    candidate = body["candidates"][0]
    parts = candidate["content"]["parts"]
    usage = body.get("usageMetadata") or {}
    called = [part["functionCall"] for part in parts if "functionCall" in part]
    return {
        "thoughts": "".join(part["text"] for part in parts if part.get("thought")),
        "said": "".join(part["text"] for part in parts if "text" in part and not part.get("thought")),
        "calls": [_call(call.get("id"), call["name"], call["args"]) for call in called],
        "end": candidate["finishReason"],
        "usage": {
            "prompt": usage.get("promptTokenCount", 0),
            "completion": usage.get("candidatesTokenCount", 0),
            "total": usage.get("totalTokenCount", 0),
            "cached": usage.get("cachedContentTokenCount", 0),
            "thoughts": usage.get("thoughtsTokenCount", 0),
        },
    }


def chat_of_chunks(chunks: list[Any]) -> Json:
    """The completion that a lenient client makes of a stream: the last reason that it is told, and the last usage."""
    message: Json = {"content": "", "refusal": "", "reasoning_content": "", "thinking_blocks": []}
    calls: dict[int, Json] = {}
    reason: str | None = None
    usage: Json = {}
    for chunk in chunks:
        usage = chunk.get("usage") or usage
        for choice in chunk["choices"]:
            reason = choice.get("finish_reason") or reason
            delta = choice["delta"]
            for name in ("content", "refusal", "reasoning_content"):
                message[name] += delta.get(name) or ""
            message["thinking_blocks"] += delta.get("thinking_blocks") or ()
            for piece in delta.get("tool_calls") or ():
                call = calls.setdefault(piece["index"], {"id": None, "function": {"name": None, "arguments": ""}})
                call["id"] = call["id"] or piece.get("id")
                call["function"]["name"] = call["function"]["name"] or piece["function"].get("name")
                call["function"]["arguments"] += piece["function"].get("arguments") or ""
    return {"choices": [{"message": {**message, "tool_calls": list(calls.values())}, "finish_reason": reason}], "usage": usage}


def message_of_events(events: list[Json]) -> Json:
    """The message that a lenient client makes of a stream."""
    message: Json = {}
    blocks: dict[int, Json] = {}
    pieces: dict[int, str] = {}
    for event in events:
        kind = event["type"]
        if kind == "message_start":
            message = dict(event["message"])
        elif kind == "content_block_start":
            blocks[event["index"]] = dict(event["content_block"])
        elif kind == "content_block_delta":
            delta = event["delta"]
            for name in ("text", "thinking", "signature"):
                if name in delta:
                    blocks[event["index"]][name] = blocks[event["index"]].get(name, "") + delta[name]
            pieces[event["index"]] = pieces.get(event["index"], "") + delta.get("partial_json", "")
        elif kind == "message_delta":
            message |= event["delta"]
            message["usage"] = message["usage"] | event["usage"]
    for index, block in blocks.items():
        if block["type"] == "tool_use" and pieces.get(index, "").strip():
            block["input"] = read_json(pieces[index])
    return {**message, "content": list(blocks.values())}


def _opened(block: Json) -> Json:
    """A block with what its provider signed, which ours seals with who that was."""
    sealed = unseal(block.get("signature") or block.get("data"))
    return block if sealed is None else {**block, **sealed.blocks[0]}


def _is_blank(block: Json) -> bool:
    return any(block.get(name) == "" for name in ("text", "thinking"))


def _order(kinds: list[str]) -> list[str]:
    """The kinds of blocks; a text in two of them is the same text."""
    return [kind for place, kind in enumerate(kinds) if kind not in ("text", "thinking") or place == 0 or kinds[place - 1] != kind]


def _call(identifier: Any, name: str, arguments: Any) -> list[Any]:
    return [identifier, name, read_json(arguments)]
