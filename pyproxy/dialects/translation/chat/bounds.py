"""Where an answer of the chat API is to end, as providers take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call

__all__ = ["bound_name", "stops_taken"]

_MOST_STOPS = 4


def bound_name(call: Call) -> str:
    """The member that bounds an answer: models that refuse sampling parameters refuse the old name, many others know no new one."""
    return "max_tokens" if call.capabilities.sampling else "max_completion_tokens"


def stops_taken(stops: list[str], call: Call) -> list[str]:
    """Those of the texts before which an answer is to end that can be sent; OpenAI's models that refuse sampling refuse these, too."""
    return stops[:_MOST_STOPS] if call.in_between or call.capabilities.sampling else []
