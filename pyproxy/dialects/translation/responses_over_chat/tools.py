"""Tools: functions as they are, custom tools as functions with one text, namespaces by longer names, the provider's own not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.custom_tools import CUSTOM_PARAMETERS, custom_description
from pyproxy.dialects.translation.provider_tools import NO_SUCH_TOOL
from pyproxy.dialects.translation.reading import read_list, read_object, read_text
from pyproxy.dialects.translation.tool_ids import safe_id
from pyproxy.dialects.translation.translator import UntranslatableError

if TYPE_CHECKING:
    from pyproxy.dialects.translation.losses import Losses
    from pyproxy.dialects.translation.translator import Json

__all__ = ["Tool", "Toolbox", "chat_name", "read_tools"]

_LONGEST_NAME = 64
_NO_PARAMETERS: Json = {"type": "object", "properties": {}}


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool of the client's.

    Attributes:
        name: its own.
        custom: whether it takes a text instead of arguments.
        namespace: where it belongs, if it says so.
        chat: its definition in chat.
    """

    name: str
    custom: bool = False
    namespace: str | None = None
    chat: Json | None = None


class Toolbox:
    """The tools of one request, by the names that they have in chat."""

    def __init__(self, tools: list[Tool]) -> None:
        self._tools = {chat_name(tool.name, tool.namespace): tool for tool in tools}

    def called(self, name: str) -> Tool:
        """Whose call it is; a name that nobody gave is a function's, and its client will say that there is none."""
        return self._tools.get(name) or Tool(name)

    def chat_request(self, choice: Any, losses: Losses) -> Json:
        """Return the members of a chat request: its tools and which of them may be or must be called.

        Raises:
            UntranslatableError: a tool must be called that chat is not given.
        """
        tools, picked = dict(self._tools), choice
        if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
            picked = read_text(choice.get("mode"), "tool_choice.mode")
            allowed = {self._named(entry, losses) for entry in read_list(choice.get("tools"), "tool_choice.tools")}
            tools = {name: tool for name, tool in tools.items() if name in allowed}
        if not tools:
            if isinstance(picked, dict) or picked == "required":
                raise UntranslatableError(NO_SUCH_TOOL, "tool_choice")
            return {}
        body: Json = {"tools": [tool.chat for tool in tools.values()]}
        if picked is not None:
            body["tool_choice"] = self._chat_choice(picked, tools)
        return body

    def _chat_choice(self, choice: Any, tools: dict[str, Tool]) -> Any:
        if isinstance(choice, str):
            return choice
        asked = read_object(choice, "tool_choice")
        if asked.get("type") in ("function", "custom"):
            name = chat_name(read_text(asked.get("name"), "tool_choice.name"), _namespace(asked))
            if name in tools:
                return {"type": "function", "function": {"name": name}}
        raise UntranslatableError(NO_SUCH_TOOL, "tool_choice")

    def _named(self, entry: Any, losses: Losses) -> str | None:
        asked = read_object(entry, "tool_choice.tools[]")
        if asked.get("type") not in ("function", "custom"):
            losses.add("tool_choice.tools[]")
            return None
        return chat_name(read_text(asked.get("name"), "tool_choice.tools[].name"), _namespace(asked))


def read_tools(given: Any, losses: Losses) -> Toolbox:
    """Read the tools of a request; those that a provider would run, such as a search of the web, are lost.

    Raises:
        UntranslatableError: one cannot be read.
    """
    tools: list[Tool] = []
    for index, entry in enumerate([] if given is None else read_list(given, "tools")):
        _add(tools, read_object(entry, f"tools[{index}]"), f"tools[{index}]", None, losses)
    return Toolbox(tools)


def chat_name(name: str, namespace: str | None = None) -> str:
    """The name of a tool in chat, where there are no namespaces."""
    if namespace is None:
        return name
    joint = "" if namespace.endswith("__") else "__"
    return safe_id(f"{namespace}{joint}{name}", _LONGEST_NAME)


def _add(tools: list[Tool], tool: Json, where: str, namespace: str | None, losses: Losses) -> None:
    kind = tool.get("type")
    if kind == "function":
        tools.append(_function(losses.watch(tool, where, ("type",)), where, namespace))
    elif kind == "custom":
        tools.append(_custom(losses.watch(tool, where, ("type",)), where, namespace, losses))
    elif kind == "namespace" and namespace is None:
        tool = losses.watch(tool, where, ("type",))
        name = read_text(tool.get("name"), f"{where}.name")
        for index, member in enumerate(read_list(tool.get("tools"), f"{where}.tools")):
            inner = f"{where}.tools[{index}]"
            _add(tools, read_object(member, inner), inner, name, losses)
    else:
        losses.add(f"tools[].{kind}" if isinstance(kind, str) else "tools[]")


def _function(tool: Json, where: str, namespace: str | None) -> Tool:
    name = read_text(tool.get("name"), f"{where}.name")
    parameters = tool.get("parameters")
    function: Json = {"name": chat_name(name, namespace), "parameters": _NO_PARAMETERS if parameters is None else parameters}
    function |= {member: tool[member] for member in ("description", "strict") if tool.get(member) is not None}
    return Tool(name, namespace=namespace, chat={"type": "function", "function": function})


def _custom(tool: Json, where: str, namespace: str | None, losses: Losses) -> Tool:
    name = read_text(tool.get("name"), f"{where}.name")
    described = read_text(tool["description"], f"{where}.description") if tool.get("description") is not None else None
    form = tool.get("format")
    grammar = form if isinstance(form, dict) and form.get("type") == "grammar" else None
    if grammar is not None:
        losses.add("tools[].format")
    function: Json = {
        "name": chat_name(name, namespace),
        "description": custom_description(described, grammar),
        "parameters": CUSTOM_PARAMETERS,
    }
    return Tool(name, custom=True, namespace=namespace, chat={"type": "function", "function": function})


def _namespace(asked: Json) -> str | None:
    namespace = asked.get("namespace")
    return namespace if isinstance(namespace, str) else None
