"""From what a request says of itself to what admission asks about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.admission import Caller, Prompt
from pyproxy.domain.instances import node_scope

if TYPE_CHECKING:
    from pyproxy.orchestration.journey import Journey

__all__ = ["caller_of"]


def caller_of(journey: Journey) -> Caller:
    """On whose behalf room is asked for, and how much of it."""
    envelope, node = journey.request.envelope, journey.node
    max_tokens = envelope.max_tokens
    if max_tokens is None and journey.request.shortest:
        max_tokens = 1  # whatever a model thinks about it is settled when it has answered
    if max_tokens is None and node is not None:
        max_tokens = node.defaults.max_tokens
    prompt = Prompt(envelope.text_bytes, envelope.images, max_tokens)
    scopes = journey.plan.scopes
    if node is None:
        return Caller(scopes, priority=journey.request.priority, prompt=prompt)
    own = node_scope(node.name)
    return Caller((*scopes, own), own, journey.request.priority, prompt)
