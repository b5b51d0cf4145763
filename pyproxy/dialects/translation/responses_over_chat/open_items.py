"""Items of an output while they come: what each piece tells the client, and what they are in the end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.chat.seals import seal
from pyproxy.dialects.translation.custom_tools import custom_input
from pyproxy.dialects.translation.events import Event

if TYPE_CHECKING:
    from pyproxy.dialects.translation.responses_over_chat.tools import Tool
    from pyproxy.dialects.translation.translator import Json

__all__ = ["Emitter", "OpenCall", "OpenItem", "OpenMessage", "OpenReasoning"]


class Emitter:
    """Numbers the events of one stream, and keeps them until they are taken."""

    def __init__(self) -> None:
        self._next = 0
        self._events: list[Event] = []

    def __call__(self, kind: str, **members: Any) -> None:
        """Tell the next event."""
        self._events.append(Event({"type": kind, "sequence_number": self._next, **members}, kind))
        self._next += 1

    def take(self) -> list[Event]:
        """Return the events since the last time."""
        events, self._events = self._events, []
        return events


class OpenItem(ABC):
    """An item under way.

    Attributes:
        item: what it is so far; all of it once it is closed.
        is_open: whether more of it may come.
    """

    def __init__(self, emit: Emitter, place: int, item: Json) -> None:
        self.item = item
        self.is_open = True
        self._emit = emit
        self._place = place
        self._of_item = {"item_id": item["id"], "output_index": place}
        self._pieces: list[str] = []
        # Lists in it are empty at first, and are not to grow in what has been told.
        begun = {name: [] if value == [] else value for name, value in item.items()}
        emit("response.output_item.added", output_index=place, item=begun)

    def close(self, status: str) -> None:
        """End it, as ``completed`` or ``incomplete``."""
        self._finish()
        self.is_open = False
        self.item["status"] = status
        self._emit("response.output_item.done", output_index=self._place, item=self.item)

    @abstractmethod
    def _finish(self) -> None:
        """End what it consists of."""

    def _text(self) -> str:
        return "".join(self._pieces)


class OpenMessage(OpenItem):
    """What the model says: parts of text, and of its refusal if it comes to that."""

    def __init__(self, emit: Emitter, place: int, identifier: str) -> None:
        super().__init__(emit, place, {"id": identifier, "type": "message", "status": "in_progress", "role": "assistant", "content": []})
        self._logprobs: list[Any] = []

    def text(self, piece: str, logprobs: list[Any]) -> None:
        """Add text."""
        self._part("output_text")
        self._pieces.append(piece)
        self._logprobs += logprobs
        self._emit("response.output_text.delta", **self._of_part(), delta=piece, logprobs=logprobs)

    def refusal(self, piece: str) -> None:
        """Add to a refusal."""
        self._part("refusal")
        self._pieces.append(piece)
        self._emit("response.refusal.delta", **self._of_part(), delta=piece)

    def annotation(self, annotation: Json) -> None:
        """Add a source to the text."""
        self._part("output_text")
        annotations = self.item["content"][-1]["annotations"]
        told = {"annotation": annotation, "annotation_index": len(annotations)}
        annotations.append(annotation)
        self._emit("response.output_text.annotation.added", **self._of_part(), **told)

    def _part(self, kind: str) -> None:
        """Begin a part of this kind, unless it is the one under way."""
        content = self.item["content"]
        if content and content[-1]["type"] == kind:
            return
        self._finish()
        content.append(_refusal("") if kind == "refusal" else _output_text(""))
        self._emit("response.content_part.added", **self._of_part(), part=_refusal("") if kind == "refusal" else _output_text(""))

    def _finish(self) -> None:
        if not self.item["content"]:
            return
        part, text = self.item["content"][-1], self._text()
        self._pieces = []
        if part["type"] == "refusal":
            part["refusal"] = text
            self._emit("response.refusal.done", **self._of_part(), refusal=text)
        else:
            part["text"] = text
            self._emit("response.output_text.done", **self._of_part(), text=text, logprobs=self._logprobs)
            if self._logprobs:
                part["logprobs"], self._logprobs = self._logprobs, []
        self._emit("response.content_part.done", **self._of_part(), part=part)

    def _of_part(self) -> Json:
        return {**self._of_item, "content_index": len(self.item["content"]) - 1}


class OpenReasoning(OpenItem):
    """What the model thinks: as a summary for clients that ask for one, which show nothing else; for others as it is."""

    def __init__(self, emit: Emitter, place: int, identifier: str, signer: str, *, as_summary: bool) -> None:
        super().__init__(emit, place, {"id": identifier, "type": "reasoning", "status": "in_progress", "summary": [], "content": []})
        self._member = "summary" if as_summary else "content"
        self._kind = "summary_text" if as_summary else "reasoning_text"
        self._texts = "response.reasoning_summary_text" if as_summary else "response.reasoning_text"
        self._parts = "response.reasoning_summary_part" if as_summary else "response.content_part"
        self._of_part = {**self._of_item, f"{self._member}_index": 0}
        self._signer = signer
        self._signed: list[Json] = []

    def text(self, piece: str) -> None:
        """Add to it."""
        if not self._pieces:
            self._emit(f"{self._parts}.added", **self._of_part, part={"type": self._kind, "text": ""})
        self._pieces.append(piece)
        self._emit(f"{self._texts}.delta", **self._of_part, delta=piece)

    def signed(self, blocks: list[Json]) -> None:
        """Keep what the provider signed of it: it wants that back with the next turn."""
        self._signed += blocks

    def _finish(self) -> None:
        if self._signed:
            self.item["encrypted_content"] = seal(self._signed, self._signer)
        if not self._pieces:
            return
        text = self._text()
        part = {"type": self._kind, "text": text}
        self.item[self._member] = [part]
        self._emit(f"{self._texts}.done", **self._of_part, text=text)
        self._emit(f"{self._parts}.done", **self._of_part, part=part)


class OpenCall(OpenItem):
    """A call of a tool. A custom tool's text stands within JSON, and can only be told when that has come to its end."""

    def __init__(self, emit: Emitter, place: int, identifier: str, call_id: str, tool: Tool) -> None:
        kind, member = ("custom_tool_call", "input") if tool.custom else ("function_call", "arguments")
        item: Json = {"id": identifier, "type": kind, "status": "in_progress", "call_id": call_id, "name": tool.name, member: ""}
        super().__init__(emit, place, item if tool.namespace is None else {**item, "namespace": tool.namespace})
        self._custom = tool.custom

    def arguments(self, piece: str) -> None:
        """Add to its arguments."""
        if not piece:
            return
        self._pieces.append(piece)
        if not self._custom:
            self._emit("response.function_call_arguments.delta", **self._of_item, delta=piece)

    def _finish(self) -> None:
        if self._custom:
            text = self.item["input"] = custom_input(self._text())
            self._emit("response.custom_tool_call_input.delta", **self._of_item, delta=text)
            self._emit("response.custom_tool_call_input.done", **self._of_item, input=text)
            return
        if not self._text().strip():
            self.arguments("{}")  # models write nothing for tools without parameters, and clients parse what is written
        whole = self.item["arguments"] = self._text()
        self._emit("response.function_call_arguments.done", **self._of_item, name=self.item["name"], arguments=whole)


def _output_text(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": []}


def _refusal(text: str) -> Json:
    return {"type": "refusal", "refusal": text}
