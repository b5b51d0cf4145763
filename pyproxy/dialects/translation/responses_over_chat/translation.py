"""The translator between the responses API and chat completions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.responses_over_chat.chat_pieces import chunk_of
from pyproxy.dialects.translation.responses_over_chat.names import RESPONSES_NAMES
from pyproxy.dialects.translation.responses_over_chat.request import chat_request
from pyproxy.dialects.translation.responses_over_chat.stream import ResponseStream
from pyproxy.dialects.translation.translator import Translated

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["RESPONSES_OVER_CHAT", "ResponsesOverChat"]


class ResponsesOverChat:
    """A `Translator`. Answers repeat what was asked for: a call brings that as its `asked`."""

    names = RESPONSES_NAMES

    def request(self, body: Json, call: Call) -> Translated:
        """Return the chat request for one of the responses API.

        Raises:
            UntranslatableError: it cannot be asked of this provider.
        """
        return chat_request(body, call)

    def response(self, body: Json, call: Call) -> Translated:
        """Return the response for a chat completion.

        Raises:
            ValueError: it is none.
        """
        stream = ResponseStream(call)
        stream.feed_chunk(chunk_of(body))
        *_, last = stream.finish()
        return Translated(last.data["response"], stream.lost)

    def stream(self, call: Call) -> ResponseStream:
        """Begin to translate a stream."""
        return ResponseStream(call)


RESPONSES_OVER_CHAT = ResponsesOverChat()
