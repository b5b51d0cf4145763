"""Gemini's declarations as tools of a chat request, and the choice among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.gemini_over_chat.schemas import json_schema_of

if TYPE_CHECKING:
    from pyproxy.dialects.translation.fields import Fields
    from pyproxy.dialects.translation.translator import Json
    from pyproxy.domain.capabilities import Capabilities

__all__ = ["add_tools"]

_CHOICES = {"AUTO": "auto", "VALIDATED": "auto", "NONE": "none", "ANY": "required"}
# Tools that Google runs itself. Models decide whether to use one, so that an answer without them is one all the same.
_BUILT_IN = (
    "codeExecution",
    "computerUse",
    "enterpriseWebSearch",
    "fileSearch",
    "googleMaps",
    "googleSearch",
    "googleSearchRetrieval",
    "mcpServers",
    "retrieval",
    "urlContext",
)


def add_tools(body: Fields, request: Json, capabilities: Capabilities) -> None:
    """Add ``tools`` and ``tool_choice`` to a chat request.

    Raises:
        UntranslatableError: a tool has to be called, and there is none that can be.
    """
    tools = [declared for tool in body.objects("tools") for declared in _declared(tool)]
    choice, allowed = _choice(body, capabilities)
    if choice == "required" and not tools:
        raise body.fault("toolConfig", "toolConfig asks for a call of a function, and there is none that this model can be given.")
    if allowed:
        # To offer no others says the same as to forbid them, and any provider understands it.
        tools = [tool for tool in tools if tool["function"]["name"] in allowed]
    if not tools:
        return
    request["tools"] = tools
    if choice == "required" and allowed and len(tools) == 1:
        request["tool_choice"] = {"type": "function", "function": {"name": tools[0]["function"]["name"]}}
    elif choice is not None:
        request["tool_choice"] = choice


def _declared(tool: Fields) -> list[Json]:
    for name in _BUILT_IN:
        if tool.get(name) is not None:
            tool.lose(name)
    declarations = [_function(declaration) for declaration in tool.objects("functionDeclarations")]
    tool.done()
    return declarations


def _function(declaration: Fields) -> Json:
    function: Json = {"name": declaration.needed("name")}
    description = declaration.text("description")
    if description:
        function["description"] = description
    parameters, schema = declaration.get("parametersJsonSchema"), declaration.get("parameters")
    if parameters is None and schema is not None:
        parameters = json_schema_of(schema)
    if parameters is not None:
        function["parameters"] = parameters
    declaration.done()
    return {"type": "function", "function": function}


def _choice(body: Fields, capabilities: Capabilities) -> tuple[str | None, list[str]]:
    """The choice in words, and the tools that are allowed; none named means all."""
    config = body.object("toolConfig")
    calling = None if config is None else config.object("functionCallingConfig")
    choice, allowed = (None, []) if calling is None else _mode(calling, capabilities)
    if config is not None:
        config.done()
    return choice, allowed


def _mode(calling: Fields, capabilities: Capabilities) -> tuple[str | None, list[str]]:
    mode, allowed = (calling.text("mode") or "").upper(), calling.texts("allowedFunctionNames")
    if mode not in _CHOICES and mode not in ("", "MODE_UNSPECIFIED"):
        raise calling.fault("mode", f"{calling.at('mode')} is none that there is: {mode!r}.")
    choice = _CHOICES.get(mode)
    if choice == "required" and not capabilities.forced_tools:
        calling.lose("mode")
        choice = "auto"
    calling.done()
    return choice, allowed
