"""A chat request as a messages request."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pyproxy.dialects.translation.chat_over_messages.conversation import read_conversation
from pyproxy.dialects.translation.chat_over_messages.formats import add_format
from pyproxy.dialects.translation.chat_over_messages.thinking import add_thinking
from pyproxy.dialects.translation.chat_over_messages.tools import read_tools, tools_of_the_past
from pyproxy.dialects.translation.losses import Losses
from pyproxy.dialects.translation.reading import read_count, read_list, read_number, read_text
from pyproxy.dialects.translation.translator import Translated, UntranslatableError

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["translate_request"]

# What a provider that must be given a bound is given for a model whose own is not known.
DEFAULT_MAX_TOKENS = 4_096

_LONGEST_USER = 256
_TIERS = {"auto": "auto", "priority": "auto", "default": "standard_only"}
# The members that are read below, and those that say of the call what is known of it anyway.
_READ = frozenset(
    {
        "model", "messages", "stream", "stream_options", "n", "modalities", "audio", "functions", "function_call", "tools", "tool_choice",
        "parallel_tool_calls", "max_tokens", "max_completion_tokens", "reasoning_effort", "thinking", "temperature", "top_p", "top_k",
        "stop", "response_format", "user", "safety_identifier", "service_tier", "cache_control",
    }
)  # fmt: skip
# Values that ask for nothing.
_NEUTRAL = {
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "logprobs": False,
    "top_logprobs": 0,
    "logit_bias": {},
    "store": False,
    "metadata": {},
}


def translate_request(body: Json, call: Call) -> Translated:
    """Return a messages request for a chat request.

    Raises:
        UntranslatableError: it asks for what the messages API has not.
    """
    losses = Losses()
    given = {name: value for name, value in body.items() if value is not None}
    _refuse_what_cannot_be(given)
    conversation = read_conversation(given.get("messages"), call, losses)
    request: Json = {"model": call.model, "max_tokens": _max_tokens(given, call, losses), "messages": conversation.turns}
    system = conversation.system
    request |= read_tools(given, system, call, losses) or tools_of_the_past(conversation.turns)
    thinks = add_thinking(given, request, call, losses, spare=_spare(given, call))
    request |= _sampling(given, call, losses, thinks=thinks) | _stop(given, losses) | _service(given, losses)
    add_format(given, request, system, call, losses)
    if system:
        request["system"] = system
    if call.stream:
        request["stream"] = True
    for name, value in given.items():
        if name not in _READ and (name not in _NEUTRAL or value != _NEUTRAL[name]):
            losses.add(name)
    return Translated(request, losses.names)


def _refuse_what_cannot_be(given: Json) -> None:
    if given.get("n", 1) != 1:
        raise UntranslatableError("This model gives one answer to a request: ask with n = 1.", "n")
    modalities = given.get("modalities", ["text"])
    if "audio" in given or (isinstance(modalities, list) and "audio" in modalities):
        raise UntranslatableError("This model gives no audio: ask for text.", "modalities")
    for name, instead in (("functions", "tools"), ("function_call", "tool_choice")):
        if given.get(name):
            raise UntranslatableError(f"{name} is deprecated and not translated: use {instead}.", name)


def _max_tokens(given: Json, call: Call, losses: Losses) -> int:
    name = "max_completion_tokens" if "max_completion_tokens" in given else "max_tokens"
    most = call.capabilities.max_output
    if name not in given:
        return most or DEFAULT_MAX_TOKENS
    asked = read_count(given[name], name)
    if most is not None and asked > most:
        losses.add(name)
        return most
    return asked


def _spare(given: Json, call: Call) -> int | None:
    bounded = "max_completion_tokens" in given or "max_tokens" in given or call.capabilities.max_output is not None
    return 0 if bounded else None


def _sampling(given: Json, call: Call, losses: Losses, *, thinks: bool) -> Json:
    """Return what the model takes of the sampling parameters; those that only repeat its defaults are left out."""
    kept: Json = {}
    for name in ("temperature", "top_p", "top_k"):
        if name not in given or (value := read_number(given[name], name)) == (None if name == "top_k" else 1):
            continue
        # Models that think, and newer ones always, refuse them; others refuse two at once.
        if thinks or not call.capabilities.sampling or (name == "top_p" and "temperature" in kept):
            losses.add(name)
            continue
        if name == "temperature" and value > 1:
            losses.add(name)
            value = 1
        kept[name] = value
    return kept


def _stop(given: Json, losses: Losses) -> Json:
    stop = given.get("stop", [])
    asked = [stop] if isinstance(stop, str) else [read_text(item, f"stop[{index}]") for index, item in enumerate(read_list(stop, "stop"))]
    kept = [text for text in asked if text.strip()]  # one without a visible character is refused
    if len(kept) < len(asked):
        losses.add("stop")
    return {"stop_sequences": kept} if kept else {}


def _service(given: Json, losses: Losses) -> Json:
    members: Json = {}
    user = given.get("user", given.get("safety_identifier"))
    if "safety_identifier" in given and given["safety_identifier"] != user:
        losses.add("safety_identifier")  # there is one place for both
    if user is not None:
        identifier = read_text(user, "user")
        long = len(identifier) > _LONGEST_USER
        members["metadata"] = {"user_id": hashlib.sha256(identifier.encode(errors="surrogatepass")).hexdigest() if long else identifier}
    tier = given.get("service_tier")
    if isinstance(tier, str) and tier in _TIERS:
        members["service_tier"] = _TIERS[tier]
    elif tier is not None:
        losses.add("service_tier")
    if isinstance(given.get("cache_control"), dict):
        members["cache_control"] = given["cache_control"]
    return members
