"""Serves Gemini's clients from providers of the chat API."""

from __future__ import annotations

from pyproxy.dialects.translation.gemini_over_chat.request import translate_request
from pyproxy.dialects.translation.gemini_over_chat.response import translate_response
from pyproxy.dialects.translation.gemini_over_chat.stream import GeminiStream
from pyproxy.dialects.translation.translator import PureTranslator

__all__ = ["GEMINI_OVER_CHAT"]

GEMINI_OVER_CHAT = PureTranslator(translate_request, translate_response, GeminiStream)
