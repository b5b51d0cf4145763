"""Requests: of the chat API to Gemini's ``generateContent`` and ``streamGenerateContent``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.chat_over_gemini.generation import generation_config_of
from pyproxy.dialects.translation.chat_over_gemini.messages import conversation_of
from pyproxy.dialects.translation.chat_over_gemini.tools import tool_config_of, tools_of
from pyproxy.dialects.translation.fields import Fields, camel
from pyproxy.dialects.translation.gemini.models import calls_beside_json
from pyproxy.dialects.translation.losses import Losses
from pyproxy.dialects.translation.schemas import instruction
from pyproxy.dialects.translation.translator import Translated

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["translate_request"]

# What the path says, or what is not for the provider to know.
_ELSEWHERE = ("model", "stream", "stream_options")


def translate_request(body: Json, call: Call) -> Translated:
    """Return Gemini's request for a chat client's. The model and whether it is a stream stand in its path.

    Raises:
        UntranslatableError: it cannot be asked of Gemini.
    """
    losses = Losses()
    fields = Fields(body, losses=losses)
    for name in _ELSEWHERE:
        fields.get(name)
    conversation = conversation_of(fields, call)
    request: Json = {"contents": conversation.contents}
    if conversation.instruction is not None:
        request["systemInstruction"] = conversation.instruction
    tools, tool_config = tools_of(fields), tool_config_of(fields, call.capabilities)
    if tools:
        request["tools"] = tools
        if tool_config is not None:
            request["toolConfig"] = tool_config
    config = generation_config_of(fields, call)
    if "responseMimeType" in config:
        _hold_or_ask(request, config, call, losses)
    _add_google(fields, request, config)
    if config:
        request["generationConfig"] = config
    if fields.get("service_tier") not in (None, "auto", "default"):
        fields.lose("service_tier")
    fields.done()
    return Translated(request, losses.names)


def _hold_or_ask(request: Json, config: Json, call: Call, losses: Losses) -> None:
    """Ask in words for the format that the model cannot be held to: any beside tools, or a schema."""
    if "tools" in request and not calls_beside_json(call.model):
        del config["responseMimeType"]
        losses.add("response_format")
    elif "responseJsonSchema" in config and not call.capabilities.json_schema:
        losses.add("response_format.json_schema")
    else:
        return
    words = instruction(config.pop("responseJsonSchema", None))
    request.setdefault("systemInstruction", {"parts": []})["parts"].append({"text": words})


def _add_google(body: Fields, request: Json, config: Json) -> None:
    """Add what clients of Google's own chat API say beyond chat: ``extra_body: {"google": {"thinking_config": …}}``."""
    extra = body.object("extra_body")
    google = None if extra is None else extra.object("google")
    if extra is not None:
        extra.done()
    if google is None:
        return
    thinking = google.get("thinking_config")
    if isinstance(thinking, dict):
        config["thinkingConfig"] = {camel(name): value for name, value in thinking.items()}
    for name in ("safety_settings", "cached_content"):
        value = google.get(name)
        if value is not None:
            request[camel(name)] = value
    google.done()
