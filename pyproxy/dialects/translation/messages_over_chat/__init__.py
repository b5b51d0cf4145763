"""Serves clients of the messages API, such as Claude Code, from providers of the chat completions API."""

from __future__ import annotations

from pyproxy.dialects.translation.messages_over_chat.request import translate_request
from pyproxy.dialects.translation.messages_over_chat.response import translate_response
from pyproxy.dialects.translation.messages_over_chat.stream import MessageStream
from pyproxy.dialects.translation.translator import PureTranslator

__all__ = ["MESSAGES_OVER_CHAT"]

MESSAGES_OVER_CHAT = PureTranslator(translate_request, translate_response, MessageStream)
