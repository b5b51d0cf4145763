"""A chat completion as a whole message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.arguments import read_arguments
from pyproxy.dialects.translation.losses import Losses
from pyproxy.dialects.translation.messages_over_chat.answer import (
    made_id,
    message_head,
    read_content,
    read_reasoning,
    read_thinking_blocks,
    sealed_signature,
)
from pyproxy.dialects.translation.messages_over_chat.usage import message_usage, stop_reason, stop_sequence
from pyproxy.dialects.translation.reading import read_list, read_object, read_text
from pyproxy.dialects.translation.tool_ids import safe_id
from pyproxy.dialects.translation.translator import Translated

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["translate_response"]


def translate_response(body: Json, call: Call) -> Translated:
    """Return a message for a chat completion.

    Raises:
        ValueError: it is none.
    """
    choices = read_list(body.get("choices"), "choices")
    if not choices:
        raise ValueError("the provider's answer has no choice")
    choice = read_object(choices[0], "choices[0]")
    message = read_object(choice.get("message"), "choices[0].message")
    losses = Losses()
    refusal = message.get("refusal")
    refused = refusal if isinstance(refusal, str) else ""
    text = read_content(message) + refused
    calls = _tool_uses(message, call, losses)
    content = [*_thinking(message, call), *([{"type": "text", "text": text}] if text else []), *calls]
    for name in ("annotations", "audio"):
        if message.get(name):
            losses.add(f"choices[].message.{name}")
    answer = message_head(body, call, content, message_usage(body.get("usage"), body.get("service_tier")))
    reason = stop_reason(choice.get("finish_reason"), calls=bool(calls), refuses=bool(refused))
    sequence = stop_sequence(choice) if reason == "end_turn" else None
    answer |= {"stop_reason": reason if sequence is None else "stop_sequence", "stop_sequence": sequence}
    return Translated(answer, losses.names)


def _thinking(message: Json, call: Call) -> list[Json]:
    """Thinking as signed blocks where there are such; else as one without a signature, which the provider takes back as it came."""
    blocks = read_thinking_blocks(message, call)
    for block in blocks:
        if block["type"] == "thinking":
            read_text(block["thinking"], "thinking_blocks[].thinking")
    reasoning = read_reasoning(message)
    if reasoning and not any(block["type"] == "thinking" for block in blocks):
        blocks.insert(0, {"type": "thinking", "thinking": reasoning, "signature": ""})
    return blocks


def _tool_uses(message: Json, call: Call, losses: Losses) -> list[Json]:
    """The calls, each behind the seal of what was signed with it."""
    calls = message.get("tool_calls")
    blocks: list[Json] = []
    for number, item in enumerate(read_list([] if calls is None else calls, "tool_calls")):
        use = _tool_use(item, number, call, losses)
        sealed = sealed_signature(item, use["id"], call, losses)
        blocks += [use] if sealed is None else [sealed, use]
    return blocks


def _tool_use(item: Any, number: int, call: Call, losses: Losses) -> Json:
    called = read_object(item, "tool_calls[]")
    function = read_object(called.get("function"), "tool_calls[].function")
    identifier = called.get("id")
    arguments = read_arguments(function.get("arguments"))
    if not arguments.exact:
        losses.add("choices[].message.tool_calls[].function.arguments")
    return {
        "type": "tool_use",
        "id": safe_id(identifier if isinstance(identifier, str) and identifier else made_id(call, number)),
        "name": read_text(function.get("name"), "tool_calls[].function.name"),
        "input": arguments.value,
    }
