"""Gemini's ``generationConfig`` as parameters of a chat request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.chat.bounds import stops_taken
from pyproxy.dialects.translation.chat.efforts import Told, effort_told
from pyproxy.dialects.translation.chat.schemas import rooted, strict_schema
from pyproxy.dialects.translation.gemini_over_chat.schemas import json_schema_of
from pyproxy.dialects.translation.schemas import choice_instruction, instruction

if TYPE_CHECKING:
    from pyproxy.dialects.translation.fields import Fields
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["add_parameters"]

_LEVELS = frozenset({"minimal", "low", "medium", "high", "xhigh"})
_LOW, _MEDIUM = 1024, 8192


def add_parameters(config: Fields, request: Json, call: Call) -> None:
    """Add to a chat request what the configuration says; what it leaves open is left open."""
    found: Json = {}
    thinking = config.object("thinkingConfig")
    if thinking is not None:
        budget = thinking.count("thinkingBudget")
        if call.in_between and budget is not None and budget > 0 and not thinking.text("thinkingLevel"):
            found["thinking"] = {"type": "enabled", "budget_tokens": budget}
            thinking.get("includeThoughts")
        else:
            found["reasoning_effort"] = _effort(thinking, call)
        thinking.done()
    _sampling(config, found, call)
    _bounds(config, found, call)
    found["response_format"] = _format(config, request, call)
    if config.flag("responseLogprobs") and not call.capabilities.sampling:
        config.get("logprobs")
        config.lose("responseLogprobs")
    elif config.flag("responseLogprobs"):
        found.update(logprobs=True, top_logprobs=config.count("logprobs"))
    for modality in config.texts("responseModalities"):
        if modality.upper() not in ("TEXT", "MODALITY_UNSPECIFIED"):
            raise config.fault("responseModalities", f"This provider answers in text only, not as {modality}.")
    config.done()
    request.update({name: value for name, value in found.items() if value is not None})


def _sampling(config: Fields, found: Json, call: Call) -> None:
    # On the way to a third API it is there that thinking rules them out.
    takes = call.capabilities.takes_sampling(thinks=found.get("reasoning_effort") not in (None, "none") and not call.in_between)
    for name, member in (("temperature", "temperature"), ("topP", "top_p")):
        value = config.number(name)
        if takes:
            found[member] = value
        elif value not in (None, 1):
            config.lose(name)
    most_likely = config.number("topK")
    if most_likely is not None and not (call.in_between and takes):
        config.lose("topK")  # OpenAI's API refuses what it does not know
    elif most_likely is not None:
        found["top_k"] = most_likely
    penalised = call.capabilities.sampling and (call.in_between or not call.capabilities.reasons_in_chat)
    for name, member in (("presencePenalty", "presence_penalty"), ("frequencyPenalty", "frequency_penalty")):
        value = config.number(name)
        if penalised:
            found[member] = value
        elif value:
            config.lose(name)
    found["seed"] = config.count("seed")


def _bounds(config: Fields, found: Json, call: Call) -> None:
    most = config.count("maxOutputTokens")
    bound = call.capabilities.max_output
    if most is not None and bound is not None and most > bound:
        config.lose("maxOutputTokens")
        most = bound
    found[call.capabilities.bound_in_chat] = most
    stops = [stop for stop in config.texts("stopSequences") if stop]
    taken = stops_taken(stops, call)
    if len(taken) < len(stops):
        config.lose("stopSequences")
    found["stop"] = taken or None
    count = config.count("candidateCount")
    found["n"] = None if count == 1 else count


def _format(config: Fields, request: Json, call: Call) -> Json | None:
    kind = config.text("responseMimeType") or "text/plain"
    schema, own = config.get("responseJsonSchema"), config.get("responseSchema")
    for name in ("responseJsonSchema", "responseSchema"):
        config.object(name)  # it has to be one
    if schema is None and own is not None:
        schema = json_schema_of(own)
    if kind == "text/plain":
        return None
    if kind == "text/x.enum" and isinstance(schema, dict) and isinstance(schema.get("enum"), list):
        # Not a value of JSON but its text alone: no format of chat's is that.
        config.lose("responseSchema" if own is not None else "responseJsonSchema")
        request["messages"].insert(0, {"role": "system", "content": choice_instruction(schema)})
        return None
    if kind != "application/json":
        config.lose("responseMimeType")
        return None
    if schema is None:
        if not call.in_between and not _speaks_of_json(request["messages"]):
            # OpenAI refuses the format unless a message says so, too.
            request["messages"].insert(0, {"role": "system", "content": instruction(None)})
        return {"type": "json_object"}
    if not call.capabilities.json_schema:
        config.lose("responseSchema" if own is not None else "responseJsonSchema")
        request["messages"].insert(0, {"role": "system", "content": instruction(schema)})
        return {"type": "json_object"}
    # Only strict schemas bind a model, and only some can be strict. Gemini gives no members but those described, so all are closed.
    strict = None if call.in_between else strict_schema(schema := rooted(schema), close=True)
    if not call.in_between and (strict is None or not strict.exact):
        config.lose("responseSchema" if own is not None else "responseJsonSchema")
    described = {"schema": schema if strict is None else strict.schema, "strict": strict is not None}
    return {"type": "json_schema", "json_schema": {"name": "answer", **described}}


def _speaks_of_json(messages: list[Json]) -> bool:
    contents = [message.get("content") for message in messages]
    texts = [part.get("text") for content in contents for part in (content if isinstance(content, list) else [{"text": content}])]
    return any(isinstance(text, str) and "json" in text.lower() for text in texts)


def _effort(thinking: Fields, call: Call) -> str | None:
    """How hard to think, for models that can be told in this way; others would refuse this, unless it is only a step."""
    asked = _asked_effort(thinking)
    if call.in_between or asked is None:
        return asked
    word, exact = effort_told(asked, call.capabilities) if call.capabilities.thinking == "effort" else Told(None, exact=asked == "none")
    if not exact:
        thinking.lose("thinkingBudget" if thinking.get("thinkingLevel") is None else "thinkingLevel")
    return word


def _asked_effort(thinking: Fields) -> str | None:
    level, budget = (thinking.text("thinkingLevel") or "").lower(), thinking.count("thinkingBudget")
    thinking.get("includeThoughts")  # providers that tell them at all do so unasked
    if level in _LEVELS:
        return level
    if level not in ("", "thinking_level_unspecified"):
        thinking.lose("thinkingLevel")
    if budget is None or budget < 0:
        return None
    if budget == 0:
        return "none"
    return "low" if budget <= _LOW else "medium" if budget <= _MEDIUM else "high"
