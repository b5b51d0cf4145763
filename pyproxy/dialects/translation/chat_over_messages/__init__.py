"""Serves clients of the chat completions API from providers of the messages API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.chat_over_messages.request import translate_request
from pyproxy.dialects.translation.chat_over_messages.response import translate_response
from pyproxy.dialects.translation.chat_over_messages.stream import ChatStream

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, Json, StreamTranslator, Translated, Translator

__all__ = ["CHAT_OVER_MESSAGES"]


class _ChatOverMessages:
    def request(self, body: Json, call: Call) -> Translated:
        return translate_request(body, call)

    def response(self, body: Json, call: Call) -> Translated:
        return translate_response(body, call)

    def stream(self, call: Call) -> StreamTranslator:
        return ChatStream(call)


CHAT_OVER_MESSAGES: Translator = _ChatOverMessages()
