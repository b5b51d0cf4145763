"""How long a client may take, so that none can hold a connection for ever."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["KEEP_ALIVE_S", "LAST_WORDS_S", "Deadlines"]

# How long a connection may be silent between two requests.
KEEP_ALIVE_S = 75
# What an answer under way may still take once the server stops; the drain before it has had its own time.
LAST_WORDS_S = 1.0


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds a client may take.

    Attributes:
        head: from the connection itself, or from the first byte of a further request, to the end of a request's head.
        body: from the end of the head to the end of the body.
        close: to take the last bytes before its connection is closed, and to notice that its body is not wanted.
    """

    head: float = 10.0
    body: float = 60.0
    close: float = 5.0
