"""Probabilities of tokens, from the form of the chat API to Gemini's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyproxy.dialects.translation.fields import Fields
    from pyproxy.dialects.translation.translator import Json

__all__ = ["logprobs_of"]


def logprobs_of(choice: Fields) -> Json | None:
    """Return a candidate's ``logprobsResult``; None if the choice tells none."""
    told = choice.object("logprobs")
    tokens = [] if told is None else told.objects("content")
    if not tokens:
        return None
    return {
        "chosenCandidates": [_token(token) for token in tokens],
        "topCandidates": [{"candidates": [_token(top) for top in token.objects("top_logprobs")]} for token in tokens],
    }


def _token(told: Fields) -> Json:
    return {"token": told.text("token") or "", "logProbability": told.number("logprob") or 0.0}
