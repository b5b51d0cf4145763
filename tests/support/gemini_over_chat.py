"""Gemini's requests, translated into chat's."""

from __future__ import annotations

from typing import Any

import pytest

from pyproxy.dialects.translation.gemini_over_chat import GEMINI_OVER_CHAT
from pyproxy.dialects.translation.translator import Call, Translated, UntranslatableError

CALL = Call("gpt-4o")
HELLO: list[dict[str, Any]] = [{"role": "user", "parts": [{"text": "Hi"}]}]


def asked(call: Call = CALL, **members: Any) -> Translated:
    return GEMINI_OVER_CHAT.request({"contents": HELLO, **members}, call)


def configured(call: Call = CALL, **config: Any) -> Any:
    body = asked(call, generationConfig=config).body
    return {name: value for name, value in body.items() if name not in ("model", "messages")}


def refused(**members: Any) -> str | None:
    with pytest.raises(UntranslatableError) as caught:
        asked(**members)
    assert caught.value.message.endswith(".")
    return caught.value.param
