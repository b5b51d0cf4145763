"""What an answer cost, and why it ended, in the words of the messages API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.chat.usage import ChatUsage, read_usage

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Json

__all__ = ["message_usage", "stop_reason", "stop_sequence"]

_REASONS = {"length": "max_tokens", "tool_calls": "tool_use", "function_call": "tool_use", "content_filter": "refusal"}
_TIERS = {"default": "standard", "priority": "priority"}


def stop_reason(finish_reason: Any, *, calls: bool, refuses: bool) -> str:
    """Return why an answer ended.

    Args:
        finish_reason: chat's word for it.
        calls: whether it calls tools, which some providers say was a stop.
        refuses: whether it is a refusal, which chat says was a stop.
    """
    reason = _REASONS.get(finish_reason, "end_turn") if isinstance(finish_reason, str) else "end_turn"
    if reason == "end_turn" and refuses:
        return "refusal"
    if reason == "end_turn" and calls:
        return "tool_use"
    return "end_turn" if reason == "tool_use" and not calls else reason


def stop_sequence(choice: Json) -> str | None:
    """Return the text that ended an answer, which vLLM tells and others keep to themselves."""
    text = choice.get("stop_reason")
    return text if choice.get("finish_reason") == "stop" and isinstance(text, str) and text else None


def message_usage(told: Any, tier: Any = None) -> Json:
    """Return the usage of a message, whose ``input_tokens`` are those that the cache had no part in, unlike chat's prompt."""
    usage = read_usage(told) or ChatUsage()
    result: Json = {
        "input_tokens": max(usage.prompt - usage.cached - usage.cache_written, 0),
        "cache_creation_input_tokens": usage.cache_written,
        "cache_read_input_tokens": usage.cached,
        "output_tokens": usage.completion,
    }
    if usage.reasoning:
        result["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    if isinstance(tier, str) and tier in _TIERS:
        result["service_tier"] = _TIERS[tier]
    return result
