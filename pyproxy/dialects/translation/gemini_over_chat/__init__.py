"""Serves Gemini's clients from providers of the chat API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.gemini_over_chat.names import GEMINI_NAMES
from pyproxy.dialects.translation.gemini_over_chat.request import translate_request
from pyproxy.dialects.translation.gemini_over_chat.response import translate_response
from pyproxy.dialects.translation.gemini_over_chat.stream import GeminiStream

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, ClientTranslator, Json, StreamTranslator, Translated

__all__ = ["GEMINI_OVER_CHAT"]


class _GeminiOverChat:
    names = GEMINI_NAMES

    def request(self, body: Json, call: Call) -> Translated:
        return translate_request(body, call)

    def response(self, body: Json, call: Call) -> Translated:
        return translate_response(body, call)

    def stream(self, call: Call) -> StreamTranslator:
        return GeminiStream(call)


GEMINI_OVER_CHAT: ClientTranslator = _GeminiOverChat()
