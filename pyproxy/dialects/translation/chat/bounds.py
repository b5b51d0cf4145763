"""Where an answer of the chat API is to end, as providers take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call

__all__ = ["stops_taken"]

_MOST_STOPS = 4


def stops_taken(stops: list[str], call: Call) -> list[str]:
    """Those of the texts before which an answer is to end that can be sent: OpenAI's models that reason refuse them, others more than four.

    On the way to a third API it is there that they are counted.
    """
    if call.in_between:
        return stops
    return [] if call.capabilities.reasons_in_chat else stops[:_MOST_STOPS]
