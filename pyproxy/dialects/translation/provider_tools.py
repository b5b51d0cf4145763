"""Tools that a provider runs itself, such as its search of the web: others have not got them.

A model decides for itself whether to use one, so that a request without them is answered all the same, and the loss is told; but not one
in which nothing else than such a tool would do.
"""

from __future__ import annotations

from typing import Any

__all__ = ["NO_SUCH_TOOL", "is_provider_tool"]

NO_SUCH_TOOL = "tool_choice asks for a tool that the model of this target cannot be given."
_CLIENTS = frozenset(("function", "custom"))


def is_provider_tool(kind: Any) -> bool:
    """Whether a tool of this type, as OpenAI's APIs have it, is run by its provider and not by the client."""
    return isinstance(kind, str) and kind not in _CLIENTS
