"""Tools and the choice among them, from messages to chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.chat.schemas import strict_schema
from pyproxy.dialects.translation.provider_tools import NO_SUCH_TOOL
from pyproxy.dialects.translation.reading import read_list, read_object, read_text
from pyproxy.dialects.translation.translator import UntranslatableError

if TYPE_CHECKING:
    from pyproxy.dialects.translation.losses import Losses
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["read_tools"]

_WORDS = {"auto": "auto", "none": "none", "any": "required"}


def read_tools(given: Json, call: Call, losses: Losses) -> Json:
    """Return ``tools``, ``tool_choice`` and ``parallel_tool_calls`` as members of a chat request; none where there are no tools.

    Tools of the provider's own, such as its search of the web, are left out.

    Raises:
        UntranslatableError: one has to be used that is left out.
    """
    offered = [
        (read_object(item, f"tools[{index}]"), f"tools[{index}]") for index, item in enumerate(read_list(given.get("tools", []), "tools"))
    ]
    tools = [_tool(losses.watch(tool, where, ("type",)), where, call, losses) for tool, where in offered if _is_client_tool(tool)]
    asked = read_object(given.get("tool_choice", {}), "tool_choice")
    left_out = [tool for tool, _ in offered if not _is_client_tool(tool)]
    of_those = asked.get("type") == "tool" and asked.get("name") in [tool.get("name") for tool in left_out]
    if left_out and (of_those or (asked.get("type") == "any" and not tools)):
        raise UntranslatableError(NO_SUCH_TOOL, "tool_choice")
    for tool in left_out:
        losses.add(f"tools[].{tool['type']}")
    if not tools:
        return {}
    members: Json = {"tools": tools}
    if (choice := _choice(asked, call, losses)) is not None:
        members["tool_choice"] = choice
    if asked.get("disable_parallel_tool_use") is True:
        members["parallel_tool_calls"] = False
    return members


def _is_client_tool(tool: Json) -> bool:
    return tool.get("type") in (None, "custom")


def _tool(tool: Json, where: str, call: Call, losses: Losses) -> Json:
    function: Json = {"name": read_text(tool.get("name"), f"{where}.name")}
    if isinstance(description := tool.get("description"), str):
        function["description"] = description
    function["parameters"] = read_object(tool.get("input_schema", {"type": "object", "properties": {}}), f"{where}.input_schema")
    if tool.get("strict") is True:
        _hold(function, call, losses)
    return {"type": "function", "function": function}


def _hold(function: Json, call: Call, losses: Losses) -> None:
    """Hold the model to the tool's schema, if the provider can; optional members are a matter of Anthropic's, where none is of OpenAI's."""
    if call.in_between:
        function["strict"] = True
        return
    holding = strict_schema(function["parameters"], close=True)
    if holding is None or not holding.exact:
        losses.add("tools[].strict")
    if holding is not None:
        function |= {"parameters": holding.schema, "strict": True}


def _choice(asked: Json, call: Call, losses: Losses) -> Any:
    kind = asked.get("type")
    if kind is None:
        return None
    if kind in ("any", "tool") and not call.capabilities.forced_tools:
        losses.add("tool_choice")
        return "auto"
    if kind == "tool":
        return {"type": "function", "function": {"name": read_text(asked.get("name"), "tool_choice.name")}}
    if not isinstance(kind, str) or kind not in _WORDS:
        raise UntranslatableError("tool_choice.type is none of auto, any, tool and none.", "tool_choice.type")
    return _WORDS[kind]
