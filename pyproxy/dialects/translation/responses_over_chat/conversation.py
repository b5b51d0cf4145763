"""The items of a request's input as the messages of a chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.arguments import arguments_text
from pyproxy.dialects.translation.chat.seals import call_signatures, signed_calls, unseal
from pyproxy.dialects.translation.custom_tools import custom_arguments
from pyproxy.dialects.translation.reading import read_list, read_object, read_text
from pyproxy.dialects.translation.responses_over_chat.content import chat_content, chat_parts, is_text, text_of, text_part
from pyproxy.dialects.translation.responses_over_chat.tools import chat_name
from pyproxy.dialects.translation.tool_ids import CHAT_LONGEST, safe_id
from pyproxy.dialects.translation.translator import UntranslatableError

if TYPE_CHECKING:
    from pyproxy.dialects.translation.losses import Losses
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["chat_messages"]

# Who gives orders is called a developer by OpenAI alone.
_ROLES = {"user": "user", "assistant": "assistant", "system": "system", "developer": "system"}
# What an item was in the answer that it comes from.
_OF_ITEMS = ("type", "id", "status")
# What a provider did by itself; its outcome stands in the answer that followed.
_PROVIDERS_OWN = frozenset(
    (
        "web_search_call",
        "file_search_call",
        "code_interpreter_call",
        "image_generation_call",
        "mcp_list_tools",
        "mcp_call",
        "mcp_approval_request",
        "mcp_approval_response",
        "tool_search_call",
        "tool_search_output",
        "additional_tools",
        "compaction_trigger",
        # What became of a conversation that was compacted, for its provider's eyes alone.
        "compaction",
        "compaction_summary",
    )
)
# Tools that a provider defines and the client runs: what such a call is called in chat, and which of its members says what is asked.
_RUN_BY_CLIENTS = {
    "local_shell_call": ("local_shell", "action"),
    "shell_call": ("shell", "action"),
    "apply_patch_call": ("apply_patch", "operation"),
}


def chat_messages(instructions: Any, given: Any, call: Call, losses: Losses) -> list[Json]:
    """Return the messages for a request's instructions and input.

    Raises:
        UntranslatableError: an item has no place in chat, or refers to one that only another provider holds.
    """
    turns = _Turns()
    if instructions is not None:
        turns.say("system", chat_parts(instructions, "instructions", losses))
    if isinstance(given, str):
        turns.say("user", chat_parts(given, "input", losses))
    elif given is not None:
        for index, item in enumerate(read_list(given, "input")):
            _add(turns, read_object(item, f"input[{index}]"), f"input[{index}]", call, losses)
    messages = turns.end(losses)
    if not messages:
        raise UntranslatableError("The request has no input: send a string or a list of items.", "input")
    return messages


class _Turns:
    """Puts messages together: what the assistant did in one turn is one of them, and the results of its calls follow at once."""

    def __init__(self) -> None:
        self._messages: list[Json] = []
        self._assistants: Json | None = None
        self._unanswered: set[str] = set()
        self._held: list[Json] = []
        self._signatures: dict[str, str] = {}

    def say(self, role: str, parts: list[Json]) -> None:
        """Add what somebody else than the assistant says; while results of calls are missing it has to wait for them."""
        self._assistants = None
        (self._held if self._unanswered else self._messages).append({"role": role, "content": chat_content(parts)})

    def answer(self, parts: list[Json]) -> None:
        """Add what the assistant says."""
        turn = self._turn()
        refusals = [part["refusal"] for part in parts if part["type"] == "refusal"]
        if refusals:
            turn["refusal"] = "".join(refusals)
        turn["content"] += [part for part in parts if part["type"] != "refusal"]
        turn["said"] = True

    def think(self, text: str, signed: list[Json]) -> None:
        """Add the assistant's reasoning, and what its provider signed of it."""
        thinking, signatures = call_signatures(signed)
        self._signatures |= signatures
        if text or thinking:
            turn = self._turn()
            turn["reasoning_content"] += text
            turn["thinking_blocks"] += thinking

    def call(self, call_id: str, name: str, arguments: str) -> None:
        """Add a call that the assistant made; calls of one turn belong together."""
        turn = self._assistants
        if turn is None:
            turn = self._turn()
        turn["tool_calls"].append({"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}})
        self._unanswered.add(call_id)

    def result(self, call_id: str, parts: list[Json]) -> None:
        """Add the result of a call. It is text in chat: images and files come after all results, as the user's."""
        self._assistants = None
        texts = [part for part in parts if is_text(part)]
        others = [part for part in parts if not is_text(part)]
        told = "".join(part["text"] for part in texts)
        self._messages.append({"role": "tool", "tool_call_id": call_id, "content": told if told or not others else "It follows."})
        if others:
            self._held.append({"role": "user", "content": others})
        self._unanswered.discard(call_id)
        if not self._unanswered:
            self._release()

    def end(self, losses: Losses) -> list[Json]:
        """Return the messages."""
        self._release()
        return [self._finished(message) for message in self._messages if _has_meaning(message, losses)]

    def _turn(self) -> Json:
        """The assistant's turn under way; a new one where it had said something and called nothing."""
        turn = self._assistants
        if turn is None or (turn["said"] and not turn["tool_calls"]):
            self._unanswered.clear()
            self._release()
            turn = {"role": "assistant", "content": [], "reasoning_content": "", "thinking_blocks": [], "tool_calls": [], "said": False}
            self._messages.append(turn)
            self._assistants = turn
        return turn

    def _finished(self, message: Json) -> Json:
        if message["role"] != "assistant":
            return message
        finished: Json = {"role": "assistant", "content": chat_content(message["content"])}
        if message["tool_calls"]:
            finished["tool_calls"] = signed_calls(message["tool_calls"], self._signatures)
            finished["content"] = finished["content"] or None
        return finished | {name: message[name] for name in ("refusal", "reasoning_content", "thinking_blocks") if message.get(name)}

    def _release(self) -> None:
        self._messages += self._held
        self._held = []


def _has_meaning(message: Json, losses: Losses) -> bool:
    """Whether anything is left of a turn: one of reasoning alone would be refused."""
    if message["role"] != "assistant" or message["said"] or message["tool_calls"]:
        return True
    losses.add("input[].reasoning")
    return False


def _add(turns: _Turns, item: Json, where: str, call: Call, losses: Losses) -> None:
    kind = item.get("type")
    if kind is None and "role" in item:
        kind = "message"
    if kind == "message":
        _add_message(turns, item, where, losses)
    elif kind == "reasoning":
        _add_reasoning(turns, item, where, call, losses)
    elif kind in ("function_call", "custom_tool_call"):
        _add_call(turns, item, where, losses, custom=kind == "custom_tool_call")
    elif kind in ("function_call_output", "custom_tool_call_output"):
        item = losses.watch(item, where, _OF_ITEMS)
        turns.result(_call_id(item, where), chat_parts(item.get("output"), f"{where}.output", losses))
    elif isinstance(kind, str) and kind in _RUN_BY_CLIENTS:
        item = losses.watch(item, where, _OF_ITEMS)
        name, member = _RUN_BY_CLIENTS[kind]
        turns.call(_call_id(item, where), name, arguments_text(read_object(item.get(member), f"{where}.{member}")))
    elif isinstance(kind, str) and kind.removesuffix("_output") in _RUN_BY_CLIENTS:
        _add_output(turns, losses.watch(item, where, _OF_ITEMS), where)
    elif isinstance(kind, str) and kind in _PROVIDERS_OWN:
        losses.add(f"input[].{kind}")
    elif kind in (None, "item_reference"):
        raise UntranslatableError(f"{where} refers to an item that is not kept here: send the item itself.", where)
    else:
        raise UntranslatableError(f"{where} is of a type that the model of this target is not given.", where)


def _add_message(turns: _Turns, item: Json, where: str, losses: Losses) -> None:
    item = losses.watch(item, where, _OF_ITEMS)
    given = item.get("role")
    role = _ROLES.get(given) if isinstance(given, str) else None
    if role is None:
        raise UntranslatableError(f"{where}.role is none of {', '.join(_ROLES)}.", f"{where}.role")
    parts = chat_parts(item.get("content"), f"{where}.content", losses)
    if role != "assistant":
        turns.say(role, parts)
    elif all(part["type"] in ("text", "refusal") for part in parts):
        turns.answer(parts)
    else:
        raise UntranslatableError(f"{where}.content holds what an assistant cannot say in chat.", f"{where}.content")


def _add_reasoning(turns: _Turns, item: Json, where: str, call: Call, losses: Losses) -> None:
    """What others than we have sealed is their provider's, and so is what sums it up.

    Many providers of chat take no text of reasoning back, and none what another has signed.
    """
    kept = item.get("encrypted_content")
    sealed = unseal(kept)
    if kept and (sealed is None or sealed.signer != call.signer):
        losses.add("input[].encrypted_content")
    if kept and sealed is None:
        return
    signed = sealed.blocks if sealed is not None and sealed.signer == call.signer else []
    item = losses.watch(item, where, (*_OF_ITEMS, "encrypted_content", "summary"))
    text = text_of(item.get("content"), f"{where}.content") or text_of(item.get("summary"), f"{where}.summary")
    if text and not (call.in_between or call.capabilities.reasoning_history):
        losses.add("input[].reasoning")
        text = ""
    turns.think(text, signed)


def _add_call(turns: _Turns, item: Json, where: str, losses: Losses, *, custom: bool) -> None:
    item = losses.watch(item, where, _OF_ITEMS)
    namespace = item.get("namespace")
    name = chat_name(read_text(item.get("name"), f"{where}.name"), namespace if isinstance(namespace, str) else None)
    if custom:
        arguments = custom_arguments(read_text(item.get("input"), f"{where}.input"))
    else:
        arguments = read_text(item.get("arguments"), f"{where}.arguments") or "{}"
    turns.call(_call_id(item, where), name, arguments)


def _add_output(turns: _Turns, item: Json, where: str) -> None:
    """What came of a call that the client ran: a text, or what it writes of several commands, as JSON. Some name the call by ``id``."""
    output = item.get("output")
    text = output if isinstance(output, str) else arguments_text(output)
    turns.result(_call_id(item if item.get("call_id") is not None else {**item, "call_id": item.get("id")}, where), [text_part(text)])


def _call_id(item: Json, where: str) -> str:
    return safe_id(read_text(item.get("call_id"), f"{where}.call_id"), CHAT_LONGEST)
