"""Serves clients of the chat completions API from providers of the messages API."""

from __future__ import annotations

from pyproxy.dialects.translation.chat_over_messages.request import translate_request
from pyproxy.dialects.translation.chat_over_messages.response import translate_response
from pyproxy.dialects.translation.chat_over_messages.stream import ChatStream
from pyproxy.dialects.translation.translator import PureTranslator

__all__ = ["CHAT_OVER_MESSAGES"]

CHAT_OVER_MESSAGES = PureTranslator(translate_request, translate_response, ChatStream)
