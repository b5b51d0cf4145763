"""The system prompt and the turns of a messages request as the messages of a chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.arguments import arguments_text
from pyproxy.dialects.translation.chat.seals import signed_calls
from pyproxy.dialects.translation.messages_over_chat.content import as_content, read_blocks, read_parts, text_part
from pyproxy.dialects.translation.messages_over_chat.thoughts import read_thoughts
from pyproxy.dialects.translation.reading import read_list, read_object, read_text
from pyproxy.dialects.translation.tool_ids import CHAT_LONGEST, safe_id
from pyproxy.dialects.translation.translator import UntranslatableError

if TYPE_CHECKING:
    from pyproxy.dialects.translation.losses import Losses
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["read_messages"]

# Who calls a tool, where it is the model itself.
_DIRECT = {"type": "direct"}


def read_messages(body: Json, call: Call, losses: Losses) -> list[Json]:
    """Return the messages of a chat for ``system`` and ``messages``.

    Raises:
        UntranslatableError: one has no meaning in chat, or there is none.
    """
    messages = _system(body.get("system"), "system", losses)
    turns = read_list(body.get("messages"), "messages")
    if not turns:
        raise UntranslatableError("messages holds nothing to answer.", "messages")
    for index, item in enumerate(turns):
        where = f"messages[{index}]"
        turn = losses.watch(read_object(item, where), where)
        role = turn.get("role")
        if role == "user":
            messages += _user(turn.get("content"), f"{where}.content", call, losses)
        elif role == "assistant":
            messages += _assistant(turn.get("content"), f"{where}.content", call, losses)
        elif role == "system":
            messages += _system(turn.get("content"), f"{where}.content", losses)
        else:
            raise UntranslatableError(f"{where}.role is none of user, assistant and system.", f"{where}.role")
    if messages[-1]["role"] == "assistant" and not call.capabilities.prefill:
        losses.add("prefill")
    return messages


def _system(content: Any, where: str, losses: Losses) -> list[Json]:
    """One message, since some providers take only one, and its texts as one, since some take only a string."""
    texts = []
    for block, place in read_blocks(content, where):
        if block.get("type") != "text":
            raise UntranslatableError(f"{place} is no text, which is all that a system prompt may hold.", f"{place}.type")
        texts.append(read_text(losses.watch(block, place, ("type",)).get("text"), f"{place}.text"))
    return [{"role": "system", "content": "\n\n".join(texts)}] if any(texts) else []


def _user(content: Any, where: str, call: Call, losses: Losses) -> list[Json]:
    """The results of tools, each a message of its own right behind the calls, and then what the user says."""
    results: list[Json] = []
    shown: list[Json] = []
    said: list[Json] = []
    for block, place in read_blocks(content, where):
        if block.get("type") == "tool_result":
            result, images = _result(block, place, call, losses)
            results.append(result)
            shown += images
        else:
            said += read_parts(block, place, call, losses)
    parts = shown + said
    return [*results, {"role": "user", "content": as_content(parts)}] if parts or not results else results


def _result(block: Json, where: str, call: Call, losses: Losses) -> tuple[Json, list[Json]]:
    """A tool's message holds text alone: what else there is in a result is shown by the user, right behind it."""
    block = losses.watch(block, where, ("type",))
    identifier = safe_id(read_text(block.get("tool_use_id"), f"{where}.tool_use_id"), CHAT_LONGEST)
    texts: list[str] = []
    shown: list[Json] = []
    for inner, place in read_blocks(block.get("content"), f"{where}.content"):
        if inner.get("type") == "tool_reference":
            losses.add("messages[].content[].content[].tool_reference")
            continue
        for part in read_parts(inner, place, call, losses):
            if part["type"] == "text":
                texts.append(part["text"])
            else:
                shown.append(part)
    if shown:
        texts.append("(The rest of this result is in the next message of the user.)")
        shown.insert(0, text_part(f"The result of the tool call {identifier}:"))
    return {"role": "tool", "tool_call_id": identifier, "content": "\n\n".join(texts)}, shown


def _assistant(content: Any, where: str, call: Call, losses: Losses) -> list[Json]:
    texts: list[str] = []
    calls: list[Json] = []
    thinking: list[Json] = []
    for block, place in read_blocks(content, where):
        kind = block.get("type")
        if kind == "text":
            texts.append(read_text(losses.watch(block, place, ("type",)).get("text"), f"{place}.text"))
        elif kind == "tool_use":
            calls.append(_call(block, place, losses))
        elif kind in ("thinking", "redacted_thinking"):
            thinking.append(block)
        else:  # the work of the other provider's own tools, of which the text that follows tells what matters
            losses.add(f"messages[].content[].{kind}")
    message: Json = {"role": "assistant", "content": "".join(texts) if texts or not calls else None}
    thoughts = read_thoughts(thinking, call, losses)
    if calls:
        message["tool_calls"] = signed_calls(calls, thoughts.signatures)
    return [message | thoughts.members]


def _call(block: Json, where: str, losses: Losses) -> Json:
    block = losses.watch(block, where, ("type", "caller") if block.get("caller") == _DIRECT else ("type",))
    function = {
        "name": read_text(block.get("name"), f"{where}.name"),
        "arguments": arguments_text(read_object(block.get("input"), f"{where}.input")),
    }
    return {"id": safe_id(read_text(block.get("id"), f"{where}.id"), CHAT_LONGEST), "type": "function", "function": function}
