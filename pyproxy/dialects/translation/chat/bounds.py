"""Where an answer of the chat API is to end, as providers take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call

__all__ = ["stops_taken"]

_MOST_STOPS = 4


def stops_taken(stops: list[str], call: Call) -> list[str]:
    """Those of the texts before which an answer is to end that can be sent; OpenAI's models that reason refuse them."""
    return stops[:_MOST_STOPS] if call.in_between or not call.capabilities.reasons_in_chat else []
