"""Whole answers: Gemini's as one of the chat API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.chat_over_gemini.choice import Choice, refusal_of, usage_of
from pyproxy.dialects.translation.chat_over_gemini.logprobs import logprobs_of
from pyproxy.dialects.translation.fields import Fields
from pyproxy.dialects.translation.losses import Losses
from pyproxy.dialects.translation.translator import Translated

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["translate_response"]


def translate_response(body: Json, call: Call) -> Translated:
    """Return the chat client's answer for Gemini's.

    Raises:
        ValueError: it is no answer, or an end that is none.
    """
    losses = Losses()
    fields = Fields(body, losses=losses, gemini=True, answer=True)
    choices = [_choice(candidate, place, call) for place, candidate in enumerate(fields.objects("candidates"))]
    if not choices:
        refusal = refusal_of(fields)
        if refusal is None:
            raise ValueError("The provider's answer has no candidates.")
        message = {"role": "assistant", "content": None, "refusal": refusal}
        choices = [{"index": 0, "message": message, "logprobs": None, "finish_reason": "content_filter"}]
    answer: Json = {
        "id": f"chatcmpl-{fields.text('responseId') or call.id}",
        "object": "chat.completion",
        "created": call.created,
        "model": fields.text("modelVersion") or call.model,
        "choices": choices,
    }
    usage = usage_of(fields)
    if usage is not None:
        answer["usage"] = usage
    return Translated(answer, losses.names)


def _choice(candidate: Fields, place: int, call: Call) -> Json:
    told = candidate.count("index")
    choice = Choice(place if told is None else told, call.id)
    message = _message(choice.read(candidate))
    logprobs = logprobs_of(candidate)
    candidate.done()
    message.update(choice.closing)
    return {"index": choice.index, "message": message, "logprobs": logprobs, "finish_reason": choice.finish_reason or "stop"}


def _message(deltas: list[Json]) -> Json:
    """Put deltas together."""
    calls = [
        {name: value for name, value in delta["tool_calls"][0].items() if name != "index"} for delta in deltas if "tool_calls" in delta
    ]
    content = _joined(deltas, "content")
    # Clients take a text for granted where nothing is called.
    message: Json = {"role": "assistant", "content": content if content or not calls else None, "refusal": None}
    reasoning = _joined(deltas, "reasoning_content")
    if reasoning:
        message["reasoning_content"] = reasoning
    if calls:
        message["tool_calls"] = calls
    return message


def _joined(deltas: list[Json], name: str) -> str:
    return "".join(delta[name] for delta in deltas if name in delta)
