"""Serves clients of the messages API, such as Claude Code, from providers of the chat completions API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.messages_over_chat.names import MESSAGES_NAMES
from pyproxy.dialects.translation.messages_over_chat.request import translate_request
from pyproxy.dialects.translation.messages_over_chat.response import translate_response
from pyproxy.dialects.translation.messages_over_chat.stream import MessageStream

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, ClientTranslator, Json, StreamTranslator, Translated

__all__ = ["MESSAGES_OVER_CHAT"]


class _MessagesOverChat:
    names = MESSAGES_NAMES

    def request(self, body: Json, call: Call) -> Translated:
        return translate_request(body, call)

    def response(self, body: Json, call: Call) -> Translated:
        return translate_response(body, call)

    def stream(self, call: Call) -> StreamTranslator:
        return MessageStream(call)


MESSAGES_OVER_CHAT: ClientTranslator = _MessagesOverChat()
