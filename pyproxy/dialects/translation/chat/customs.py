"""Custom tools of chat's clients at providers that know functions alone: as functions on the way there, as themselves on the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from pyproxy.dialects.translation.custom_tools import CUSTOM_PARAMETERS, custom_arguments, custom_description, custom_input
from pyproxy.dialects.translation.losses import Losses
from pyproxy.dialects.translation.reading import read_object, read_text
from pyproxy.dialects.translation.translator import Translated

if TYPE_CHECKING:
    from pyproxy.dialects.translation.events import Event
    from pyproxy.dialects.translation.translator import Call, Json, StreamTranslator, Translator

__all__ = ["CustomTools"]


class CustomTools:
    """A translator that serves clients of chat, and their custom tools, too.

    Args:
        translator: knows functions alone.
    """

    def __init__(self, translator: Translator) -> None:
        self._translator = translator

    def request(self, body: Json, call: Call) -> Translated:
        """The provider's request for a client's. See `Translator.request`."""
        losses = Losses()
        made, lost = self._translator.request(_with_functions(body, losses), call)
        return Translated(made, tuple(dict.fromkeys((*lost, *losses.names))))

    def response(self, body: Json, call: Call) -> Translated:
        """The client's whole answer for a provider's. See `Translator.response`."""
        translated = self._translator.response(body, call)
        customs = _customs(call.asked)
        for choice in translated.body.get("choices", ()) if customs else ():
            message = choice["message"]
            if calls := message.get("tool_calls"):
                message["tool_calls"] = [_called(each, customs) for each in calls]
        return translated

    def stream(self, call: Call) -> StreamTranslator:
        """Begin to translate a stream."""
        stream = self._translator.stream(call)
        customs = _customs(call.asked)
        return _CustomStream(stream, customs) if customs else stream


class _CustomStream:
    """Holds the calls of custom tools until their arguments are whole, for only then is the text within known."""

    def __init__(self, stream: StreamTranslator, customs: frozenset[str]) -> None:
        self._stream = stream
        self._customs = customs
        self._held: dict[tuple[int, int], Json] = {}

    @property
    def lost(self) -> tuple[str, ...]:
        return self._stream.lost

    def feed(self, event: Event) -> list[Event]:
        return [told for each in self._stream.feed(event) for told in self._told(each)]

    def finish(self) -> list[Event]:
        return [told for each in self._stream.finish() for told in self._told(each)]

    def _told(self, event: Event) -> list[Event]:
        choices = event.data.get("choices") if isinstance(event.data, dict) else None
        if not choices:
            return [event]
        for choice in choices:
            delta = choice["delta"]
            if calls := delta.get("tool_calls"):
                left = [each for each in calls if not self._holds(choice["index"], each)]
                choice["delta"] = {**delta, "tool_calls": left} if left else {name: delta[name] for name in delta if name != "tool_calls"}
            if choice.get("finish_reason") is not None:
                whole = [self._held.pop(place) for place in sorted(self._held) if place[0] == choice["index"]]
                if whole:
                    calls = [{"index": each["index"], **_called(each, self._customs)} for each in whole]
                    choice["delta"] = {**choice["delta"], "tool_calls": [*choice["delta"].get("tool_calls", ()), *calls]}
        says_nothing = all(not choice["delta"] and choice.get("finish_reason") is None for choice in choices)
        return [] if says_nothing and event.data.get("usage") is None else [event]

    def _holds(self, choice: int, piece: Json) -> bool:
        place = (choice, piece["index"])
        function = piece.get("function") or {}
        if place in self._held:
            self._held[place]["function"]["arguments"] += function.get("arguments") or ""
            return True
        if function.get("name") not in self._customs:
            return False
        self._held[place] = {**piece, "function": {"arguments": "", **function}}
        return True


def _customs(body: Json) -> frozenset[str]:
    """The names of the custom tools that a request offers."""
    tools = body.get("tools")
    offered = [tool.get("custom") for tool in tools if _is_custom(tool)] if isinstance(tools, list) else []
    return frozenset(name for tool in offered if isinstance(tool, dict) and isinstance(name := tool.get("name"), str))


def _called(call: Json, customs: frozenset[str]) -> Json:
    """A call of an answer, as that of a custom tool if it is one's."""
    function = call["function"]
    if function["name"] not in customs:
        return call
    others = {name: value for name, value in call.items() if name != "function"}
    return {**others, "type": "custom", "custom": {"name": function["name"], "input": custom_input(function["arguments"])}}


def _with_functions(body: Json, losses: Losses) -> Json:
    """A request whose custom tools are functions: where they are offered, chosen and were called."""
    made = dict(body)
    if isinstance(tools := body.get("tools"), list):
        made["tools"] = [_function(tool, f"tools[{index}]", losses) if _is_custom(tool) else tool for index, tool in enumerate(tools)]
    choice = body.get("tool_choice")
    if _is_custom(choice):
        made["tool_choice"] = _named(choice)
    elif isinstance(choice, dict) and isinstance(allowed := choice.get("allowed_tools"), dict) and isinstance(allowed.get("tools"), list):
        named = [_named(tool) if _is_custom(tool) else tool for tool in allowed["tools"]]
        made["tool_choice"] = {**choice, "allowed_tools": {**allowed, "tools": named}}
    if isinstance(messages := body.get("messages"), list):
        made["messages"] = [_message(message, f"messages[{index}]", losses) for index, message in enumerate(messages)]
    return made


def _is_custom(value: Any) -> TypeGuard[Json]:
    return isinstance(value, dict) and value.get("type") == "custom"


def _named(choice: Json) -> Json:
    return {"type": "function", "function": read_object(choice.get("custom"), "tool_choice.custom")}


def _function(tool: Json, where: str, losses: Losses) -> Json:
    custom = losses.watch(read_object(tool.get("custom"), f"{where}.custom"), f"{where}.custom")
    description, form = custom.get("description"), custom.get("format")
    grammar = form.get("grammar") if isinstance(form, dict) and form.get("type") == "grammar" else None
    if grammar is not None:
        losses.add("tools[].custom.format")
    described = custom_description(None if description is None else read_text(description, f"{where}.custom.description"), grammar)
    function = {"name": custom.get("name"), "description": described, "parameters": CUSTOM_PARAMETERS}
    return {**{name: value for name, value in tool.items() if name != "custom"}, "type": "function", "function": function}


def _message(message: Any, where: str, losses: Losses) -> Any:
    calls = message.get("tool_calls") if isinstance(message, dict) else None
    if not isinstance(calls, list) or not any(map(_is_custom, calls)):
        return message
    made = [_call(each, f"{where}.tool_calls[{index}]", losses) if _is_custom(each) else each for index, each in enumerate(calls)]
    return {**message, "tool_calls": made}


def _call(call: Json, where: str, losses: Losses) -> Json:
    custom = losses.watch(read_object(call.get("custom"), f"{where}.custom"), f"{where}.custom")
    function = {"name": custom.get("name"), "arguments": custom_arguments(read_text(custom.get("input"), f"{where}.custom.input"))}
    return {**{name: value for name, value in call.items() if name != "custom"}, "type": "function", "function": function}
