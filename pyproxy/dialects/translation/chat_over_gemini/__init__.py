"""Serves clients of the chat API from Gemini providers."""

from __future__ import annotations

from pyproxy.dialects.translation.chat_over_gemini.request import translate_request
from pyproxy.dialects.translation.chat_over_gemini.response import translate_response
from pyproxy.dialects.translation.chat_over_gemini.stream import ChatStream
from pyproxy.dialects.translation.translator import PureTranslator

__all__ = ["CHAT_OVER_GEMINI"]

CHAT_OVER_GEMINI = PureTranslator(translate_request, translate_response, ChatStream)
