"""An error of each API, member by member as the API's own reference has it: whole answers, and the events that end a broken stream."""

from __future__ import annotations

from types import NoneType
from typing import Any

__all__ = [
    "chat_break",
    "gemini_break",
    "gemini_error",
    "messages_break",
    "messages_error",
    "openai_error",
    "responses_break",
]

Json = dict[str, Any]
# What each API calls an error, by its HTTP status; where there are more names than one, any of them.
MESSAGES_TYPES = {
    400: ("invalid_request_error",),
    401: ("authentication_error",),
    402: ("billing_error",),
    403: ("permission_error",),
    404: ("not_found_error",),
    413: ("request_too_large",),
    429: ("rate_limit_error",),
    500: ("api_error",),
    502: ("api_error",),
    503: ("api_error", "overloaded_error"),
    504: ("timeout_error",),
    529: ("overloaded_error",),
}
GEMINI_STATUSES = {
    400: ("INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE"),
    401: ("UNAUTHENTICATED",),
    403: ("PERMISSION_DENIED",),
    404: ("NOT_FOUND",),
    409: ("ABORTED", "ALREADY_EXISTS"),
    413: ("INVALID_ARGUMENT",),
    429: ("RESOURCE_EXHAUSTED",),
    499: ("CANCELLED",),
    500: ("INTERNAL", "UNKNOWN"),
    501: ("UNIMPLEMENTED",),
    502: ("INTERNAL", "UNAVAILABLE"),
    503: ("UNAVAILABLE",),
    504: ("DEADLINE_EXCEEDED",),
    529: ("UNAVAILABLE",),  # no status of Google's: whoever passes Anthropic's on passes the code on with it
}


def openai_error(answer: Json, _status: int) -> str:
    """What an error of chat completions, responses or embeddings says."""
    _members(answer, error=dict)
    error = answer["error"]
    _members(error, message=str, type=str, param=(str, NoneType), code=(str, NoneType))
    assert error["type"], answer
    return _said(error)


def messages_error(answer: Json, status: int) -> str:
    """What an error of Anthropic's says."""
    _members(answer, type=str, error=dict, request_id=str)
    assert answer["request_id"], answer
    return _messages_said(answer, MESSAGES_TYPES[status])


def gemini_error(answer: Json, status: int) -> str:
    """What an error of Gemini's says; it tells its HTTP status, and may have details, each of which says of what type it is."""
    _members(answer, error=dict)
    error = answer["error"]
    _members(error, optional={"details": list}, code=int, message=str, status=str)
    assert error["code"] == status, answer
    assert error["status"] in GEMINI_STATUSES[status], answer
    assert all(isinstance(detail["@type"], str) for detail in error.get("details", ())), answer
    return _said(error)


def chat_break(event: Json) -> str:
    """What the event says that ends a broken stream of chat completions."""
    return openai_error(event, 200)


def responses_break(event: Json) -> str:
    """What the event says that ends a broken stream of responses; it says it once more as an answer would, where openai-python looks."""
    once_more = {name: value for name, value in event.items() if name == "error"}
    _members(event, type=str, sequence_number=int, code=(str, NoneType), message=str, param=(str, NoneType), error=dict)
    assert event["type"] == "error", event
    assert openai_error(once_more, 200) == event["message"]
    assert (event["error"]["code"], event["error"]["param"]) == (event["code"], event["param"])
    return _said(event)


def messages_break(event: Json) -> str:
    """What the event says that ends a broken stream of messages: no header told the request's id better than the stream's own."""
    _members(event, optional={"request_id": str}, type=str, error=dict)
    return _messages_said(event, [kind for kinds in MESSAGES_TYPES.values() for kind in kinds])


def gemini_break(event: Json) -> str:
    """What the event says that ends a broken stream of Gemini's: the status that the answer would have had."""
    return gemini_error(event, event["error"]["code"])


def _messages_said(answer: Json, types: list[str] | tuple[str, ...]) -> str:
    _members(answer["error"], type=str, message=str)
    assert answer["type"] == "error", answer
    assert answer["error"]["type"] in types, answer
    return _said(answer["error"])


def _said(error: Json) -> str:
    assert error["message"], error
    return str(error["message"])


def _members(found: Json, *, optional: dict[str, type] | None = None, **required: type | tuple[type, ...]) -> None:
    """Hold an object to just these members, each of its type."""
    allowed = {**(optional or {}), **required}
    assert required.keys() <= found.keys() <= allowed.keys(), found
    assert all(isinstance(value, allowed[name]) and not isinstance(value, bool) for name, value in found.items()), found
