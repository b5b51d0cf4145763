"""Custom tools, which take a text instead of arguments, as functions with one text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Json

__all__ = ["CUSTOM_PARAMETERS", "custom_arguments", "custom_description", "custom_input"]

_INPUT = "input"
CUSTOM_PARAMETERS: Json = {
    "type": "object",
    "properties": {_INPUT: {"type": "string", "description": "The whole input of the tool, as plain text."}},
    "required": [_INPUT],
    "additionalProperties": False,
}


def custom_arguments(text: str) -> str:
    """The text for a custom tool as the arguments of a function."""
    return json.dumps({_INPUT: text}, ensure_ascii=False)


def custom_input(arguments: str) -> str:
    """The text for a custom tool out of the arguments of a function; what else a model writes there is taken for the text."""
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    text = value.get(_INPUT) if isinstance(value, dict) else value
    return text if isinstance(text, str) else arguments


def custom_description(description: str | None, grammar: Any) -> str:
    """The description of a custom tool, with the grammar of its input, if that has one: told, but the model is not held to it."""
    described = [] if description is None else [description]
    if isinstance(grammar, dict):
        described.append(f"Its input must follow this {grammar.get('syntax')} grammar:\n{grammar.get('definition')}")
    return "\n\n".join(described)
