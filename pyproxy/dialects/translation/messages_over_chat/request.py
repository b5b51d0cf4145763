"""A messages request as a chat request."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pyproxy.dialects.translation.chat.bounds import stops_taken
from pyproxy.dialects.translation.chat.efforts import effort_told
from pyproxy.dialects.translation.chat.schemas import rooted, strict_schema
from pyproxy.dialects.translation.losses import Losses
from pyproxy.dialects.translation.messages_over_chat.conversation import read_messages
from pyproxy.dialects.translation.messages_over_chat.tools import read_tools
from pyproxy.dialects.translation.reading import read_count, read_list, read_number, read_object, read_text
from pyproxy.dialects.translation.schemas import instruction
from pyproxy.dialects.translation.translator import Translated, UntranslatableError

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["translate_request"]

_LONGEST_USER = 64
_TIERS = {"auto": "auto", "standard_only": "default"}
# Up to how many tokens of a budget each effort stands for.
_EFFORTS = ((4_096, "low"), (12_288, "medium"))
_READ = frozenset(
    {
        "model", "messages", "system", "stream", "tools", "tool_choice", "max_tokens", "temperature", "top_p", "stop_sequences",
        "thinking", "output_config", "output_format", "metadata", "service_tier",
    }
)  # fmt: skip
# Values that ask for nothing.
_NEUTRAL = {"mcp_servers": [], "betas": [], "speed": "standard"}


def translate_request(body: Json, call: Call) -> Translated:
    """Return a chat request for a messages request.

    Raises:
        UntranslatableError: it asks for what the chat API has not.
    """
    losses = Losses()
    given = {name: value for name, value in body.items() if value is not None}
    request: Json = {"model": call.model, "messages": read_messages(given, call, losses)}
    request |= _max_tokens(given, call, losses) | _stop(given, call, losses)
    request |= read_tools(given, call, losses)
    _add_output(given, request, call, losses)
    request |= _sampling(given, call, losses, thinks=request.get("reasoning_effort", "none") != "none")
    request |= _service(given, losses)
    if call.stream:
        # Without the usage at its end the client's stream could not tell any.
        request |= {"stream": True, "stream_options": {"include_usage": True}}
    read = _READ | {"top_k"} if call.in_between else _READ
    for name, value in given.items():
        if name not in read and (name not in _NEUTRAL or value != _NEUTRAL[name]):
            losses.add(name)
    return Translated(request, losses.names)


def _max_tokens(given: Json, call: Call, losses: Losses) -> Json:
    if "max_tokens" not in given:
        return {}
    asked = read_count(given["max_tokens"], "max_tokens")
    if asked <= 0:
        raise UntranslatableError("max_tokens is not positive; this provider's cache cannot be filled without an answer.", "max_tokens")
    most = call.capabilities.max_output
    if most is not None and asked > most:
        losses.add("max_tokens")
        asked = most
    return {call.capabilities.bound_in_chat: asked}


def _sampling(given: Json, call: Call, losses: Losses, *, thinks: bool) -> Json:
    """Return what the model takes of the sampling parameters; on the way to a third API it is there that thinking rules them out."""
    kept: Json = {}
    for name in ("temperature", "top_p", *(("top_k",) if call.in_between else ())):
        if name not in given:
            continue
        value = read_number(given[name], name)
        if call.capabilities.takes_sampling(thinks=thinks and not call.in_between):
            kept[name] = value
        elif value != 1:
            losses.add(name)
    return kept


def _stop(given: Json, call: Call, losses: Losses) -> Json:
    asked = read_list(given.get("stop_sequences", []), "stop_sequences")
    texts = [read_text(item, f"stop_sequences[{index}]") for index, item in enumerate(asked)]
    taken = stops_taken(texts, call)
    if len(taken) < len(texts):
        losses.add("stop_sequences")
    return {"stop": taken} if taken else {}


def _service(given: Json, losses: Losses) -> Json:
    members: Json = {}
    metadata = read_object(given.get("metadata", {}), "metadata")
    if (user := metadata.get("user_id")) is not None:
        identifier = read_text(user, "metadata.user_id")
        long = len(identifier) > _LONGEST_USER
        members["user"] = hashlib.sha256(identifier.encode(errors="surrogatepass")).hexdigest() if long else identifier
    tier = given.get("service_tier")
    if isinstance(tier, str) and tier in _TIERS:
        members["service_tier"] = _TIERS[tier]
    elif tier is not None:
        losses.add("service_tier")
    return members


def _add_output(given: Json, request: Json, call: Call, losses: Losses) -> None:
    config = read_object(given.get("output_config", {}), "output_config")
    asked = given.get("output_format", config.get("format"))  # the first was its name while it was tried out
    if asked is not None:
        _add_format(read_object(asked, "output_config.format"), request, call, losses)
    _add_effort(given, config.get("effort"), request, call, losses)


def _add_format(asked: Json, request: Json, call: Call, losses: Losses) -> None:
    if asked.get("type") != "json_schema":
        raise UntranslatableError("output_config.format.type is not json_schema.", "output_config.format.type")
    schema = read_object(asked.get("schema"), "output_config.format.schema")
    if call.capabilities.json_schema:
        strict = None if call.in_between else strict_schema(schema := rooted(schema), close=True)
        described = {"name": "answer", "schema": schema if strict is None else strict.schema, "strict": strict is not None}
        request["response_format"] = {"type": "json_schema", "json_schema": described}
        if not call.in_between and (strict is None or not strict.exact):
            losses.add("output_config.format.schema")
        return
    losses.add("output_config.format")
    request["messages"].insert(0, {"role": "system", "content": instruction(schema)})


def _add_effort(given: Json, asked: object, request: Json, call: Call, losses: Losses) -> None:
    """Say how hard to think, to those that can be told, and whoever comes behind another translation."""
    thinking = read_object(given.get("thinking", {}), "thinking")
    off = thinking.get("type") in ("disabled", "between_tools")
    effort = "none" if off else asked or _effort_of_budget(thinking) or ("high" if thinking and call.in_between else None)
    name = "thinking" if thinking and (off or asked is None) else "output_config.effort"
    if isinstance(effort, str) and call.in_between:
        # A budget goes on as the number that it is; an effort beside it goes before it where words are wanted.
        if not off and (budget := _budget(thinking)) is not None:
            request["thinking"] = {"type": "enabled", "budget_tokens": budget}
        if asked is not None or "thinking" not in request:
            request["reasoning_effort"] = effort
    elif isinstance(effort, str) and call.capabilities.thinking == "effort":
        word, exact = effort_told(effort, call.capabilities)
        if word is not None:
            request["reasoning_effort"] = word
        if not exact:
            losses.add(name)
    elif (thinking and not off) or asked is not None:
        losses.add("thinking" if thinking and not off else "output_config.effort")


def _effort_of_budget(thinking: Json) -> str | None:
    budget = _budget(thinking)
    return None if budget is None else next((name for most, name in _EFFORTS if budget <= most), "high")


def _budget(thinking: Json) -> int | None:
    budget = thinking.get("budget_tokens")
    return None if budget is None else read_count(budget, "thinking.budget_tokens")
