"""What can be asked of a provider, by the API it is asked in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproxy.domain.surfaces import Dialect

__all__ = [
    "BATCH_EMBED_CONTENTS",
    "CHAT",
    "COMPLETIONS",
    "COUNT_TOKENS",
    "EMBEDDINGS",
    "EMBED_CONTENT",
    "GEMINI_COUNT_TOKENS",
    "GENERATE_CONTENT",
    "MESSAGES",
    "OPERATIONS",
    "RESPONSES",
    "Api",
    "Operation",
]


Api: TypeAlias = Literal[
    "chat",
    "completions",
    "embeddings",
    "responses",
    "messages",
    "count_tokens",
    "generate_content",
    "gemini_count_tokens",
    "embed_content",
    "batch_embed_contents",
]


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of one API.

    Attributes:
        name: its name.
        wire: the API it is written in: ``openai``, ``responses``, ``anthropic`` or ``gemini``; the core and the faces go by it.
        speaks: the dialect of the providers that have it.
        generates: whether a model writes an answer: defaults, system prompts and streams are for those alone.
    """

    name: Api
    wire: str
    speaks: Dialect
    generates: bool = True


CHAT = Operation("chat", "openai", "openai")
COMPLETIONS = Operation("completions", "openai", "openai")
EMBEDDINGS = Operation("embeddings", "openai", "openai", generates=False)
RESPONSES = Operation("responses", "responses", "openai")
MESSAGES = Operation("messages", "anthropic", "anthropic")
COUNT_TOKENS = Operation("count_tokens", "anthropic", "anthropic", generates=False)
GENERATE_CONTENT = Operation("generate_content", "gemini", "gemini")
GEMINI_COUNT_TOKENS = Operation("gemini_count_tokens", "gemini", "gemini", generates=False)
EMBED_CONTENT = Operation("embed_content", "gemini", "gemini", generates=False)
BATCH_EMBED_CONTENTS = Operation("batch_embed_contents", "gemini", "gemini", generates=False)

OPERATIONS: Mapping[str, Operation] = {
    operation.name: operation
    for operation in (
        CHAT,
        COMPLETIONS,
        EMBEDDINGS,
        RESPONSES,
        MESSAGES,
        COUNT_TOKENS,
        GENERATE_CONTENT,
        GEMINI_COUNT_TOKENS,
        EMBED_CONTENT,
        BATCH_EMBED_CONTENTS,
    )
}
