"""Tools and the choice among them, from chat to messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.chat_over_messages.content import keep_cache_control
from pyproxy.dialects.translation.chat_over_messages.formats import held
from pyproxy.dialects.translation.reading import read_list, read_object, read_text
from pyproxy.dialects.translation.translator import UntranslatableError

if TYPE_CHECKING:
    from pyproxy.dialects.translation.losses import Losses
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["read_tools", "tools_called"]

_FORCED = "Answer by calling one of the tools."


def read_tools(given: Json, system: list[Json], call: Call, losses: Losses) -> Json:
    """Return ``tools`` and ``tool_choice`` as members of a messages request; none of both where there are no tools.

    A model that cannot be forced to call one is asked for it, in `system`, and is offered no other where one is named.

    Raises:
        UntranslatableError: a tool is of a kind that the provider does not know.
    """
    tools = [_tool(item, f"tools[{index}]", call, losses) for index, item in enumerate(read_list(given.get("tools", []), "tools"))]
    choice = _choice(given.get("tool_choice"))
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


def tools_called(turns: list[Json]) -> Json:
    """Return tools for a conversation in which some were called, and that offers none any more: the provider wants to know them.

    They are none to call.
    """
    names = {block["name"]: None for turn in turns for block in turn["content"] if block["type"] == "tool_use"}
    if not names:
        return {}
    return {"tools": [{"name": name, "input_schema": {"type": "object"}} for name in names], "tool_choice": {"type": "none"}}


def _tool(item: Any, where: str, call: Call, losses: Losses) -> Json:
    offered = read_object(item, where)
    if offered.get("type") != "function":
        raise UntranslatableError(f"{where} is no function, which is the only kind of tool that can be translated.", f"{where}.type")
    function = read_object(offered.get("function"), f"{where}.function")
    tool: Json = {"name": read_text(function.get("name"), f"{where}.function.name")}
    if isinstance(description := function.get("description"), str):
        tool["description"] = description
    parameters = function.get("parameters")
    tool["input_schema"] = _schema({} if parameters is None else read_object(parameters, f"{where}.function.parameters"))
    if function.get("strict") is True:
        taken = held(tool["input_schema"]) if call.capabilities.json_schema else None
        if taken is not None and not taken.told:
            tool["input_schema"], tool["strict"] = taken.schema, True
        else:
            losses.add("tools[].function.strict")
    keep_cache_control(function, [tool])
    keep_cache_control(offered, [tool])
    return tool


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
