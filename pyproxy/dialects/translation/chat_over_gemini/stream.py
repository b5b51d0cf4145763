"""Streams: Gemini's chunks as those of the chat API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.chat_over_gemini.choice import Choice, refusal_of, usage_of
from pyproxy.dialects.translation.chat_over_gemini.logprobs import logprobs_of
from pyproxy.dialects.translation.events import DONE, Event
from pyproxy.dialects.translation.fields import Fields
from pyproxy.dialects.translation.losses import Losses

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["ChatStream"]


class ChatStream:
    """One stream. Gemini tells the finish of a candidate early at times, and more after it: so finishes are told at the end."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._losses = Losses()
        self._choices: dict[int, Choice] = {}
        self._usage: Json | None = None
        self._id = ""
        self._model = ""

    @property
    def lost(self) -> tuple[str, ...]:
        """What could not be carried so far."""
        return self._losses.names

    def feed(self, event: Event) -> list[Event]:
        """Take one chunk of Gemini's.

        Raises:
            ValueError: it is none, or an end that is no answer.
        """
        body = Fields(event.data, losses=self._losses, gemini=True, answer=True)
        if body.get("error") is not None:
            raise ValueError("The provider's stream told an error.")
        if not self._id:  # all chunks of a stream have the same
            self._id, self._model = body.text("responseId") or self._call.id, body.text("modelVersion") or self._call.model
        self._usage = usage_of(body) or self._usage
        candidates = body.objects("candidates")
        if not candidates:
            return self._refused(body)
        return [event for place, candidate in enumerate(candidates) for event in self._said(candidate, place)]

    def finish(self) -> list[Event]:
        """Return what ends the stream.

        Raises:
            ValueError: it did not come to its proper end: nothing was said, or something without an end.
        """
        if not self._choices or any(choice.finish_reason is None for choice in self._choices.values()):
            raise ValueError("The provider's stream ended without a finishReason.")
        events = [self._chunk(choice, choice.closing, finish=choice.finish_reason) for choice in self._choices.values()]
        if self._call.include_usage and self._usage is not None:
            events.append(Event({**self._head(), "choices": [], "usage": self._usage}))
        return [*events, Event(DONE)]

    def _said(self, candidate: Fields, place: int) -> list[Event]:
        told = candidate.count("index")
        choice, events = self._choice(place if told is None else told)
        deltas = choice.read(candidate)
        logprobs = logprobs_of(candidate)
        candidate.done()
        if logprobs is not None and not deltas:
            deltas = [{}]
        for number, delta in enumerate(deltas):
            events.append(self._chunk(choice, delta, logprobs=None if number else logprobs))
        return events

    def _refused(self, body: Fields) -> list[Event]:
        refusal = refusal_of(body)
        if refusal is None:
            return []
        choice, events = self._choice(0)
        choice.end("SAFETY")
        return [*events, self._chunk(choice, {"refusal": refusal})]

    def _choice(self, index: int) -> tuple[Choice, list[Event]]:
        """The choice, and its first chunk if this is the first that is heard of it."""
        known = self._choices.get(index)
        if known is not None:
            return known, []
        choice = self._choices[index] = Choice(index, self._call.id)
        return choice, [self._chunk(choice, {"role": "assistant", "content": ""})]

    def _chunk(self, choice: Choice, delta: Json, *, finish: str | None = None, logprobs: Json | None = None) -> Event:
        told = {"index": choice.index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        return Event({**self._head(), "choices": [told]})

    def _head(self) -> Json:
        return {
            "id": f"chatcmpl-{self._id}",
            "object": "chat.completion.chunk",
            "created": self._call.created,
            "model": self._model,
        }
