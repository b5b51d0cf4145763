"""Streams: chunks of the chat API as Gemini's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.events import DONE, Event
from pyproxy.dialects.translation.fields import Fields
from pyproxy.dialects.translation.gemini_over_chat.candidate import Candidate, usage_of
from pyproxy.dialects.translation.gemini_over_chat.logprobs import logprobs_of
from pyproxy.dialects.translation.losses import Losses

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["GeminiStream"]


class GeminiStream:
    """One stream. Texts go on as they come; calls of tools, finishes and the usage are one last chunk, and nothing follows it."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._losses = Losses()
        self._candidates: dict[int, Candidate] = {}
        self._usage: Json | None = None
        self._id = ""
        self._model = ""

    @property
    def lost(self) -> tuple[str, ...]:
        """What could not be carried so far."""
        return self._losses.names

    def feed(self, event: Event) -> list[Event]:
        """Take one chunk of the chat API.

        Raises:
            ValueError: it is none.
        """
        if event.data == DONE:
            return []
        body = Fields(event.data, losses=self._losses, answer=True)
        if body.get("error") is not None:
            raise ValueError("The provider's stream told an error.")
        if not self._id:  # all chunks of a stream have the same
            self._id, self._model = body.text("id") or self._call.id, body.text("model") or self._call.model
        self._usage = usage_of(body.get("usage")) or self._usage
        said = [self._said(choice, place) for place, choice in enumerate(body.objects("choices"))]
        candidates = [candidate for candidate in said if candidate is not None]
        return [self._chunk(candidates)] if candidates else []

    def finish(self) -> list[Event]:
        """Return the last chunk.

        Raises:
            ValueError: the stream did not come to its proper end: nothing was said, or something without an end.
        """
        if not self._candidates or not all(candidate.finished for candidate in self._candidates.values()):
            raise ValueError("The provider's stream ended without a finish_reason.")
        return [self._chunk([_last(candidate) for candidate in self._candidates.values()], last=True)]

    def _said(self, choice: Fields, place: int) -> Json | None:
        told = choice.count("index")
        index = place if told is None else told
        candidate = self._candidates.setdefault(index, Candidate(index, self._call.id, self._call.signer))
        delta = choice.object("delta")
        parts = [] if delta is None else candidate.read(delta)
        reason, logprobs = choice.text("finish_reason"), logprobs_of(choice)
        if reason:
            candidate.end(reason)
        if not parts and logprobs is None:
            return None
        made: Json = {"content": {"role": "model", "parts": parts or [{"text": ""}]}, "index": index}
        if logprobs is not None:
            made["logprobsResult"] = logprobs
        return made

    def _chunk(self, candidates: list[Json], *, last: bool = False) -> Event:
        chunk: Json = {"candidates": candidates}
        if last and self._usage is not None:
            chunk["usageMetadata"] = self._usage
        return Event({**chunk, "modelVersion": self._model, "responseId": self._id})


def _last(candidate: Candidate) -> Json:
    parts = candidate.closing() or [{"text": ""}]
    return {"content": {"role": "model", "parts": parts}, "finishReason": candidate.finish_reason, "index": candidate.index}
