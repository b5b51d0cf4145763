"""What a message cost, and why it ended, in the words of chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Json

__all__ = ["chat_usage", "finish_reason", "service_tier"]

_REASONS = {"max_tokens": "length", "model_context_window_exceeded": "length", "refusal": "content_filter", "tool_use": "tool_calls"}
_TIERS = {"standard": "default", "priority": "priority"}


def finish_reason(stop_reason: Any) -> str:
    """Return chat's word for a ``stop_reason``: what is new or ``end_turn``, ``stop_sequence`` and ``pause_turn`` are a stop."""
    return _REASONS.get(stop_reason, "stop") if isinstance(stop_reason, str) else "stop"


def chat_usage(usage: Any) -> Json:
    """Return chat's usage. Its prompt includes what was read from and written to the cache, unlike ``input_tokens``."""
    known = usage if isinstance(usage, dict) else {}
    read, written = _count(known, "cache_read_input_tokens"), _count(known, "cache_creation_input_tokens")
    prompt = _count(known, "input_tokens") + read + written
    completion = _count(known, "output_tokens")
    details: Json = {"cached_tokens": read}
    if written:
        details["cache_write_tokens"] = written
    result: Json = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": details,
    }
    if isinstance(thinking := known.get("output_tokens_details"), dict) and _count(thinking, "thinking_tokens"):
        result["completion_tokens_details"] = {"reasoning_tokens": _count(thinking, "thinking_tokens")}
    return result


def service_tier(usage: Any) -> Json:
    """Return the tier that served the request as a member, where chat has a word for it."""
    tier = usage.get("service_tier") if isinstance(usage, dict) else None
    return {"service_tier": _TIERS[tier]} if isinstance(tier, str) and tier in _TIERS else {}


def _count(usage: Json, name: str) -> int:
    value = usage.get(name)
    return max(value, 0) if isinstance(value, int) and not isinstance(value, bool) else 0
