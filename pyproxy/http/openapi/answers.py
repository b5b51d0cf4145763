"""What answers look like: of each operation, and every error, in the API of its route."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.http.openapi.headers import ANSWER_HEADERS, REQUEST_ID
from pyproxy.http.openapi.shorthand import ANYTHING, COUNT, NUMBER, OBJECT, STRING, array, nullable, one_of, record, ref, said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproxy.http.openapi.shorthand import Json

__all__ = ["ANSWERS", "ERRORS", "ERROR_RESPONSES", "JSON_TYPE", "answer", "error", "errors_of_calls", "plain"]

JSON_TYPE = "application/json"
EVENT_STREAM = "text/event-stream"

ANSWERS: Mapping[str, Json] = {
    "chat": record({"object": said("chat.completion"), "choices": array(record({"message": OBJECT}))}, id=STRING, usage=ANYTHING),
    "completions": record({"object": said("text_completion"), "choices": array(record({"text": STRING}))}, usage=ANYTHING),
    "embeddings": record({"object": said("list"), "data": array(record({"embedding": one_of(array(NUMBER), STRING)}))}),
    "responses": record({"id": STRING, "object": said("response"), "status": STRING, "output": array(OBJECT)}, usage=ANYTHING),
    "messages": record({"type": said("message"), "role": said("assistant"), "content": array(OBJECT), "usage": OBJECT}),
    "count_tokens": record({"input_tokens": COUNT}),
    "generate_content": record(candidates=array(OBJECT), promptFeedback=OBJECT, usageMetadata=OBJECT),
    "gemini_count_tokens": record({"totalTokens": COUNT}),
    "embed_content": record({"embedding": record({"values": array(NUMBER)})}),
    "batch_embed_contents": record({"embeddings": array(record({"values": array(NUMBER)}))}),
}
"""By the names of their operations."""

ERRORS: Mapping[str, Json] = {
    "openai": record({"error": record({"message": STRING, "type": nullable(STRING)}, param=nullable(STRING), code=ANYTHING)}),
    "anthropic": record({"type": said("error"), "error": record({"type": STRING, "message": STRING})}, request_id=nullable(STRING)),
    "gemini": record({"error": record({"code": COUNT, "message": STRING, "status": STRING}, details=array(OBJECT))}),
}
"""By the names of their APIs; that of responses has the errors of chat completions."""

ERROR_RESPONSES: Mapping[str, Json] = {
    f"{api}_error": {
        "description": "An error, in the API of the route.",
        "headers": dict(ANSWER_HEADERS),
        "content": {JSON_TYPE: {"schema": ref("schemas", f"{api}_error")}},
    }
    for api in ERRORS
}

_OF_CALLS: Mapping[str, str] = {
    "400": "The request cannot be read, has no place in the API of any provider behind the target, or was refused by the provider, whose "
    "message stands here word for word.",
    "404": "There is no such target; the message names the nearest.",
    "408": "The body did not come to its end in time.",
    "409": "A request that goes on with a conversation was sent to a polling pool.",
    "413": "The body is larger than `server.max_body_bytes`, or the request than any limit ever lets through.",
    "415": "The body is not declared as JSON, or as compressed.",
    "429": "Limits, here or at the providers, leave no room; `retry-after` says until when.",
    "502": "Every attempt failed.",
    "503": "The sidecar is stopping, or the providers are not available.",
    "504": "The request's time ran out.",
    "default": "Any other status that a provider refuses with, or with which requests that no client should make are refused.",
}


def answer(operation: str, *, streams: bool = False, in_array: bool = False) -> Json:
    """What an operation is answered with when all is well.

    Args:
        operation: its name.
        streams: whether it may be a stream of events.
        in_array: whether a whole answer is the one item of an array.
    """
    schema = ref("schemas", f"{operation}_answer")
    content: Json = {JSON_TYPE: {"schema": array(schema) if in_array else schema}}
    if streams:
        content[EVENT_STREAM] = {}  # each API has events of its own
    return {"description": "The answer, in the API of the route.", "headers": dict(ANSWER_HEADERS), "content": content}


def plain(description: str, schema: Json | None = None, media_type: str = JSON_TYPE) -> Json:
    """An answer of the sidecar itself."""
    content = {} if schema is None else {"content": {media_type: {"schema": schema}}}
    return {"description": description, "headers": dict(REQUEST_ID), **content}


def error(api: str, description: str) -> Json:
    """An error in an API."""
    return {**ref("responses", f"{api}_error"), "description": description}


def errors_of_calls(api: str) -> Json:
    """Every way in which a call to a model can fail, by status."""
    return {status: error(api, description) for status, description in _OF_CALLS.items()}
