"""What an in-process call gives back: a whole answer, or one piece of it after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Completion", "CompletionChunk"]


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole answer.

    Attributes:
        text: the answer's text; empty if the model called tools instead.
        target: the target asked for.
        model: the model that answered, by its name in the configuration.
        provider: the provider that answered.
        attempts: every upstream call, as ``scope/model:outcome``.
        usage: the provider's token counts, as it gave them.
        raw: the provider's whole answer.
    """

    text: str
    target: str
    model: str
    provider: str
    attempts: tuple[str, ...]
    usage: Mapping[str, Any]
    raw: Mapping[str, Any]

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class CompletionChunk:
    """One event of a streamed answer.

    Attributes:
        text: the text it adds; empty for roles, tool calls, usage and the end.
        finish_reason: why the answer ended, in the chunk that ends it.
        usage: the provider's token counts, in the chunk that has them.
        raw: the event as the provider sent it.
    """

    text: str
    finish_reason: str | None
    usage: Mapping[str, Any] | None
    raw: Mapping[str, Any]

    def __str__(self) -> str:
        return self.text
