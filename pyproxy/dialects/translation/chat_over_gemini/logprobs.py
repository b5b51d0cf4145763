"""Probabilities of tokens, from Gemini's form to that of the chat API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyproxy.dialects.translation.fields import Fields
    from pyproxy.dialects.translation.translator import Json

__all__ = ["logprobs_of"]


def logprobs_of(candidate: Fields) -> Json | None:
    """Return a choice's ``logprobs``; None if the candidate tells none."""
    result = candidate.object("logprobsResult")
    if result is None:
        return None
    result.get("logProbabilitySum")
    tops = [[_token(other) for other in top.objects("candidates")] for top in result.objects("topCandidates")]
    content = []
    for index, chosen in enumerate(result.objects("chosenCandidates")):
        content.append({**_token(chosen), "top_logprobs": tops[index] if index < len(tops) else []})
    result.done()
    return {"content": content, "refusal": None}


def _token(told: Fields) -> Json:
    token = told.text("token") or ""
    return {"token": token, "logprob": told.number("logProbability") or 0.0, "bytes": list(token.encode(errors="replace"))}
