"""The tools of a chat request as Gemini's declarations, and the choice among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.provider_tools import NO_SUCH_TOOL, is_provider_tool

if TYPE_CHECKING:
    from pyproxy.dialects.translation.fields import Fields
    from pyproxy.dialects.translation.translator import Json
    from pyproxy.domain.capabilities import Capabilities

__all__ = ["tool_config_of", "tools_of"]

_MODES = {"none": "NONE", "auto": "AUTO", "required": "ANY"}


def tools_of(body: Fields) -> list[Json]:
    """Return Gemini's ``tools``.

    Raises:
        UntranslatableError: one of them is the client's own and no function, one has to be called and none can be, or they are told in
            the way before last.
    """
    for former in ("functions", "function_call"):
        if body.get(former):
            raise body.fault(former, f"{former} is of an API that was given up; use tools and tool_choice.")
    if body.get("web_search_options") is not None:
        body.lose("web_search_options")
    declarations = []
    for tool in body.objects("tools"):
        if is_provider_tool(kind := tool.get("type")):
            tool.lose(kind)
        else:
            declarations.append(_declaration(tool))
    if body.array("tools") and not declarations and body.get("tool_choice") == "required":
        raise body.fault("tool_choice", NO_SUCH_TOOL)
    return [{"functionDeclarations": declarations}] if declarations else []


def _declaration(tool: Fields) -> Json:
    if tool.text("type") != "function":
        raise tool.fault("type", f"{tool.where} is no function; this provider knows no others.")
    function = tool.object("function")
    if function is None:
        raise tool.fault("function", f"{tool.at('function')} is missing.")
    declaration: Json = {"name": function.needed("name")}
    description = function.text("description")
    if description:
        declaration["description"] = description
    parameters = function.get("parameters")
    if parameters:
        # Gemini's own `parameters` knows a part of JSON schema and refuses the rest; this member takes all of it.
        declaration["parametersJsonSchema"] = parameters
    function.done()
    tool.done()
    return declaration


def tool_config_of(body: Fields, capabilities: Capabilities) -> Json | None:
    """Return Gemini's ``toolConfig``; None if the choice is left to it."""
    if body.get("parallel_tool_calls") is False:
        body.lose("parallel_tool_calls")
    choice = body.get("tool_choice")
    if choice is None:
        return None
    mode, allowed = (_mode(body, choice), None) if isinstance(choice, str) else _named(body)
    if mode == "ANY" and not capabilities.forced_tools:
        body.lose("tool_choice")
        mode, allowed = "AUTO", None
    calling: Json = {"mode": mode}
    if allowed is not None:
        calling["allowedFunctionNames"] = allowed
    return {"functionCallingConfig": calling}


def _mode(body: Fields, choice: str) -> str:
    if choice not in _MODES:
        raise body.fault("tool_choice", f"tool_choice is none that there is: {choice!r}.")
    return _MODES[choice]


def _named(body: Fields) -> tuple[str, list[str]]:
    """The mode, and the tools that are named."""
    choice = body.object("tool_choice")
    kind = None if choice is None else choice.text("type")
    if choice is not None and kind == "function":
        return "ANY", [_name(choice)]
    allowed = choice.object("allowed_tools") if choice is not None and kind == "allowed_tools" else None
    if allowed is None:
        raise body.fault("tool_choice", "tool_choice names no function; this provider knows no other tools.")
    # Between words and these tools alone: AUTO would be refused together with names.
    mode = "ANY" if allowed.text("mode") == "required" else "VALIDATED"
    return mode, [_name(tool) for tool in allowed.objects("tools")]


def _name(tool: Fields) -> str:
    function = tool.object("function")
    if function is None:
        raise tool.fault("function", f"{tool.at('function')} is missing.")
    return function.needed("name")
