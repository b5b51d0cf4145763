"""The routes that call a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.http.asked import GEMINI_METHODS, GEMINI_VERSIONS, PATHS
from pyproxy.http.openapi.answers import JSON_TYPE, answer, errors_of_calls
from pyproxy.http.openapi.headers import CALL_PARAMETERS
from pyproxy.http.openapi.shorthand import STRING, ref, said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyproxy.domain.operations import Operation
    from pyproxy.http.openapi.shorthand import Json

__all__ = ["TAGS", "call_paths"]

TAGS: Mapping[str, str] = {
    "openai": "OpenAI's APIs but for responses.",
    "responses": "OpenAI's responses API.",
    "anthropic": "Anthropic's messages API.",
    "gemini": "Google's Gemini API, under both of its versions.",
}
"""By the names of the APIs; what each is."""

_SUMMARIES: Mapping[str, str] = {
    "chat": "Answer a chat",
    "completions": "Complete a text",
    "embeddings": "Embed texts",
    "responses": "Create a response",
    "messages": "Answer a conversation",
    "count_tokens": "Count the tokens of a conversation",
    "generateContent": "Answer contents",
    "streamGenerateContent": "Answer contents in a stream",
    "countTokens": "Count the tokens of contents",
    "embedContent": "Embed one content",
    "batchEmbedContents": "Embed several contents",
}
_IN_BODY = frozenset(("chat", "completions", "responses", "messages"))
_TARGET = {
    "name": "target",
    "in": "path",
    "required": True,
    "schema": {**STRING, "minLength": 1},
    "description": "A target: a task group, an echelon, a pool, a wrapper, a node, a model or an alias.",
}
_ALT = {
    "name": "alt",
    "in": "query",
    "schema": said("sse", "json"),
    "description": "`sse` for server-sent events; without it the answer is an array, whole at the end.",
}


def call_paths() -> Iterator[tuple[str, Json]]:
    """Every path with what can be asked there."""
    for path, operation in PATHS.items():
        answered = answer(operation.name, streams=operation.name in _IN_BODY)
        yield path, {"post": _call(operation, operation.name, operation.name, answered)}
    for version in GEMINI_VERSIONS:
        for method, operation in GEMINI_METHODS.items():
            yield f"{version}/models/{{target}}:{method}", {"post": _gemini_call(operation, method, version)}


def _call(operation: Operation, name: str, operation_id: str, answered: Json) -> Json:
    return {
        "operationId": operation_id,
        "summary": _SUMMARIES[name],
        "description": _description(operation),
        "tags": [operation.wire],
        "parameters": list(CALL_PARAMETERS),
        "requestBody": {"required": True, "content": {JSON_TYPE: {"schema": ref("schemas", f"{operation.name}_request")}}},
        "responses": {"200": answered, **errors_of_calls("openai" if operation.wire == "responses" else operation.wire)},
    }


def _gemini_call(operation: Operation, method: str, version: str) -> Json:
    streams = method == "streamGenerateContent"
    call = _call(operation, method, f"{method}_{version.strip('/')}", answer(operation.name, streams=streams, in_array=streams))
    call["parameters"] = [_TARGET, *([_ALT] if streams else []), *CALL_PARAMETERS]
    return call


def _description(operation: Operation) -> str:
    passes = "Passes byte for byte to providers that speak this API, but for the model's name and the credential"
    if operation.generates and operation.name != "completions":
        return f"{passes}; translated for others, and `x-pyproxy-lossy` says what they have no place for."
    if operation.name.endswith("count_tokens"):
        return f"{passes}; where there is none the count is an estimate, and `x-pyproxy-lossy` says so."
    if operation.name == "completions":
        return f"{passes}; others cannot be asked for it."
    return f"{passes}; translated between OpenAI's and Google's."
