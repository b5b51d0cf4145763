"""How a provider of chat completions differs from OpenAI's own: translated calls are written for it, others pass as they came."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NO_QUIRKS", "ChatQuirks"]


@dataclass(frozen=True, slots=True)
class ChatQuirks:
    """What must be otherwise in a request.

    Attributes:
        renames: Members that it has under another name: OpenAI's name, and its own.
        takes: Every member of a request that it takes, after the renaming; None for one that overlooks what it does not know.
        refuses: Members that it refuses, wherever they stand: ``messages[].name``.
        call_ids: How many letters and digits the id of a tool call must have; None where any will do.
    """

    renames: tuple[tuple[str, str], ...] = ()
    takes: frozenset[str] | None = None
    refuses: tuple[str, ...] = ()
    call_ids: int | None = None


NO_QUIRKS = ChatQuirks()
