"""Turns of the responses API: which conversation a request goes on with, and what the next one will need of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from pyproxy.dialects.continuation import continued, conversation_after
from pyproxy.dialects.translation.events import read
from pyproxy.dialects.translation.writing import written
from pyproxy.domain.operations import RESPONSES
from pyproxy.orchestration.stream_answer import StreamAnswer
from pyproxy.sessions import response_key

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translation import Translation
    from pyproxy.domain import Request
    from pyproxy.orchestration.upstream import PlainAnswer
    from pyproxy.sessions import Affinity, Sessions

__all__ = ["keep_turn", "response_id_of", "with_turns_before"]


def with_turns_before(request: Request, sessions: Sessions | None, affinity: Affinity | None, now_ns: int) -> Request:
    """The request with the whole conversation in its input, if the turns it goes on with are held here; else as it is.

    Whoever answers then needs to know nothing of the turns before.
    """
    named = request.envelope.previous_response_id
    if sessions is None or affinity is None or named is None or request.operation is not RESPONSES:
        return request
    before = sessions.turns.up_to(response_key(affinity.caller, named), now_ns, sessions.ttl_ns)
    if before is None:
        return request
    body = written(continued(json.loads(request.body), before))
    return replace(request.with_body(body), continues=named)


def keep_turn(translation: Translation, sessions: Sessions, affinity: Affinity, now_ns: int) -> None:
    """Hold what a translated answer has come to, unless the client does not want that (``store: false``)."""
    answer, asked = translation.answer, translation.asked
    if answer is None or asked.get("store") is False:
        return
    named = answer.get("id")
    if isinstance(named, str):
        sessions.turns.keep(response_key(affinity.caller, named), conversation_after(asked, answer), now_ns)


def response_id_of(answer: PlainAnswer | StreamAnswer) -> str | None:
    """The id of a response that has just been committed, by which the next turn may name it."""
    try:
        if isinstance(answer, StreamAnswer):
            told = (event.data.get("response") for event in read(answer.held) if isinstance(event.data, dict))
            found = next((response for response in told if isinstance(response, dict)), {})
        else:
            found = json.loads(answer.body)
        named = found.get("id")
    except (ValueError, AttributeError, RecursionError):
        return None
    return named if isinstance(named, str) else None
