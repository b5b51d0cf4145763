"""The members of a response that repeat its request, or say what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.chat.usage import read_usage
from pyproxy.dialects.translation.tool_ids import safe_id

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["item_id", "response_body", "response_usage"]

# What the API says of a request that leaves them out.
_DEFAULTS: Json = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "prompt_cache_key": None,
    "safety_identifier": None,
    "service_tier": None,
    "store": True,
    "temperature": 1.0,
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}


def response_body(call: Call, model: str) -> Json:
    """Return a response that has just begun."""
    asked = {name: call.asked[name] for name in _DEFAULTS if call.asked.get(name) is not None}
    return {
        "id": item_id("resp", call),
        "object": "response",
        "created_at": call.created,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "model": model,
        "output": [],
        "usage": None,
        **_DEFAULTS,
        **asked,
        "previous_response_id": call.continues,
        "reasoning": {"effort": None, "summary": None, **_object(call.asked.get("reasoning"))},
        "text": {"format": {"type": "text"}, **_object(call.asked.get("text"))},
    }


def item_id(kind: str, call: Call, place: int | None = None) -> str:
    """Return the id of a response or of an item of its output: always the same for the same call."""
    base = f"{kind}_{safe_id(call.id, 40)}"
    return base if place is None else f"{base}_{place}"


def response_usage(told: Any) -> Json | None:
    """Return what a chat completion says of its tokens, in the words of the responses API."""
    usage = read_usage(told)
    if usage is None:
        return None
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": usage.cache_written},
        "output_tokens": usage.completion,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.prompt + usage.completion,
    }


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
