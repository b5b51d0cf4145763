"""Serves clients of the chat API from Gemini providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.chat_over_gemini.request import translate_request
from pyproxy.dialects.translation.chat_over_gemini.response import translate_response
from pyproxy.dialects.translation.chat_over_gemini.stream import ChatStream

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, Json, StreamTranslator, Translated, Translator

__all__ = ["CHAT_OVER_GEMINI"]


class _ChatOverGemini:
    def request(self, body: Json, call: Call) -> Translated:
        return translate_request(body, call)

    def response(self, body: Json, call: Call) -> Translated:
        return translate_response(body, call)

    def stream(self, call: Call) -> StreamTranslator:
        return ChatStream(call)


CHAT_OVER_GEMINI: Translator = _ChatOverGemini()
