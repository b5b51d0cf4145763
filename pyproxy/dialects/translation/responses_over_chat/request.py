"""A request of the responses API as one of chat completions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.losses import Losses
from pyproxy.dialects.translation.reading import read_count, read_list, read_object
from pyproxy.dialects.translation.responses_over_chat.conversation import chat_messages
from pyproxy.dialects.translation.responses_over_chat.tools import read_tools
from pyproxy.dialects.translation.schemas import instruction
from pyproxy.dialects.translation.translator import Translated, UntranslatableError

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["translate_request"]

_SAME = ("service_tier", "user", "safety_identifier")
_SAMPLING = ("temperature", "top_p")
_LOGPROBS = "message.output_text.logprobs"
# Reasoning is not sealed here: it comes in plain text.
_INCLUDED = frozenset((_LOGPROBS, "reasoning.encrypted_content"))
# Read below, or answered here: an answer repeats them, and nothing of a call is kept whatever `store` says.
_KNOWN = frozenset(
    (
        "model",
        "input",
        "instructions",
        "stream",
        "stream_options",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "max_output_tokens",
        "reasoning",
        "text",
        "include",
        "top_logprobs",
        "metadata",
        "store",
        *_SAME,
        *_SAMPLING,
    )
)
_ELSEWHERE = {
    "previous_response_id": "The turn that previous_response_id names is not kept here: send the whole conversation as input.",
    "conversation": "Conversations are not kept here: send the whole conversation as input.",
    "prompt": "Prompts that are kept elsewhere cannot be used with this target: send their text.",
    "background": "Responses in the background are not made here: ask for a stream.",
}


def translate_request(body: Json, call: Call) -> Translated:
    """Return the chat request.

    Raises:
        UntranslatableError: it cannot be asked of this provider.
    """
    for name, message in _ELSEWHERE.items():
        if body.get(name):
            raise UntranslatableError(message, name)
    losses = Losses()
    chat: Json = {"model": call.model, "messages": chat_messages(body.get("instructions"), body.get("input"), call, losses)}
    _refuse_images(chat["messages"], call)
    chat |= {name: body[name] for name in _SAME if body.get(name) is not None}
    chat |= _tools(body, call, losses)
    chat |= _reasoning(body, call, losses)
    chat |= _sampling(body, call, losses, thinks=chat.get("reasoning_effort", "none") != "none")
    chat |= _text(body, chat["messages"], call, losses)
    chat |= _logprobs(body, losses)
    chat |= _bound(body, call, losses)
    if call.stream:
        chat |= {"stream": True, "stream_options": {"include_usage": True}}
    for name, value in body.items():
        if name not in _KNOWN and name not in _ELSEWHERE and value is not None and (name, value) != ("truncation", "disabled"):
            losses.add(name)
    return Translated(chat, losses.names)


def _refuse_images(messages: list[Json], call: Call) -> None:
    contents = [message["content"] for message in messages if isinstance(message["content"], list)]
    if not call.capabilities.vision and any(part["type"] == "image_url" for content in contents for part in content):
        raise UntranslatableError(f"The model {call.model} takes no images.", "input")


def _bound(body: Json, call: Call, losses: Losses) -> Json:
    if body.get("max_output_tokens") is None:
        return {}
    asked, most = read_count(body["max_output_tokens"], "max_output_tokens"), call.capabilities.max_output
    if most is not None and asked > most:
        losses.add("max_output_tokens")
        asked = most
    return {call.capabilities.bound_in_chat: asked}


def _tools(body: Json, call: Call, losses: Losses) -> Json:
    members = read_tools(body.get("tools"), losses).chat_request(body.get("tool_choice"), losses)
    if members and isinstance(body.get("parallel_tool_calls"), bool):
        members["parallel_tool_calls"] = body["parallel_tool_calls"]
    if not call.capabilities.forced_tools and members.get("tool_choice") not in (None, "auto", "none"):
        losses.add("tool_choice")
        members["tool_choice"] = "auto"
    return members


def _sampling(body: Json, call: Call, losses: Losses, *, thinks: bool) -> Json:
    """What the model takes of the sampling parameters; on the way to a third API it is there that thinking rules them out."""
    members = {name: body[name] for name in _SAMPLING if body.get(name) is not None}
    if call.capabilities.takes_sampling(thinks=thinks and not call.in_between):
        return members
    for name in members:
        losses.add(name)
    return {}


def _reasoning(body: Json, call: Call, losses: Losses) -> Json:
    if body.get("reasoning") is None:
        return {}
    asked = read_object(body["reasoning"], "reasoning")
    for name, value in asked.items():
        # How reasoning is summed up is the translation's own affair: all of it is told.
        if value is not None and name not in ("effort", "summary", "generate_summary"):
            losses.add(f"reasoning.{name}")
    effort = asked.get("effort")
    if effort is None:
        return {}
    if _can_be_told(call):
        taken = call.capabilities.effort_taken(effort) if isinstance(effort, str) and not call.in_between else effort
        if taken != effort:
            losses.add("reasoning.effort")
        return {"reasoning_effort": taken}
    if effort != "none":
        losses.add("reasoning.effort")
    return {}


def _can_be_told(call: Call) -> bool:
    """Whether the model can be told how hard to think, and how much to say, or whoever comes behind."""
    return call.in_between or call.capabilities.thinking == "effort"


def _text(body: Json, messages: list[Json], call: Call, losses: Losses) -> Json:
    if body.get("text") is None:
        return {}
    asked = {name: value for name, value in read_object(body["text"], "text").items() if value is not None}
    form = asked.pop("format", None)
    members: Json = {} if form is None else _format(read_object(form, "text.format"), messages, call, losses)
    if "verbosity" in asked and _can_be_told(call):
        members["verbosity"] = asked.pop("verbosity")
    for name in asked:
        losses.add(f"text.{name}")
    return members


def _format(asked: Json, messages: list[Json], call: Call, losses: Losses) -> Json:
    kind = asked.get("type")
    if kind == "text":
        return {}
    if kind == "json_object":
        return {"response_format": {"type": "json_object"}}
    if kind != "json_schema":
        raise UntranslatableError("text.format is none of text, json_object and json_schema.", "text.format")
    if call.capabilities.json_schema or call.in_between:
        schema = {name: asked[name] for name in ("name", "description", "schema", "strict") if asked.get(name) is not None}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}
    losses.add("text.format")
    messages.insert(0, {"role": "system", "content": instruction(read_object(asked.get("schema"), "text.format.schema"))})
    return {}


def _logprobs(body: Json, losses: Losses) -> Json:
    included: list[Any] = [] if body.get("include") is None else read_list(body["include"], "include")
    if any(not isinstance(name, str) or name not in _INCLUDED for name in included):
        losses.add("include")
    most = body.get("top_logprobs")
    if most:
        return {"logprobs": True, "top_logprobs": most}
    return {"logprobs": True} if _LOGPROBS in included else {}
