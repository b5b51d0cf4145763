"""Requests that went alike, told together: what is known of them all, and what they came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyproxy.rust_core import Flow

__all__ = ["AlikeRequests"]


@dataclass(frozen=True, slots=True)
class AlikeRequests:
    """Requests that were answered whole by their first call, without waiting for it; as `RequestRecord` tells of each.

    Attributes:
        route: the path asked for.
        target: the name in ``model``.
        node: the caller, if the configuration knows it, or ``-``.
        provider: the provider that answered.
        model: the model that answered.
        status: the HTTP status that the clients got.
        label: where the calls went, such as ``fast_group.echelon1/openai-gpt4``.
        called_ns: nanoseconds that the calls took until their answers were committed, all together.
        flow: how many requests there were, how long they took, their tokens.
    """

    route: str
    target: str
    node: str
    provider: str
    model: str
    status: int
    label: str
    called_ns: int
    flow: Flow

    @property
    def result(self) -> str:
        """How each call ended, as `Attempt` has it."""
        return str(self.status)
