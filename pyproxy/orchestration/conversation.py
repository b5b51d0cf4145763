"""Whether a request goes on with a conversation, which whoever answered before should answer again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.sessions import session_id

if TYPE_CHECKING:
    from pyproxy.domain import Request

__all__ = ["conversation_of"]


def conversation_of(request: Request) -> str | None:
    """Tell by what a request is seen to belong to a conversation, in words; None for a single turn."""
    if session_id(request.headers) is not None:
        return "a header that names its session"
    if request.envelope.previous_response_id is not None:
        return "previous_response_id"
    return "turns of an assistant or a tool" if request.envelope.multi_turn else None
