"""An answer of chat completions as one of the responses API, event by event; a plain one is a stream of one piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.chat import pieces
from pyproxy.dialects.translation.chat.calls import StreamedCalls, call_pieces
from pyproxy.dialects.translation.chat.seals import call_signature
from pyproxy.dialects.translation.events import DONE
from pyproxy.dialects.translation.gemini.signatures import signature_of
from pyproxy.dialects.translation.losses import Losses
from pyproxy.dialects.translation.responses_over_chat.echo import item_id, response_body, response_usage
from pyproxy.dialects.translation.responses_over_chat.open_items import Emitter, OpenCall, OpenItem, OpenMessage, OpenReasoning
from pyproxy.dialects.translation.responses_over_chat.tools import read_tools

if TYPE_CHECKING:
    from pyproxy.dialects.translation.chat.calls import CallPiece
    from pyproxy.dialects.translation.events import Event
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["ResponseStream"]

_CUT_SHORT = {"length": "max_output_tokens", "content_filter": "content_filter"}


class _Call:
    """A tool's call as it comes; it can be told once its name is known."""

    def __init__(self) -> None:
        self.early: list[str] = []
        self.item: OpenCall | None = None
        self.signature: str | None = None


class ResponseStream:
    """A `StreamTranslator`.

    What the model says and thinks is told item after item; calls stay open until the end, for their pieces may come in turns.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._emit = Emitter()
        self._losses = Losses()
        self._toolbox = read_tools(call.asked.get("tools"), Losses())
        self._as_summary = _wants_summary(call.asked.get("reasoning"))
        self._body: Json = {}
        self._items: list[OpenItem] = []
        self._speaking: OpenMessage | OpenReasoning | None = None
        self._streamed = StreamedCalls()
        self._calls: list[_Call] = []
        self._call_ids: set[str] = set()
        self._finish_reason = ""
        self._usage: Any = None

    @property
    def lost(self) -> tuple[str, ...]:
        """What could not be carried so far."""
        return self._losses.names

    def feed(self, event: Event) -> list[Event]:
        """Take a chunk.

        Raises:
            ValueError: it is none.
        """
        return [] if event.data == DONE else self.feed_chunk(event.data)

    def feed_chunk(self, chunk: Any) -> list[Event]:
        """Take the data of one event."""
        choice = pieces.choice_of(chunk)
        self._begin(chunk)
        self._usage = chunk.get("usage") or self._usage
        if choice is not None:
            self._take(choice)
        return self._emit.take()

    def finish(self) -> list[Event]:
        """End the items and the response."""
        self._begin({})
        reason = _CUT_SHORT.get(self._finish_reason)
        if not self._items and reason is None:
            self._message().text("", [])  # a model that says nothing has answered all the same
        if any(call.item is None for call in self._calls):
            self._losses.add("tool_calls[]")  # nobody can answer one without a name
        for item in self._items:
            if item.is_open:
                item.close("completed" if reason is None or item is not self._items[-1] else "incomplete")
        status = "completed" if reason is None else "incomplete"
        body = {
            **self._body,
            "status": status,
            "incomplete_details": None if reason is None else {"reason": reason},
            "output": [item.item for item in self._items],
            "usage": response_usage(self._usage),
        }
        self._emit(f"response.{status}", response=body)
        return self._emit.take()

    def _begin(self, chunk: Json) -> None:
        if self._body:
            return
        model, tier = chunk.get("model"), chunk.get("service_tier")
        self._body = response_body(self._call, model if isinstance(model, str) and model else self._call.model)
        if isinstance(tier, str):
            self._body["service_tier"] = tier
        self._emit("response.created", response=self._body)
        self._emit("response.in_progress", response=self._body)

    def _take(self, choice: Json) -> None:
        delta = choice.get("delta")
        delta = delta if isinstance(delta, dict) else {}
        if thought := pieces.reasoning_of(delta):
            self._reasoning().text(thought)
        if signed := pieces.signed_thoughts_of(delta):
            self._reasoning().signed(signed)
        for is_thought, text in pieces.said(delta.get("content")):
            if text and is_thought:
                self._reasoning().text(text)
            elif text:
                self._message().text(text, pieces.logprobs_of(choice))
        if refusal := pieces.text_of(delta.get("refusal"), "the refusal"):
            self._message().refusal(refusal)
        for annotation in pieces.annotations_of(delta):
            self._message().annotation(annotation)
        for piece in call_pieces(delta):
            self._take_call(piece)
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self._finish_reason = reason

    def _message(self) -> OpenMessage:
        if not isinstance(self._speaking, OpenMessage):
            self._stop_speaking()
            self._speaking = OpenMessage(self._emit, len(self._items), item_id("msg", self._call, len(self._items)))
            self._items.append(self._speaking)
        return self._speaking

    def _reasoning(self) -> OpenReasoning:
        if not isinstance(self._speaking, OpenReasoning):
            self._stop_speaking()
            identifier = item_id("rs", self._call, len(self._items))
            self._speaking = OpenReasoning(self._emit, len(self._items), identifier, self._call.signer, as_summary=self._as_summary)
            self._items.append(self._speaking)
        return self._speaking

    def _stop_speaking(self) -> None:
        if self._speaking is not None:
            self._speaking.close("completed")
            self._speaking = None

    def _take_call(self, piece: CallPiece) -> None:
        streamed = self._streamed.take(piece)
        if streamed.place == len(self._calls):
            self._calls.append(_Call())
        call = self._calls[streamed.place]
        call.signature = signature_of(piece.source) or call.signature
        if call.item is None and streamed.name:
            call.item = self._open_call(streamed.id, streamed.name, call.signature)
            for early in call.early:
                call.item.arguments(early)
        if call.item is None:
            call.early.append(piece.arguments)
        else:
            call.item.arguments(piece.arguments)

    def _open_call(self, identifier: str, name: str, signature: str | None) -> OpenCall:
        """Begin to tell a call; what its provider signed with it goes before it, sealed, for its provider wants that back."""
        if not identifier or identifier in self._call_ids:
            identifier = item_id("call", self._call, len(self._items))
        self._call_ids.add(identifier)
        if signature is not None:
            self._reasoning().signed([call_signature(identifier, signature)])
        self._stop_speaking()
        tool, place = self._toolbox.called(name), len(self._items)
        item = OpenCall(self._emit, place, item_id("ctc" if tool.custom else "fc", self._call, place), identifier, tool)
        self._items.append(item)
        return item


def _wants_summary(reasoning: Any) -> bool:
    return isinstance(reasoning, dict) and bool(reasoning.get("summary") or reasoning.get("generate_summary"))
