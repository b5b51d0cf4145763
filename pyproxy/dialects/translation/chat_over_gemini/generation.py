"""The parameters of a chat request as Gemini's ``generationConfig``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.chat_over_gemini.thinking import thinking_of
from pyproxy.dialects.translation.fields import camel

if TYPE_CHECKING:
    from pyproxy.dialects.translation.fields import Fields
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["generation_config_of"]

_MOST_STOPS = 5


def generation_config_of(body: Fields, call: Call) -> Json:
    """Return Gemini's ``generationConfig``; what a request leaves open is left open."""
    config: Json = {}
    _sampling(body, call, config)
    _bounds(body, call, config)
    _format(body, config)
    _logprobs(body, config)
    thinking = thinking_of(body, call, config.get("maxOutputTokens"))
    if thinking:
        config["thinkingConfig"] = thinking
    return {name: value for name, value in config.items() if value is not None}


def _sampling(body: Fields, call: Call, config: Json) -> None:
    for name in ("temperature", "top_p", "top_k"):
        value = body.number(name)
        if call.capabilities.sampling:
            config[camel(name)] = value
        elif value not in (None, 1):
            body.lose(name)
    for name in ("presence_penalty", "frequency_penalty"):
        config[camel(name)] = body.number(name) or None  # many models know none, and refuse even one of nothing
    config["seed"] = body.count("seed")


def _bounds(body: Fields, call: Call, config: Json) -> None:
    newer, older = body.count("max_completion_tokens"), body.count("max_tokens")
    most = older if newer is None else newer
    bound = call.capabilities.max_output
    if most is not None and bound is not None and most > bound:
        body.lose("max_tokens" if newer is None else "max_completion_tokens")
        most = bound
    config["maxOutputTokens"] = most
    stops = [stop for stop in body.texts("stop") if stop]
    if len(stops) > _MOST_STOPS:
        body.lose("stop")
    config["stopSequences"] = stops[:_MOST_STOPS] or None
    count = body.count("n")
    config["candidateCount"] = None if count == 1 else count


def _format(body: Fields, config: Json) -> None:
    if "audio" in body.texts("modalities"):
        raise body.fault("modalities", "An answer in sound cannot be had from this provider in the chat API.")
    wanted = body.object("response_format")
    if wanted is None:
        return
    kind = wanted.text("type")
    if kind == "text":
        return
    if kind not in ("json_object", "json_schema"):
        raise wanted.fault("type", f"{wanted.at('type')} is none that this provider knows: {kind!r}.")
    config["responseMimeType"] = "application/json"
    described = wanted.object("json_schema") if kind == "json_schema" else None
    if described is not None and described.object("schema") is not None:
        config["responseJsonSchema"] = described.get("schema")


def _logprobs(body: Fields, config: Json) -> None:
    if body.flag("logprobs"):
        config["responseLogprobs"] = True
        config["logprobs"] = body.count("top_logprobs")
