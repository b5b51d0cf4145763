"""A stream of message events as a stream of chat chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.arguments import arguments_text
from pyproxy.dialects.translation.chat_over_messages.response import explanation, head
from pyproxy.dialects.translation.chat_over_messages.usage import chat_usage, finish_reason, service_tier
from pyproxy.dialects.translation.events import DONE, Event
from pyproxy.dialects.translation.losses import Losses
from pyproxy.dialects.translation.reading import read_count, read_object, read_text

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["ChatStream"]


class ChatStream:
    """Translates one stream; a chunk an event at most, but for the last ones."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._losses = Losses()
        self._head: Json | None = None
        self._usage: Json = {}
        self._blocks: dict[int, _Block] = {}
        self._calls = 0
        self._ended = False

    @property
    def lost(self) -> tuple[str, ...]:
        """What could not be carried so far."""
        return self._losses.names

    def feed(self, event: Event) -> list[Event]:
        """Take one event of the messages API.

        Raises:
            ValueError: it is none, or an error.
        """
        data = read_object(event.data, "event")
        kind = read_text(data.get("type", event.name), "event.type")
        if kind == "message_start":
            return self._start(read_object(data.get("message"), "message"))
        if kind == "error":
            raise ValueError("the provider's stream ends with an error")
        if kind in {"content_block_start", "content_block_delta", "content_block_stop"}:
            return self._feed_block(kind, data)
        if kind == "message_delta":
            return self._end(data)
        return []  # message_stop, pings, and events that are yet to be invented

    def finish(self) -> list[Event]:
        """Return the end of the client's stream.

        Raises:
            ValueError: there was no message in it.
        """
        events = [] if self._ended else [self._last(None)]
        if self._call.include_usage:
            events.append(Event({**self._known_head(), "choices": [], "usage": chat_usage(self._usage)}))
        return [*events, Event(DONE)]

    def _start(self, message: Json) -> list[Event]:
        if self._head is not None:
            raise ValueError("the provider's stream begins twice")
        self._note_usage(message.get("usage"))
        self._head = {**head(message, self._call, "chat.completion.chunk"), **service_tier(self._usage)}
        return [self._chunk({"role": "assistant", "content": ""})]

    def _feed_block(self, kind: str, data: Json) -> list[Event]:
        index = read_count(data.get("index"), "index")
        if kind == "content_block_start":
            return self._begin(index, read_object(data.get("content_block"), "content_block"))
        if index not in self._blocks:
            raise ValueError(f"block {index} of the provider's stream has no beginning")
        if kind == "content_block_stop":
            return self._chunks(self._blocks.pop(index).stop())
        return self._chunks(self._blocks[index].delta(read_object(data.get("delta"), "delta")))

    def _begin(self, index: int, start: Json) -> list[Event]:
        kind = read_text(start.get("type"), "content_block.type")
        if kind == "tool_use":
            block: _Block = _ToolUse(start, self._calls, self._losses)
            self._calls += 1
        elif kind in _KINDS:
            block = _KINDS[kind](start, self._losses)
        else:
            self._losses.add(f"content[].{kind}")
            block = _Block(start, self._losses)
        self._blocks[index] = block
        return self._chunks(block.start())

    def _end(self, data: Json) -> list[Event]:
        self._note_usage(data.get("usage"))
        delta = read_object(data.get("delta", {}), "delta")
        if delta.get("stop_reason") is None or self._ended:
            return []
        self._ended = True
        refusal = explanation(delta.get("stop_details"))
        return [*self._chunks({"refusal": refusal} if refusal else {}), self._last(delta["stop_reason"])]

    def _note_usage(self, usage: Any) -> None:
        """What is told later counts all there was before, so it goes in the place of what was told first."""
        if isinstance(usage, dict):
            self._usage |= {name: value for name, value in usage.items() if value is not None}

    def _last(self, stop_reason: Any) -> Event:
        return self._chunk({}, finish_reason(stop_reason))

    def _chunks(self, delta: Json) -> list[Event]:
        return [self._chunk(delta)] if delta else []

    def _chunk(self, delta: Json, reason: str | None = None) -> Event:
        return Event({**self._known_head(), "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]})

    def _known_head(self) -> Json:
        if self._head is None:
            raise ValueError("the provider's stream does not begin with message_start")
        return self._head


class _Block:
    """One block while it comes: what each of its events adds to the message. This one, of a kind that chat has not, adds nothing."""

    def __init__(self, start: Json, losses: Losses) -> None:
        self._start = start
        self._losses = losses

    def start(self) -> Json:
        return {}

    def delta(self, _delta: Json) -> Json:
        return {}

    def stop(self) -> Json:
        return {}


class _Text(_Block):
    def start(self) -> Json:
        text = read_text(self._start.get("text", ""), "content_block.text")
        return {"content": text} if text else {}

    def delta(self, delta: Json) -> Json:
        if delta.get("type") == "text_delta":
            return {"content": read_text(delta.get("text"), "delta.text")}
        self._losses.add("content[].citations")
        return {}


class _Thinking(_Block):
    """Its text goes on as it comes; the block as a whole, which must come back with its signature, when it has ended."""

    def __init__(self, start: Json, losses: Losses) -> None:
        super().__init__(start, losses)
        self._texts = [read_text(start.get("thinking", ""), "content_block.thinking")]
        self._signatures = [read_text(start.get("signature", ""), "content_block.signature")]

    def start(self) -> Json:
        return {"reasoning_content": self._texts[0]} if self._texts[0] else {}

    def delta(self, delta: Json) -> Json:
        if delta.get("type") == "thinking_delta":
            self._texts.append(read_text(delta.get("thinking"), "delta.thinking"))
            return {"reasoning_content": self._texts[-1]}
        if delta.get("type") == "signature_delta":
            self._signatures.append(read_text(delta.get("signature"), "delta.signature"))
        return {}

    def stop(self) -> Json:
        block = {"type": "thinking", "thinking": "".join(self._texts), "signature": "".join(self._signatures)}
        return {"thinking_blocks": [block]}


class _Redacted(_Block):
    def start(self) -> Json:
        return {"thinking_blocks": [{"type": "redacted_thinking", "data": read_text(self._start.get("data"), "content_block.data")}]}


class _ToolUse(_Block):
    """A call: its head first, then pieces of its arguments; all of them at the end, where the provider sent none."""

    def __init__(self, start: Json, number: int, losses: Losses) -> None:
        super().__init__(start, losses)
        self._number = number
        self._in_pieces = False

    def start(self) -> Json:
        function = {"name": read_text(self._start.get("name"), "content_block.name"), "arguments": ""}
        identifier = read_text(self._start.get("id"), "content_block.id")
        return {"tool_calls": [{"index": self._number, "id": identifier, "type": "function", "function": function}]}

    def delta(self, delta: Json) -> Json:
        if delta.get("type") != "input_json_delta":
            return {}
        piece = read_text(delta.get("partial_json"), "delta.partial_json")
        self._in_pieces = self._in_pieces or bool(piece)
        return self._arguments(piece) if piece else {}

    def stop(self) -> Json:
        whole = arguments_text(read_object(self._start.get("input") or {}, "content_block.input"))
        return {} if self._in_pieces else self._arguments(whole)

    def _arguments(self, piece: str) -> Json:
        return {"tool_calls": [{"index": self._number, "function": {"arguments": piece}}]}


_KINDS = {"text": _Text, "thinking": _Thinking, "redacted_thinking": _Redacted}
