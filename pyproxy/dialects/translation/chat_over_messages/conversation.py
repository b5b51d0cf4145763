"""The messages of a chat as a system prompt and turns that alternate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pyproxy.dialects.translation.arguments import read_arguments
from pyproxy.dialects.translation.chat_over_messages.content import TEXTS, keep_cache_control, read_blocks, text_block
from pyproxy.dialects.translation.reading import read_list, read_object, read_text
from pyproxy.dialects.translation.tool_ids import safe_id
from pyproxy.dialects.translation.translator import UntranslatableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.dialects.translation.losses import Losses
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["Conversation", "read_conversation"]

# What stands where the provider demands a turn of the user with a word in it, and the client has none.
_NO_TEXT = "(no text)"
_GO_ON = "Continue."
_THOUGHTS = frozenset({"thinking", "redacted_thinking"})


class Conversation(NamedTuple):
    """The blocks of the system prompt, and the turns, which begin with the user's."""

    system: list[Json]
    turns: list[Json]


def read_conversation(messages: Any, call: Call, losses: Losses) -> Conversation:
    """Sort the messages of a chat.

    What the system says in mid-conversation moves to its beginning, since models differ in whether they take it elsewhere.

    Raises:
        UntranslatableError: one has no meaning in the messages API, or there is none.
    """
    reading = _Reading(call, losses)
    for index, message in enumerate(read_list(messages, "messages")):
        where = f"messages[{index}]"
        reading.take(losses.watch(read_object(message, where), where), where)
    return reading.finish()


class _Reading:
    """One conversation, while it is read."""

    def __init__(self, call: Call, losses: Losses) -> None:
        self._call = call
        self._losses = losses
        self._system: list[Json] = []
        self._turns: list[Json] = []
        self._roles: dict[str, Callable[[Json, str], None]] = {
            "system": self._take_system,
            "developer": self._take_system,
            "user": self._take_user,
            "assistant": self._take_assistant,
            "tool": self._take_tool,
        }

    def take(self, message: Json, where: str) -> None:
        role = message.get("role")
        read = self._roles.get(role) if isinstance(role, str) else None
        if read is None:
            raise UntranslatableError(f"{where}.role is none of {', '.join(self._roles)}.", f"{where}.role")
        read(message, where)

    def finish(self) -> Conversation:
        if not self._turns:
            self._ask_by_system()
        for turn in self._turns:
            if turn["role"] == "user":
                turn["content"] = _results_first(turn["content"]) or self._no_text()
        if self._turns[0]["role"] == "assistant":
            self._turns.insert(0, {"role": "user", "content": self._no_text()})
        self._end()
        return Conversation(self._system, self._turns)

    def _no_text(self) -> list[Json]:
        self._losses.add("messages[].content")
        return text_block(_NO_TEXT)

    def _ask_by_system(self) -> None:
        """A system message without any other is what the client wants answered."""
        if not self._system:
            raise UntranslatableError("messages holds nothing to answer.", "messages")
        self._turns.append({"role": "user", "content": [self._system.pop()]})
        self._losses.add("messages[].role")

    def _end(self) -> None:
        last = self._turns[-1]
        if last["role"] == "user" or last["content"][-1]["type"] == "tool_use":
            return
        if not self._call.capabilities.prefill:
            self._turns.append({"role": "user", "content": text_block(_GO_ON)})
            self._losses.add("prefill")
        elif last["content"][-1]["type"] == "text":
            # A beginning that ends in a space is refused.
            last["content"][-1]["text"] = last["content"][-1]["text"].rstrip()

    def _take_system(self, message: Json, where: str) -> None:
        blocks = read_blocks(message.get("content"), f"{where}.content", self._call, self._losses, TEXTS)
        keep_cache_control(message, blocks)
        self._system += blocks
        if blocks and self._turns:
            self._losses.add("messages[].role")

    def _take_user(self, message: Json, where: str) -> None:
        blocks = read_blocks(message.get("content"), f"{where}.content", self._call, self._losses)
        keep_cache_control(message, blocks)
        self._add("user", blocks)

    def _take_assistant(self, message: Json, where: str) -> None:
        if message.get("audio") is not None:
            raise UntranslatableError("This model takes no audio, and so no answers that were given in it.", f"{where}.audio")
        if message.get("function_call") is not None:
            raise UntranslatableError("function_call is deprecated and not translated: use tool_calls.", f"{where}.function_call")
        blocks = self._thinking(message)
        blocks += read_blocks(message.get("content"), f"{where}.content", self._call, self._losses, TEXTS)
        if isinstance(refusal := message.get("refusal"), str):
            blocks += text_block(refusal)
        blocks += self._tool_uses(message, f"{where}.tool_calls")
        if blocks and blocks[-1]["type"] in _THOUGHTS:
            # An answer that was cut off before its first word; a turn of thoughts alone is refused.
            self._losses.add("messages[].thinking_blocks")
        elif blocks:
            keep_cache_control(message, blocks)
            self._add("assistant", blocks)

    def _thinking(self, message: Json) -> list[Json]:
        """The blocks of thinking that came with the answer; what is not signed cannot be given back."""
        blocks: list[Json] = []
        given, text = message.get("thinking_blocks"), message.get("reasoning_content")
        for block in given if isinstance(given, list) else []:
            if not isinstance(block, dict):
                continue
            thinking, signature, data = block.get("thinking"), block.get("signature"), block.get("data")
            if block.get("type") == "redacted_thinking" and isinstance(data, str):
                blocks.append({"type": "redacted_thinking", "data": data})
            elif block.get("type") == "thinking" and isinstance(thinking, str) and isinstance(signature, str) and signature:
                blocks.append({"type": "thinking", "thinking": thinking, "signature": signature})
        if not blocks and (given or text):
            self._losses.add("messages[].reasoning_content")
        return blocks

    def _tool_uses(self, message: Json, where: str) -> list[Json]:
        calls = message.get("tool_calls")
        return [self._tool_use(item, f"{where}[{index}]") for index, item in enumerate(read_list([] if calls is None else calls, where))]

    def _tool_use(self, item: Any, where: str) -> Json:
        called = self._losses.watch(read_object(item, where), where, ("index",))
        if called.get("type") not in (None, "function"):
            raise UntranslatableError("Only calls of functions can be translated.", f"{where}.type")
        function = self._losses.watch(read_object(called.get("function"), f"{where}.function"), f"{where}.function")
        arguments = read_arguments(function.get("arguments"))
        if not arguments.exact:
            self._losses.add("messages[].tool_calls[].function.arguments")
        return {
            "type": "tool_use",
            "id": safe_id(read_text(called.get("id"), f"{where}.id")),
            "name": read_text(function.get("name"), f"{where}.function.name"),
            "input": arguments.value,
        }

    def _take_tool(self, message: Json, where: str) -> None:
        identifier = safe_id(read_text(message.get("tool_call_id"), f"{where}.tool_call_id"))
        result: Json = {"type": "tool_result", "tool_use_id": identifier}
        content = message.get("content")
        if isinstance(content, str) and content.strip():
            result["content"] = content
        elif blocks := read_blocks(content, f"{where}.content", self._call, self._losses):
            result["content"] = blocks
        if message.get("is_error") is True:
            result["is_error"] = True
        keep_cache_control(message, [result])
        self._add("user", [result])

    def _add(self, role: str, blocks: list[Json]) -> None:
        if self._turns and self._turns[-1]["role"] == role:
            self._turns[-1]["content"] += blocks
        else:
            self._turns.append({"role": role, "content": blocks})


def _results_first(blocks: list[Json]) -> list[Json]:
    """All results of a turn in front, where the provider looks for them; the sort is stable."""
    return sorted(blocks, key=lambda block: block["type"] != "tool_result")
