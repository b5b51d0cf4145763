"""Tools and the choice among them, from chat to messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.chat_over_messages.content import keep_cache_control
from pyproxy.dialects.translation.chat_over_messages.schemas import held
from pyproxy.dialects.translation.provider_tools import NO_SUCH_TOOL, is_provider_tool
from pyproxy.dialects.translation.reading import read_list, read_object, read_text
from pyproxy.dialects.translation.translator import UntranslatableError

if TYPE_CHECKING:
    from pyproxy.dialects.translation.losses import Losses
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["read_tools", "tools_of_the_past"]

_FORCED = "Answer by calling one of the tools."


def read_tools(given: Json, system: list[Json], call: Call, losses: Losses) -> Json:
    """Return ``tools`` and ``tool_choice`` as members of a messages request; none of both where there are no tools.

    A model that cannot be forced to call one is asked for it, in `system`, and is offered no other where one is named.

    Raises:
        UntranslatableError: a tool is of a kind that the provider does not know, or one has to be called and none can be.
    """
    tools = _tools(given.get("tools", []), call, losses)
    choice = _choice(given.get("tool_choice"))
    if given.get("tools") and not tools and choice.get("type") == "any":
        raise UntranslatableError(NO_SUCH_TOOL, "tool_choice")
    if (allowed := choice.pop("allowed", None)) is not None:
        tools = [tool for tool in tools if tool["name"] in allowed]
    if not tools:
        return {}
    if choice.get("type") in {"any", "tool"} and not call.capabilities.forced_tools:
        tools = [tool for tool in tools if tool["name"] == choice.get("name", tool["name"])] or tools
        system.append({"type": "text", "text": _FORCED if len(tools) > 1 else f"Answer by calling the tool {tools[0]['name']}."})
        choice = {"type": "auto"}
        losses.add("tool_choice")
    if given.get("parallel_tool_calls") is False and choice.get("type") != "none":
        choice = {"type": "auto", **choice, "disable_parallel_tool_use": True}
    return {"tools": tools, "tool_choice": choice} if choice else {"tools": tools}


def tools_of_the_past(turns: list[Json]) -> Json:
    """Return as tools that cannot be called those that were, since a conversation with calls is refused where no tool is told.

    A chat without ``tools`` may go on after calls, as agents do that have their conversations summed up.
    """
    names = dict.fromkeys(block["name"] for turn in turns for block in turn["content"] if block["type"] == "tool_use")
    return {"tools": [{"name": name, "input_schema": _schema({})} for name in names], "tool_choice": {"type": "none"}} if names else {}


def _tools(given: Any, call: Call, losses: Losses) -> list[Json]:
    tools = []
    for index, item in enumerate(read_list(given, "tools")):
        offered = read_object(item, f"tools[{index}]")
        if is_provider_tool(kind := offered.get("type")):
            losses.add(f"tools[].{kind}")
        else:
            tools.append(_tool(offered, f"tools[{index}]", call, losses))
    return tools


def _tool(offered: Json, where: str, call: Call, losses: Losses) -> Json:
    if offered.get("type") != "function":
        raise UntranslatableError(f"{where} is no function, which is the only kind of tool that can be translated.", f"{where}.type")
    offered = losses.watch(offered, where, ("type",))
    function = losses.watch(read_object(offered.get("function"), f"{where}.function"), f"{where}.function")
    tool: Json = {"name": read_text(function.get("name"), f"{where}.function.name")}
    if isinstance(description := function.get("description"), str):
        tool["description"] = description
    parameters = function.get("parameters")
    tool["input_schema"] = _schema({} if parameters is None else read_object(parameters, f"{where}.function.parameters"))
    if function.get("strict") is True:
        _hold(tool, call, losses)
    keep_cache_control(function, [tool])
    keep_cache_control(offered, [tool])
    return tool


def _hold(tool: Json, call: Call, losses: Losses) -> None:
    """Hold the model to a tool's schema, if the provider can."""
    holding = held(tool["input_schema"]) if call.capabilities.json_schema else None
    if holding is None or not holding.exact:
        losses.add("tools[].function.strict")
    if holding is not None:
        tool |= {"input_schema": holding.schema, "strict": True}


def _schema(parameters: Json) -> Json:
    """A schema that says it is of an object, as the provider demands; a function without parameters has none."""
    if not parameters:
        return {"type": "object", "properties": {}}
    return parameters if parameters.get("type") == "object" else {**parameters, "type": "object"}


def _choice(choice: Any) -> Json:
    """Return the choice, with the names that are ``allowed`` where it tells them."""
    if choice is None:
        return {}
    if isinstance(choice, str):
        words = {"auto": "auto", "none": "none", "required": "any", "any": "any"}
        if choice not in words:
            raise UntranslatableError("tool_choice is none of auto, none and required, and names no function.", "tool_choice")
        return {"type": words[choice]}
    asked = read_object(choice, "tool_choice")
    if asked.get("type") == "function":
        function = read_object(asked.get("function"), "tool_choice.function")
        return {"type": "tool", "name": read_text(function.get("name"), "tool_choice.function.name")}
    if asked.get("type") == "allowed_tools":
        return _allowed(read_object(asked.get("allowed_tools"), "tool_choice.allowed_tools"))
    raise UntranslatableError("tool_choice is of a type that this provider does not know.", "tool_choice.type")


def _allowed(subset: Json) -> Json:
    where = "tool_choice.allowed_tools.tools"
    names = []
    for index, item in enumerate(read_list(subset.get("tools"), where)):
        function = read_object(read_object(item, f"{where}[{index}]").get("function"), f"{where}[{index}].function")
        names.append(read_text(function.get("name"), f"{where}[{index}].function.name"))
    return {"type": "any" if subset.get("mode") == "required" else "auto", "allowed": names}
