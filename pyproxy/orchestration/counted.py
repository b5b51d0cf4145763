"""What a request for a count of tokens is about: with the system prompt that its node puts into the requests that it counts for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pyproxy.domain.operations import COUNT_TOKENS, GEMINI_COUNT_TOKENS

if TYPE_CHECKING:
    from pyproxy.domain import Node, Request

__all__ = ["counted"]

_WHOLE_REQUEST = ("generateContentRequest", "generate_content_request")
_SYSTEM = ("systemInstruction", "system_instruction")


def counted(request: Request, node: Node | None) -> Request:
    """A request for a count with what its node says to the model, where the request leaves that open; others as they are."""
    system = None if node is None else node.defaults.system
    if system is None:
        return request
    if request.operation is COUNT_TOKENS:
        return request.with_body(request.envelope.rewrite(request.body, request.target, system=system))
    if request.operation is GEMINI_COUNT_TOKENS:
        body = _with_instruction(request.body, request.target, system)
        return request if body is None else request.with_body(body)
    return request


def _with_instruction(body: bytes, target: str, system: str) -> bytes | None:
    """A body of Gemini's with an instruction; None where it has one, or cannot be understood: its provider is to say so.

    Beside bare contents an instruction has no place: both are counted as parts of a whole request.
    """
    try:
        asked: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    name = next((name for name in _WHOLE_REQUEST if asked.get(name) is not None), _WHOLE_REQUEST[0])
    whole = asked.get(name)
    if whole is None:
        whole = {"model": f"models/{target}", **asked}
    if not isinstance(whole, dict) or any(whole.get(spelling) is not None for spelling in _SYSTEM):
        return None
    rest = {spelling: value for spelling, value in whole.items() if spelling not in _SYSTEM}
    return json.dumps({name: {**rest, _SYSTEM[0]: {"parts": [{"text": system}]}}}).encode()
