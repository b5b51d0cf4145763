"""What an answer of the chat API cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Json

__all__ = ["ChatUsage", "read_usage"]


class ChatUsage(NamedTuple):
    """Numbers of tokens.

    Attributes:
        prompt: all of the prompt, what a cache had a part in included.
        completion: all of the answer, its reasoning included.
        cached: what of the prompt was read from a cache.
        cache_written: what of it was written to one.
        reasoning: what of the answer is reasoning.
    """

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    cache_written: int = 0
    reasoning: int = 0


def read_usage(told: Any) -> ChatUsage | None:
    """Read a usage; None if there is none. What is no number counts as nothing: no answer is worth failing for it."""
    if not isinstance(told, dict):
        return None
    of_prompt, of_completion = _object(told, "prompt_tokens_details"), _object(told, "completion_tokens_details")
    prompt, completion = _count(told, "prompt_tokens"), _count(told, "completion_tokens")
    reasoning = _count(of_completion, "reasoning_tokens")
    # Most count reasoning as part of the completion, xAI beside it: the total tells.
    if reasoning and _count(told, "total_tokens") == prompt + completion + reasoning:
        completion += reasoning
    # The second is DeepSeek's.
    cached = _count(of_prompt, "cached_tokens") or _count(told, "prompt_cache_hit_tokens")
    return ChatUsage(prompt, completion, cached, _count(of_prompt, "cache_write_tokens"), min(reasoning, completion))


def _object(usage: Json, name: str) -> Json:
    value = usage.get(name)
    return value if isinstance(value, dict) else {}


def _count(usage: Json, name: str) -> int:
    value = usage.get(name)
    return max(value, 0) if isinstance(value, int) and not isinstance(value, bool) else 0
