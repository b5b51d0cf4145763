"""What an in-process call gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Completion"]


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
