"""Whole answers: one of the chat API as Gemini's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.fields import Fields
from pyproxy.dialects.translation.gemini_over_chat.candidate import Candidate, usage_of
from pyproxy.dialects.translation.gemini_over_chat.logprobs import logprobs_of
from pyproxy.dialects.translation.losses import Losses
from pyproxy.dialects.translation.translator import Translated

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["translate_response"]


def translate_response(body: Json, call: Call) -> Translated:
    """Return the Gemini client's answer for one of the chat API.

    Raises:
        ValueError: it is no answer.
    """
    losses = Losses()
    fields = Fields(body, losses=losses, answer=True)
    candidates = [_candidate(choice, place, call) for place, choice in enumerate(fields.objects("choices"))]
    if not candidates:
        raise ValueError("The provider's answer has no choices.")
    answer: Json = {"candidates": candidates}
    usage = usage_of(fields.get("usage"))
    if usage is not None:
        answer["usageMetadata"] = usage
    answer["modelVersion"] = fields.text("model") or call.model
    answer["responseId"] = fields.text("id") or call.id
    return Translated(answer, losses.names)


def _candidate(choice: Fields, place: int, call: Call) -> Json:
    told = choice.count("index")
    candidate = Candidate(place if told is None else told, call.id, call.signer)
    message = choice.object("message")
    if message is None:
        raise ValueError("The provider's answer has a choice without a message.")
    parts = candidate.read(message, whole=True)
    candidate.end(choice.text("finish_reason"))
    spoken = [part for part in parts if "thought" not in part]
    parts += candidate.closing(spoken[-1] if spoken else None)
    made: Json = {
        "content": {"role": "model", "parts": parts or [{"text": ""}]},
        "finishReason": candidate.finish_reason,
        "index": candidate.index,
    }
    logprobs = logprobs_of(choice)
    if logprobs is not None:
        made["logprobsResult"] = logprobs
    return made
