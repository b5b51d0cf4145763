"""Chat requests, translated into Gemini's."""

from __future__ import annotations

from typing import Any

import pytest

from pyproxy.dialects.translation.chat_over_gemini import CHAT_OVER_GEMINI
from pyproxy.dialects.translation.translator import Call, Translated, UntranslatableError

CALL = Call("gemini-2.5-flash")
HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hi"}]
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "additionalProperties": False}}}


def asked(call: Call = CALL, **members: Any) -> Translated:
    return CHAT_OVER_GEMINI.request({"model": "g", "messages": HELLO, **members}, call)


def call_of(identifier: str, arguments: Any = "{}", **more: Any) -> dict[str, Any]:
    return {"id": identifier, "type": "function", "function": {"name": f"tool_{identifier}", "arguments": arguments}, **more}


def refused(**members: Any) -> str | None:
    with pytest.raises(UntranslatableError) as caught:
        asked(**members)
    assert caught.value.message.endswith(".")
    return caught.value.param
