"""Blocks of a streamed message, one after the other: chat mixes the pieces of several calls, messages finish one block at a time.

The block in front goes out as it comes. Those behind it wait until it has ended, which a text has as soon as something else begins, and
the arguments of a call when their JSON is whole.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from pyproxy.dialects.translation.events import Event

if TYPE_CHECKING:
    from pyproxy.dialects.translation.chat.calls import StreamedCall
    from pyproxy.dialects.translation.translator import Json

__all__ = ["Block", "BlockQueue", "ToolUse"]


class Block:
    """One block: how it begins, and what has come of it and not yet gone out. This kind may end at any time.

    Attributes:
        start: the block as it begins; None as long as that is not known.
        sealed: whether nothing more belongs to it.
    """

    def __init__(self, start: Json | None) -> None:
        self.start = start
        self.sealed = False
        self._deltas: list[Json] = []
        self._begun = False

    def add(self, delta: Json) -> None:
        """Take a piece."""
        self._deltas.append(delta)

    @property
    def has_ended(self) -> bool:
        """Whether it may be closed when another block waits."""
        return True

    def take(self, index: int) -> list[Event]:
        """Return the events of what has come since the last time."""
        events = []
        if not self._begun:
            self._begun = True
            events.append(_event({"type": "content_block_start", "index": index, "content_block": self.start}))
        events += [_event({"type": "content_block_delta", "index": index, "delta": delta}) for delta in self._deltas]
        self._deltas.clear()
        return events


class ToolUse(Block):
    """A call: known by its name, which may come late, and ended by the end of its arguments."""

    def __init__(self, call: StreamedCall) -> None:
        super().__init__(None)
        self._call = call

    def add_arguments(self, piece: str) -> None:
        """Take a piece of its arguments."""
        self.add({"type": "input_json_delta", "partial_json": piece})

    @property
    def has_ended(self) -> bool:
        """Whether its arguments are whole; looked at only when somebody waits for it."""
        return self._call.has_ended


class BlockQueue:
    """The blocks that have not ended, in the order in which they go out."""

    def __init__(self) -> None:
        self._waiting: deque[Block] = deque()
        self._index = 0

    @property
    def last(self) -> Block | None:
        """The one that began last, if it is still open."""
        return self._waiting[-1] if self._waiting else None

    def append(self, block: Block) -> None:
        """Let a block begin, behind those that are open."""
        self._waiting.append(block)

    def take(self) -> list[Event]:
        """Return what can go out by now."""
        events: list[Event] = []
        while self._waiting and self._waiting[0].start is not None:
            events += self._waiting[0].take(self._index)
            if len(self._waiting) == 1 or not self._waiting[0].has_ended:
                break
            events.append(self._stop())
        return events

    def close(self) -> list[Event]:
        """Return all that has not gone out, and end each block.

        Raises:
            ValueError: a call has no name.
        """
        events: list[Event] = []
        while self._waiting:
            if self._waiting[0].start is None:
                raise ValueError("the provider's stream holds the call of a tool without a name")
            events += [*self._waiting[0].take(self._index), self._stop()]
        return events

    def _stop(self) -> Event:
        self._waiting.popleft()
        self._index += 1
        return _event({"type": "content_block_stop", "index": self._index - 1})


def _event(data: Json) -> Event:
    return Event(data, data["type"])
