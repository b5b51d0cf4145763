"""Whole answers: a chat completion as a response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.chat.pieces import chunk_of
from pyproxy.dialects.translation.responses_over_chat.stream import ResponseStream
from pyproxy.dialects.translation.translator import Translated

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["translate_response"]


def translate_response(body: Json, call: Call) -> Translated:
    """Return the response for a chat completion, which is a stream of one piece.

    Raises:
        ValueError: it is none.
    """
    stream = ResponseStream(call)
    stream.feed_chunk(chunk_of(body))
    *_, last = stream.finish()
    return Translated(last.data["response"], stream.lost)
