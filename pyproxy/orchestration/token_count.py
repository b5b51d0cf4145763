"""How many tokens a request has, where no provider behind its target can be asked: an estimate, and said to be one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pyproxy.admission import Prompt
from pyproxy.domain.operations import COUNT_TOKENS, GEMINI_COUNT_TOKENS

if TYPE_CHECKING:
    from pyproxy.admission import AdmissionDesk
    from pyproxy.dialects.face import Headers
    from pyproxy.domain import Plan, Request

__all__ = ["token_count"]

_MEMBERS = {COUNT_TOKENS: "input_tokens", GEMINI_COUNT_TOKENS: "totalTokens"}
_HEADERS: Headers = [(b"content-type", b"application/json"), (b"x-pyproxy-lossy", b"the count is an estimate")]


def token_count(request: Request, plan: Plan, desk: AdmissionDesk) -> tuple[int, Headers, bytes] | None:
    """Status, headers and body of the answer to a request for a count; None for any other, and where a provider can count itself.

    The estimate is that of the first model of the plan, learned from what requests to it have cost.
    """
    member = _MEMBERS.get(request.operation)
    if member is None or any(dialect == request.operation.speaks for dialect, _ in plan.apis):
        return None
    envelope = request.envelope
    tokens = desk.standing.tokens.of_prompt(plan.steps[0].candidates[0].model, Prompt(envelope.text_bytes, envelope.images))
    return 200, list(_HEADERS), json.dumps({member: tokens}).encode()
