"""What a request may say for itself in headers, and what an answer says of its path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.domain import PRIORITIES
from pyproxy.http.calls import MAX_TIMEOUT_S
from pyproxy.http.openapi.shorthand import COUNT, NUMBER, STRING, ref, said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproxy.http.openapi.shorthand import Json

__all__ = ["ANSWER_HEADERS", "CALL_PARAMETERS", "HEADERS", "PARAMETERS", "REQUEST_ID"]


def _parameter(name: str, schema: Json, description: str) -> Json:
    return {"name": name, "in": "header", "schema": schema, "description": description}


def _header(schema: Json, description: str) -> Json:
    return {"schema": schema, "description": description}


PARAMETERS: Mapping[str, Json] = {
    "node": _parameter(
        "x-pyproxy-node", STRING, "Which node asks: its limits, weight, parameters and system prompt hold; a name that is no node has none."
    ),
    "priority": _parameter("x-pyproxy-priority", said(*PRIORITIES), "Who is let in first where requests wait; normal if it is not said."),
    "timeout": _parameter(
        "x-pyproxy-timeout",
        {**NUMBER, "exclusiveMinimum": 0, "maximum": MAX_TIMEOUT_S},
        "Seconds for all of it, where that is shorter than the target's own.",
    ),
    "fallback_groups": _parameter(
        "x-pyproxy-fallback-groups", STRING, "Targets to go on with, comma-separated, in place of the configured ones."
    ),
    "session": _parameter("x-pyproxy-session", STRING, "The conversation, to stay with one instance."),
    "request_id": _parameter(
        "x-request-id",
        {**STRING, "maxLength": 128},
        "The client's own id for the request: one word of plain characters, else a new one is made.",
    ),
}
"""By the names they have among the document's components."""

CALL_PARAMETERS: list[Json] = [ref("parameters", name) for name in PARAMETERS]

HEADERS: Mapping[str, Json] = {
    "x-request-id": _header(STRING, "The request's id, in the access log too."),
    "x-pyproxy-target": _header(STRING, "The target that was asked for."),
    "x-pyproxy-model": _header(STRING, "The configured model that answered, if one did."),
    "x-pyproxy-provider": _header(STRING, "The provider that answered, if one did."),
    "x-pyproxy-session": _header(said("new", "kept", "moved"), "Whether the session stayed with its instance, where there is a session."),
    "x-pyproxy-lossy": _header(
        STRING, "What the provider's API has no place for, comma-separated, where request or answer had to be translated."
    ),
    "x-pyproxy-attempts": _header(STRING, "Each upstream call and how it ended, as `group.echelon/model:outcome`, comma-separated."),
    "x-pyproxy-queue-ms": _header(COUNT, "How long the request waited for room, in milliseconds."),
    "x-should-retry": _header(said("true", "false"), "`false` keeps an SDK from repeating what the sidecar has already tried for it."),
    "retry-after": _header(STRING, "When asking again makes sense, in seconds or as a provider put it."),
    "retry-after-ms": _header(STRING, "The same in milliseconds."),
}

REQUEST_ID: Mapping[str, Json] = {"x-request-id": ref("headers", "x-request-id")}
ANSWER_HEADERS: Mapping[str, Json] = {name: ref("headers", name) for name in HEADERS}
