"""What the message of a choice holds, and a piece of it in a stream: the members that providers of chat give their texts in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.chat.pieces import reasoning_of, said
from pyproxy.dialects.translation.chat.seals import call_signature, seal
from pyproxy.dialects.translation.gemini.signatures import signature_of
from pyproxy.dialects.translation.reading import read_text

if TYPE_CHECKING:
    from pyproxy.dialects.translation.losses import Losses
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["made_id", "message_head", "read_content", "read_reasoning", "read_thinking_blocks", "sealed_signature"]


def read_content(message: Json) -> str:
    """Return the text of a message.

    Raises:
        ValueError: it is neither text nor parts.
    """
    return "".join(text for is_thought, text in said(message.get("content")) if not is_thought)


def read_reasoning(message: Json) -> str:
    """Return what a provider tells of its model's thinking; nothing where it is not told as a text."""
    return reasoning_of(message) + "".join(text for is_thought, text in said(message.get("content")) if is_thought)


def read_thinking_blocks(message: Json, call: Call) -> list[Json]:
    """Return the blocks of thinking of a message, what its provider signed of them sealed; what is none is passed over."""
    given = message.get("thinking_blocks")
    blocks: list[Json] = []
    for block in given if isinstance(given, list) else []:
        kind, signature = (block.get("type"), block.get("signature")) if isinstance(block, dict) else (None, None)
        if kind == "redacted_thinking":
            data = read_text(block.get("data"), "thinking_blocks[].data")
            blocks.append({"type": kind, "data": seal([{"type": kind, "data": data}], call.signer)})
        elif kind == "thinking":
            signed = isinstance(signature, str) and signature
            sealed = seal([{"type": kind, "signature": signature}], call.signer) if signed else ""
            blocks.append({"type": kind, "thinking": block.get("thinking"), "signature": sealed})
    return blocks


def sealed_signature(source: Json, identifier: str, call: Call, losses: Losses) -> Json | None:
    """Return what Gemini signed with a call of a tool as a block that goes before it, and comes back with it.

    Clients that did not ask for thinking may not know what to do with such a block: for them it is lost.
    """
    signature = signature_of(source)
    if signature is None:
        return None
    asked = call.asked.get("thinking")
    if not isinstance(asked, dict) or asked.get("type") not in ("enabled", "adaptive"):
        losses.add("choices[].message.tool_calls[].extra_content")
        return None
    return {"type": "redacted_thinking", "data": seal([call_signature(identifier, signature)], call.signer)}


def made_id(call: Call, number: int) -> str:
    """Return an id for a tool call to which its provider gave none."""
    return f"call_{call.id}_{number}"


def message_head(body: Json, call: Call, content: list[Json], usage: Json) -> Json:
    """Return a message that has not ended yet; the provider's id is kept."""
    identifier, model = body.get("id"), body.get("model")
    return {
        "id": identifier if isinstance(identifier, str) and identifier else f"msg_{call.id}",
        "type": "message",
        "role": "assistant",
        "model": model if isinstance(model, str) and model else call.model,
        "content": content,
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }
