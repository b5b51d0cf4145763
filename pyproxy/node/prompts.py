"""From a workflow's state to the turns that are sent: templates filled, the system's turn in front."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyproxy.embedded.messages import wire_messages
from pyproxy.errors import InvalidRequest

if TYPE_CHECKING:
    from pyproxy.node.settings import LLMNodeSettings

__all__ = ["filled", "turns", "value_in"]

_PLACES = re.compile(r"\{\{|\}\}|\{([A-Za-z_]\w*(?:\.\w+)*)\}")
_MISSING = object()


def turns(settings: LLMNodeSettings, state: object) -> list[dict[str, Any]]:
    """The conversation of the state, the node's own prompts put in.

    Raises:
        InvalidRequest: there is nothing to ask, or a prompt names what the state does not have.
    """
    conversation = wire_messages(value_in(state, settings.messages_key) or [])
    if settings.system_prompt is not None and not any(turn.get("role") in ("system", "developer") for turn in conversation):
        conversation.insert(0, {"role": "system", "content": filled(settings.system_prompt, state, "system_prompt")})
    if settings.user_prompt is not None:
        conversation.append({"role": "user", "content": filled(settings.user_prompt, state, "user_prompt")})
    if all(turn.get("role") == "system" for turn in conversation):
        raise InvalidRequest(
            f"The state has nothing at '{settings.messages_key}', and the node has no user_prompt: there is nothing to ask.",
            param=settings.messages_key,
        )
    return conversation


def filled(template: str, state: object, name: str) -> str:
    """A template with the values of the state in place of ``{name}`` and ``{name.of.part}``; ``{{`` and ``}}`` are plain braces.

    Other braces, such as those of JSON, stay as they are. A value is put in as it is: braces in it mean nothing.

    Raises:
        InvalidRequest: the state does not have a value that the template `name` wants.
    """

    def value(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0][0]
        value = value_in(state, found[1], _MISSING)
        if value is _MISSING:
            raise InvalidRequest(f"{name} wants '{found[1]}', which the state does not have; write {{{{ for a plain brace.", param=name)
        return str(value)

    return _PLACES.sub(value, template)


def value_in(state: object, path: str, default: Any = None) -> Any:
    """What a state, a mapping or an object, has at a path of names with dots between them. Names with a leading underscore have nothing."""
    value: Any = state
    for part in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(part, _MISSING)
        else:
            value = _MISSING if part.startswith("_") else getattr(value, part, _MISSING)
        if value is _MISSING:
            return default
    return value
