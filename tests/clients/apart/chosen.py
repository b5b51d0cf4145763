"""Which of the heavy tests `CLIENTS` asks for: `all` of them, or some by their names, parted by commas; none without it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["chosen"]

CLIENTS: Final = (
    "openai2",
    "openai3",
    "anthropic",
    "google-genai",
    "litellm",
    "langchain",
    "agents",
    "pydantic-ai",
    "llm",
    "instructor",
    "claude",
)
NAMES: Final = frozenset((*CLIENTS, "openai-suite", "anthropic-suite", "page", "all", ""))


def chosen(names: Iterable[str]) -> list[str]:
    """Give those of the names that are asked for.

    Raises:
        ValueError: a name is asked for that nothing has: a slip of the hand must not pass for a run.
    """
    names = list(names)
    asked = os.environ.get("CLIENTS", "").split(",")
    if unknown := {*asked, *names} - NAMES:
        raise ValueError(f"CLIENTS: nothing is called {', '.join(sorted(unknown))}; there is {', '.join(sorted(NAMES - {''}))}")
    return [name for name in names if name in asked or "all" in asked]
