"""A whole message as a chat completion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.arguments import arguments_text
from pyproxy.dialects.translation.chat_over_messages.usage import chat_usage, finish_reason, service_tier
from pyproxy.dialects.translation.losses import Losses
from pyproxy.dialects.translation.reading import read_list, read_object, read_text
from pyproxy.dialects.translation.translator import Translated

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["explanation", "head", "translate_response"]


def translate_response(body: Json, call: Call) -> Translated:
    """Return a chat completion for a message.

    Raises:
        ValueError: it is no message.
    """
    if body.get("type") != "message":
        raise ValueError("the provider's answer is no message")
    answer = _Answer()
    for index, block in enumerate(read_list(body.get("content"), "content")):
        answer.take(read_object(block, f"content[{index}]"), f"content[{index}]")
    usage = body.get("usage")
    choice = {
        "index": 0,
        "message": answer.message(explanation(body.get("stop_details"))),
        "logprobs": None,
        "finish_reason": finish_reason(body.get("stop_reason")),
    }
    completion = {**head(body, call, "chat.completion"), "choices": [choice], "usage": chat_usage(usage), **service_tier(usage)}
    return Translated(completion, answer.losses.names)


def head(message: Json, call: Call, kind: str) -> Json:
    """Return what an answer and each of its chunks begin with; the provider's id is kept."""
    identifier, model = message.get("id"), message.get("model")
    return {
        "id": identifier if isinstance(identifier, str) and identifier else f"chatcmpl-{call.id}",
        "object": kind,
        "created": call.created,
        "model": model if isinstance(model, str) and model else call.model,
    }


def explanation(details: Any) -> str | None:
    """Return why a model refused, where the provider says."""
    text = details.get("explanation") if isinstance(details, dict) else None
    return text if isinstance(text, str) and text else None


class _Answer:
    """The message of a choice, block by block."""

    def __init__(self) -> None:
        self.losses = Losses()
        self._texts: list[str] = []
        self._reasoning: list[str] = []
        self._thinking: list[Json] = []
        self._calls: list[Json] = []
        self._kinds: dict[str, Callable[[Json, str], None]] = {
            "text": self._take_text,
            "thinking": self._take_thinking,
            "redacted_thinking": self._take_redacted,
            "tool_use": self._take_tool_use,
        }

    def take(self, block: Json, where: str) -> None:
        kind = read_text(block.get("type"), f"{where}.type")
        if kind in self._kinds:
            self._kinds[kind](block, where)
        else:  # the provider's own tools: chat has no words for their work
            self.losses.add(f"content[].{kind}")

    def message(self, refusal: str | None) -> Json:
        # Clients take a text for granted where nothing is called and nothing refused.
        has_text = bool(self._texts) or not (self._calls or refusal)
        message: Json = {"role": "assistant", "content": "".join(self._texts) if has_text else None, "refusal": refusal}
        if any(self._reasoning):
            message["reasoning_content"] = "".join(self._reasoning)
        if self._thinking:
            message["thinking_blocks"] = self._thinking
        if self._calls:
            message["tool_calls"] = self._calls
        return message

    def _take_text(self, block: Json, where: str) -> None:
        self._texts.append(read_text(block.get("text"), f"{where}.text"))
        if block.get("citations"):
            self.losses.add("content[].citations")

    def _take_thinking(self, block: Json, where: str) -> None:
        thinking, signature = read_text(block.get("thinking"), f"{where}.thinking"), block.get("signature")
        self._reasoning.append(thinking)
        self._thinking.append({"type": "thinking", "thinking": thinking, "signature": signature if isinstance(signature, str) else ""})

    def _take_redacted(self, block: Json, where: str) -> None:
        self._thinking.append({"type": "redacted_thinking", "data": read_text(block.get("data"), f"{where}.data")})

    def _take_tool_use(self, block: Json, where: str) -> None:
        function = {
            "name": read_text(block.get("name"), f"{where}.name"),
            "arguments": arguments_text(read_object(block.get("input") or {}, f"{where}.input")),
        }
        self._calls.append({"id": read_text(block.get("id"), f"{where}.id"), "type": "function", "function": function})
