"""Answers of chat and of messages, translated into each other."""

from __future__ import annotations

from typing import Any

from pyproxy.dialects.translation.chat.seals import unseal
from pyproxy.dialects.translation.messages_over_chat import MESSAGES_OVER_CHAT
from pyproxy.dialects.translation.translator import Call

CALL = Call(model="upstream", id="r1", created=1_700_000_000)


def completion(finish_reason: str | None = "stop", usage: Any = None, **members: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": None, **members}, "finish_reason": finish_reason}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-x", "choices": [choice], "usage": usage}


def to_message(body: dict[str, Any], call: Call = CALL) -> dict[str, Any]:
    return MESSAGES_OVER_CHAT.response(body, call).body


def opened(content: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks of a message, with what was signed of them as its provider gave it."""
    return [_opened(block) for block in content]


def _opened(block: dict[str, Any]) -> dict[str, Any]:
    signed = unseal(block.get("signature") or block.get("data"))
    if signed is None:
        return block
    assert signed.signer == CALL.signer
    return {**block, **signed.blocks[0]}
