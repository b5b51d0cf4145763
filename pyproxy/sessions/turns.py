"""Conversations of the responses API that no provider keeps: held in memory, so that ``previous_response_id`` can name them.

A provider of chat completions keeps nothing. What is held here is never written down, and lost with a restart.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any, NamedTuple

__all__ = ["Turns"]

MOST_BYTES = 64 * 1024 * 1024
"""Of all conversations together."""
MOST_BYTES_EACH = 4 * 1024 * 1024

Item = dict[str, Any]


class _Turn(NamedTuple):
    conversation: bytes
    at_ns: int


class Turns:
    """Conversations by the key of the response they ended with; the oldest give way to new ones."""

    def __init__(self, *, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._turns: OrderedDict[str, _Turn] = OrderedDict()
        self.held_bytes = 0

    def __len__(self) -> int:
        """Conversations held."""
        return len(self._turns)

    def keep(self, key: str, conversation: list[Item], now_ns: int) -> None:
        """Hold a conversation as it stands after a response; one that is very long is not held."""
        self._drop(key)
        written = json.dumps(conversation, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        if len(written) > min(MOST_BYTES_EACH, self._most_bytes):
            return
        self._turns[key] = _Turn(written, now_ns)
        self.held_bytes += len(written)
        while self.held_bytes > self._most_bytes:
            self._drop(next(iter(self._turns)))

    def up_to(self, key: str, now_ns: int, ttl_ns: int) -> list[Item] | None:
        """The conversation up to a response, if it is held and no older than `ttl_ns`."""
        turn = self._turns.get(key)
        if turn is None:
            return None
        if now_ns - turn.at_ns > ttl_ns:
            self._drop(key)
            return None
        found: list[Item] = json.loads(turn.conversation.decode("utf-8", "surrogatepass"))
        return found

    def _drop(self, key: str) -> None:
        turn = self._turns.pop(key, None)
        if turn is not None:
            self.held_bytes -= len(turn.conversation)
