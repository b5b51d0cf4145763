"""What a path asks for: which operation of which API, and what some of them say of the call beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from pyproxy.dialects.faces import FACES
from pyproxy.domain.operations import (
    BATCH_EMBED_CONTENTS,
    CHAT,
    COMPLETIONS,
    COUNT_TOKENS,
    EMBED_CONTENT,
    EMBEDDINGS,
    GEMINI_COUNT_TOKENS,
    GENERATE_CONTENT,
    MESSAGES,
    RESPONSES,
    Operation,
)
from pyproxy.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import Scope

    from pyproxy.dialects.face import Face

__all__ = ["GEMINI_METHODS", "GEMINI_VERSIONS", "PATHS", "Asked", "always", "asked_of_gemini", "face_of"]

PATHS: Mapping[str, Operation] = {
    "/v1/chat/completions": CHAT,
    "/v1/completions": COMPLETIONS,
    "/v1/embeddings": EMBEDDINGS,
    "/v1/responses": RESPONSES,
    "/v1/messages": MESSAGES,
    "/v1/messages/count_tokens": COUNT_TOKENS,
}
"""Routes whose body says the rest."""
GEMINI_VERSIONS = ("/v1beta", "/v1")
GEMINI_METHODS: Mapping[str, Operation] = {
    "generateContent": GENERATE_CONTENT,
    "streamGenerateContent": GENERATE_CONTENT,
    "countTokens": GEMINI_COUNT_TOKENS,
    "embedContent": EMBED_CONTENT,
    "batchEmbedContents": BATCH_EMBED_CONTENTS,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a path asks for.

    Attributes:
        operation: what is asked, in which API.
        model: the target, where the path names it.
        stream: whether a stream of events is wanted, where the path says so.
        in_array: whether the answer is wanted as the one item of an array.
    """

    operation: Operation
    model: str | None = None
    stream: bool | None = None
    in_array: bool = False


def always(operation: Operation) -> Callable[[Scope], Asked]:
    """What a path asks for that stands for one operation."""
    asked = Asked(operation)
    return lambda _: asked


def asked_of_gemini(scope: Scope) -> Asked:
    """What ``/v1beta/models/TARGET:METHOD`` asks for; the target may hold colons itself.

    A stream without ``alt=sse`` is an array of answers in Gemini's API, which nobody can read before its end: so it is one answer, in
    an array.

    Raises:
        NotFound: there is no such method, or no model in the path.
    """
    resource = scope["path"].partition("/models/")[2]
    target, colon, method = resource.rpartition(":")
    operation = GEMINI_METHODS.get(method)
    if not colon or not target or operation is None:
        raise NotFound(f"There is nothing at {scope['path'][:200]}; ask models/TARGET:METHOD for one of {', '.join(GEMINI_METHODS)}.")
    streams = method == "streamGenerateContent"
    in_events = streams and dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("alt") == "sse"
    return Asked(operation, target, in_events, in_array=streams and not in_events)


def face_of(path: str) -> Face:
    """The API that the client of a route reads, whether there is such a route or not."""
    if path.startswith("/v1/messages"):
        return FACES["anthropic"]
    if path.startswith("/v1/responses"):
        return FACES["responses"]
    is_gemini = path.startswith("/v1beta/") or (path.startswith("/v1/models/") and path.rpartition(":")[2] in GEMINI_METHODS)
    return FACES["gemini" if is_gemini else "openai"]
