"""The defaults that a model takes: what its client did not ask for must not have it refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.domain.operations import COMPLETIONS

if TYPE_CHECKING:
    from pyproxy.domain import Candidate, Request

__all__ = ["defaults_taken"]

Parameters = tuple[tuple[str, bytes], ...]

_SAMPLING = frozenset(("temperature", "top_p", "top_k"))
_PENALTIES = frozenset(("frequency_penalty", "presence_penalty"))
# In the body of a request that has a model think there is one of these, and in others hardly ever; none of them is in a text.
_THINKING = (b'"reasoning_effort"', b'"effort"', b'"thinking"', b'"thinkingConfig"', b'"thinking_config"')


def defaults_taken(candidate: Candidate, request: Request, defaults: Parameters) -> Parameters:
    """Those of the defaults, by their names in chat, that one model takes in a request, under the names that it takes.

    Where the shortest answer does, its bound goes before theirs. What is refused is left out before a request is translated, too: its
    client is told of no losses but of what it wrote.
    """
    if request.shortest:
        defaults = tuple({**dict(defaults), "max_tokens": b"%d" % candidate.capabilities.least_bound_in_chat}.items())
    if not defaults:
        return defaults
    refused = _refused(candidate, request.body)
    # The older API knows one name of the bound, whatever is behind it.
    bound = "max_tokens" if request.operation is COMPLETIONS else candidate.capabilities.bound_in_chat
    return tuple((bound if name == "max_tokens" else name, value) for name, value in defaults if name not in refused)


def _refused(candidate: Candidate, body: bytes) -> frozenset[str]:
    refused = frozenset[str]() if _is_sampled(candidate, body) else _SAMPLING
    if candidate.dialect == "anthropic":
        return refused | _PENALTIES
    if candidate.dialect == "openai" and candidate.capabilities.reasons_in_chat:
        return refused | _PENALTIES | {"stop"}
    return refused


def _is_sampled(candidate: Candidate, body: bytes) -> bool:
    takes = candidate.capabilities.takes_sampling
    return takes(thinks=True) or (takes(thinks=False) and not any(sign in body for sign in _THINKING))
