"""A candidate of Gemini's as a choice of the chat API: read piece by piece, whether it comes whole or as a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.arguments import arguments_text
from pyproxy.dialects.translation.gemini.call_ids import made_id
from pyproxy.dialects.translation.gemini.signatures import extra_content

if TYPE_CHECKING:
    from pyproxy.dialects.translation.fields import Fields
    from pyproxy.dialects.translation.translator import Json

__all__ = ["Choice", "refusal_of", "usage_of"]

_FINISHES = {"STOP": "stop", "MAX_TOKENS": "length", "CONTINUATION": "length", "TOO_MANY_TOOL_CALLS": "length"}
# What the model wrote is no answer: asked again it will do better, and to call it an end would make an agent believe it is done.
_BROKEN = frozenset({"MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE", "UNEXPECTED_TOOL_CALL", "MISSING_THOUGHT_SIGNATURE"})
# All others cut an answer short, by some rule of the provider's: SAFETY, RECITATION, PROHIBITED_CONTENT, BLOCKLIST, SPII, …
_CUT = "content_filter"
# Of a candidate, and no part of what it says.
_ASIDE = ("avgLogprobs", "finishMessage", "safetyRatings", "tokenCount")


class Choice:
    """One choice, as far as it has come.

    Attributes:
        index: its place among the choices.
    """

    def __init__(self, index: int, scope: str) -> None:
        self.index = index
        self._scope = scope
        self._calls = 0
        self._reason: str | None = None
        self._signature: str | None = None

    def read(self, candidate: Fields) -> list[Json]:
        """Take what has come of the candidate and return it as deltas.

        Raises:
            ValueError: it is none, or it ended with what is no answer.
        """
        for name in _ASIDE:
            candidate.get(name)
        content = candidate.object("content")
        parts = [] if content is None else content.objects("parts")
        deltas = [delta for delta in map(self._delta, parts) if delta]
        reason = candidate.text("finishReason")
        if reason in _BROKEN:
            raise ValueError(f"The provider ended its answer with {reason}.")
        if reason:
            self.end(reason)
        return deltas

    def end(self, reason: str) -> None:
        """Tell why it ended, in Gemini's words."""
        self._reason = _FINISHES.get(reason, _CUT)

    @property
    def finish_reason(self) -> str | None:
        """Why it ended, in those of the chat API; None as long as nobody has said so. Gemini ends calls of tools as STOP."""
        return "tool_calls" if self._calls and self._reason == "stop" else self._reason

    @property
    def closing(self) -> Json:
        """The last delta: the signature of what was said, of which there is one at most."""
        return {} if self._signature is None else {"extra_content": extra_content(self._signature)}

    def _delta(self, part: Fields) -> Json | None:
        signature = part.text("thoughtSignature")
        called = part.object("functionCall")
        if called is not None:
            call = self._call(called)
            if signature:
                call["extra_content"] = extra_content(signature)
            delta: Json | None = {"tool_calls": [call]}
        else:
            if signature:
                self._sign(part, signature)
            text = part.text("text")
            name = "reasoning_content" if part.flag("thought") else "content"
            delta = {name: text} if text else None
        part.done()
        return delta

    def _sign(self, part: Fields, signature: str) -> None:
        if self._signature not in (None, signature):
            part.lose("thoughtSignature")
        self._signature = signature

    def _call(self, called: Fields) -> Json:
        index, self._calls = self._calls, self._calls + 1
        arguments = called.get("args")
        if arguments is not None and not isinstance(arguments, dict):
            raise called.fault("args", f"{called.at('args')} is not an object.")
        identifier = called.text("id") or made_id(self._scope, self.index, index)
        function = {"name": called.needed("name"), "arguments": arguments_text(arguments or {})}
        return {"index": index, "id": identifier, "type": "function", "function": function}


def refusal_of(body: Fields) -> str | None:
    """Why the provider did not let the prompt pass, in words for the client; None if it did."""
    feedback = body.object("promptFeedback")
    reason = None if feedback is None else feedback.text("blockReason")
    if feedback is None or not reason:
        return None
    return feedback.text("blockReasonMessage") or f"The provider blocked the prompt: {reason}."


def usage_of(body: Fields) -> Json | None:
    """Return what was used, as the chat API counts it: thoughts are part of the completion, cached tokens of the prompt."""
    told = body.object("usageMetadata")
    if told is None:
        return None

    def count(name: str) -> int:
        return max(0, told.count(name) or 0)

    prompt = count("promptTokenCount") + count("toolUsePromptTokenCount")
    thoughts = count("thoughtsTokenCount")
    # Some models count their thoughts among the candidates already: the total tells.
    completion = count("totalTokenCount") - prompt
    if completion < max(thoughts, count("candidatesTokenCount")):
        completion = count("candidatesTokenCount") + thoughts
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": count("cachedContentTokenCount")},
        "completion_tokens_details": {"reasoning_tokens": thoughts},
    }
