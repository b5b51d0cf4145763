"""The turns of a conversation, from the forms in which programs have them to the one that goes over the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from pyproxy.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Messages", "wire_messages"]

Messages: TypeAlias = "str | Sequence[Mapping[str, Any] | object]"
"""A text as the user's only turn; or turns, each a mapping as the OpenAI API writes it, or a message object of LangChain's kind."""

_ROLES = {"human": "user", "ai": "assistant"}


def wire_messages(messages: Messages) -> list[dict[str, Any]]:
    """The turns as the OpenAI API writes them.

    Raises:
        InvalidRequest: one of them is neither a mapping nor a message object.
    """
    if isinstance(messages, str):
        return [{"role": "user", "content": messages}]
    return [_turn(message, index) for index, message in enumerate(messages)]


def _turn(message: object, index: int) -> dict[str, Any]:
    if isinstance(message, Mapping):
        return dict(message)
    if isinstance(message, str):
        return {"role": "user", "content": message}
    kind = getattr(message, "role", None) or getattr(message, "type", None)
    if not isinstance(kind, str) or not hasattr(message, "content"):
        raise InvalidRequest(f"messages[{index}] is neither a mapping with a role nor a message object.", param="messages")
    turn = {"role": _ROLES.get(kind, kind), "content": message.content}
    for name in ("name", "tool_call_id"):
        if value := getattr(message, name, None):
            turn[name] = value
    if calls := getattr(message, "tool_calls", None):
        turn["tool_calls"] = [_tool_call(call) for call in calls]
    return turn


def _tool_call(call: Mapping[str, Any]) -> dict[str, Any]:
    if "function" in call:
        return dict(call)
    function = {"name": call["name"], "arguments": json.dumps(call["args"], ensure_ascii=False)}
    return {"id": call["id"], "type": "function", "function": function}
