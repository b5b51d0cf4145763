"""A stream of chat chunks as a stream of message events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.chat.calls import StreamedCalls, call_pieces
from pyproxy.dialects.translation.events import DONE, Event
from pyproxy.dialects.translation.losses import Losses
from pyproxy.dialects.translation.messages_over_chat.answer import (
    made_id,
    message_head,
    read_content,
    read_reasoning,
    read_thinking_blocks,
    sealed_signature,
)
from pyproxy.dialects.translation.messages_over_chat.blocks import Block, BlockQueue, ToolUse
from pyproxy.dialects.translation.messages_over_chat.usage import message_usage, stop_reason, stop_sequence
from pyproxy.dialects.translation.reading import read_list, read_object
from pyproxy.dialects.translation.tool_ids import safe_id

if TYPE_CHECKING:
    from pyproxy.dialects.translation.chat.calls import CallPiece
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["MessageStream"]


class MessageStream:
    """Translates one stream; its last events wait for the usage, which chat tells after the reason why it ended."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._losses = Losses()
        self._blocks = BlockQueue()
        self._calls = StreamedCalls()
        self._uses: list[ToolUse] = []
        self._refuses = False
        self._begun = False
        self._ending: Json = {}
        self._usage: Any = None

    @property
    def lost(self) -> tuple[str, ...]:
        """What could not be carried so far."""
        return self._losses.names

    def feed(self, event: Event) -> list[Event]:
        """Take one event of the chat API.

        Raises:
            ValueError: it is no chunk, or an error.
        """
        if event.data == DONE:
            return []
        chunk = read_object(event.data, "chunk")
        if chunk.get("error") is not None:
            raise ValueError("the provider's stream ends with an error")
        if chunk.get("usage") is not None:
            self._usage = chunk["usage"]
        events: list[Event] = []
        # What tells nothing but the usage has no choice, or an empty list of them, or null.
        choices = chunk.get("choices") if chunk.get("usage") is None else chunk.get("choices") or []
        for item in read_list(choices, "choices"):
            choice = read_object(item, "choices[]")
            if choice.get("index") in (0, None):
                events += self._begin(chunk) + self._choice(choice)
        return events

    def finish(self) -> list[Event]:
        """Return the end of the client's stream.

        Raises:
            ValueError: there was no answer in it, or a call in it has no name.
        """
        if not self._begun:
            raise ValueError("the provider's stream holds no choice")
        reason = stop_reason(self._ending.get("finish_reason"), calls=bool(self._uses), refuses=self._refuses)
        sequence = stop_sequence(self._ending) if reason == "end_turn" else None
        delta = {"stop_reason": reason if sequence is None else "stop_sequence", "stop_sequence": sequence}
        return [
            *self._blocks.close(),
            _event({"type": "message_delta", "delta": delta, "usage": message_usage(self._usage)}),
            _event({"type": "message_stop"}),
        ]

    def _begin(self, chunk: Json) -> list[Event]:
        if self._begun:
            return []
        self._begun = True
        message = message_head(chunk, self._call, [], message_usage(chunk.get("usage"), chunk.get("service_tier")))
        return [_event({"type": "message_start", "message": message})]

    def _choice(self, choice: Json) -> list[Event]:
        if choice.get("finish_reason") is not None:
            self._ending = choice
        if (given := choice.get("delta")) is not None:
            delta = read_object(given, "choices[].delta")
            self._think(delta)
            self._say(read_content(delta))
            if isinstance(refusal := delta.get("refusal"), str) and refusal:
                self._refuses = True
                self._say(refusal)
            for piece in call_pieces(delta):
                self._use_tool(piece)
            for name in ("annotations", "audio"):
                if delta.get(name):
                    self._losses.add(f"choices[].message.{name}")
        return self._blocks.take()

    def _say(self, text: str) -> None:
        if text:
            self._block("text", {"type": "text", "text": ""}).add({"type": "text_delta", "text": text})

    def _think(self, delta: Json) -> None:
        """Thinking comes as text, or in blocks with signatures; where it comes as both, the blocks repeat the text."""
        reasoning = read_reasoning(delta)
        if reasoning:
            self._thinking().add({"type": "thinking_delta", "thinking": reasoning})
        for block in read_thinking_blocks(delta, self._call):
            if block["type"] == "redacted_thinking":
                self._blocks.append(Block(block))
            else:
                self._take_thinking(block, told=bool(reasoning))

    def _take_thinking(self, block: Json, *, told: bool) -> None:
        text, signature = block.get("thinking"), block.get("signature")
        # The signature comes last, and some tell with it once more all that it signs.
        repeats = bool(signature) and self._is_open("thinking")
        if isinstance(text, str) and text and not told and not repeats:
            self._thinking().add({"type": "thinking_delta", "thinking": text})
        if signature:
            signed = self._thinking()
            signed.add({"type": "signature_delta", "signature": signature})
            signed.sealed = True

    def _thinking(self) -> Block:
        return self._block("thinking", {"type": "thinking", "thinking": "", "signature": ""})

    def _block(self, kind: str, start: Json) -> Block:
        """Return the open block of a kind, or begin one."""
        last = self._blocks.last
        if last is None or not self._is_open(kind):
            last = Block(start)
            self._blocks.append(last)
        return last

    def _is_open(self, kind: str) -> bool:
        last = self._blocks.last
        return last is not None and not last.sealed and last.start is not None and last.start["type"] == kind

    def _use_tool(self, piece: CallPiece) -> None:
        streamed = self._calls.take(piece)
        if streamed.place == len(self._uses):
            identifier = safe_id(streamed.id or made_id(self._call, streamed.place))
            if (sealed := sealed_signature(piece.source, identifier, self._call, self._losses)) is not None:
                self._blocks.append(Block(sealed))
            self._uses.append(ToolUse(streamed))
            self._blocks.append(self._uses[-1])
        use = self._uses[streamed.place]
        if use.start is None and streamed.name:
            identifier = safe_id(streamed.id or made_id(self._call, streamed.place))
            use.start = {"type": "tool_use", "id": identifier, "name": streamed.name, "input": {}}
        if piece.arguments:
            use.add_arguments(piece.arguments)


def _event(data: Json) -> Event:
    return Event(data, data["type"])
