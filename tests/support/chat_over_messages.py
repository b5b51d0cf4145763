"""A chat client's requests, translated into the messages API's."""

from __future__ import annotations

from typing import Any

from pyproxy.dialects.translation.chat_over_messages import CHAT_OVER_MESSAGES
from pyproxy.dialects.translation.translator import Call, Translated
from pyproxy.domain.capabilities import Capabilities

CALL = Call(model="claude", capabilities=Capabilities(thinking="budget", max_output=64_000))
HI = {"role": "user", "content": "hi"}
TOOL = {"type": "function", "function": {"name": "look", "description": "looks", "parameters": {"type": "object", "properties": {}}}}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def ask(*messages: Any, call: Call = CALL, **members: Any) -> Translated:
    return CHAT_OVER_MESSAGES.request({"model": "group", "messages": list(messages) or [HI], **members}, call)


def able(**flags: Any) -> Call:
    return Call(model="claude", capabilities=Capabilities(**{"thinking": "budget", **flags}))


def called(*calls: tuple[str, str, Any], **members: Any) -> dict[str, Any]:
    tool_calls = [{"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}} for id_, name, arguments in calls]
    return {"role": "assistant", "content": None, "tool_calls": tool_calls, **members}
