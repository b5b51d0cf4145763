"""A choice of the chat API as a candidate of Gemini's: read piece by piece, whether it comes whole or as a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.arguments import read_arguments
from pyproxy.dialects.translation.chat.calls import CallPiece, StreamedCalls, call_pieces
from pyproxy.dialects.translation.chat.pieces import reasoning_of, said
from pyproxy.dialects.translation.chat.usage import read_usage
from pyproxy.dialects.translation.gemini.call_ids import made_id
from pyproxy.dialects.translation.gemini.signatures import UNSIGNED, seal, seal_signature, signature_of

if TYPE_CHECKING:
    from pyproxy.dialects.translation.chat.calls import StreamedCall
    from pyproxy.dialects.translation.fields import Fields
    from pyproxy.dialects.translation.translator import Json

__all__ = ["Candidate", "usage_of"]

_FINISHES = {
    "stop": "STOP",
    "tool_calls": "STOP",
    "function_call": "STOP",
    "length": "MAX_TOKENS",
    "content_filter": "SAFETY",
}


class _Call:
    """A call as it comes: the pieces of its arguments, and its signature if it has one."""

    def __init__(self, streamed: StreamedCall) -> None:
        self.streamed = streamed
        self.arguments: list[str] = []
        self.signature: str | None = None


class Candidate:
    """One candidate, as far as it has come. Gemini gives calls of tools whole, so they are kept until all is there."""

    def __init__(self, index: int, scope: str, signer: str) -> None:
        self.index = index
        self.finished = False
        self._scope = scope
        self._signer = signer
        self._reason = "STOP"
        self._streamed = StreamedCalls()
        self._calls: list[_Call] = []
        self._signature: str | None = None

    def read(self, message: Fields, *, whole: bool = False) -> list[Json]:
        """Take a delta, or a whole message, keep its calls, and return its texts as parts."""
        told = {name: message.get(name) for name in ("content", "reasoning_content", "reasoning", "tool_calls")}
        content = list(said(told["content"]))
        thought = reasoning_of(told) + "".join(text for is_thought, text in content if is_thought)
        parts: list[Json] = [{"text": thought, "thought": True}] if thought else []
        if signed := _signed_thoughts(message):
            # They come when the thought has been told, in a stream after it.
            parts = parts or [{"text": "", "thought": True}]
            parts[-1]["thoughtSignature"] = seal(signed, self._signer)
        texts = (*(text for is_thought, text in content if not is_thought), message.text("refusal"))
        parts += [{"text": text} for text in texts if text]
        signature = signature_of({"extra_content": message.get("extra_content")})
        if signature is not None:
            self._signature = seal_signature(signature, self._signer)
        for position, piece in enumerate(call_pieces(told)):
            self._take(piece._replace(position=position) if whole else piece)
        former = message.object("function_call")
        if former is not None:
            self._take(CallPiece(None, "", former.text("name") or "", former.text("arguments") or "", {}))
        message.get("role")
        message.done()
        return parts

    def end(self, reason: str | None) -> None:
        """Tell why it ended, in the words of the chat API."""
        self.finished = True
        self._reason = "STOP" if reason is None else _FINISHES.get(reason, "OTHER")

    @property
    def finish_reason(self) -> str:
        """Why it ended, in Gemini's words."""
        return self._reason

    def closing(self, last: Json | None = None) -> list[Json]:
        """Return what there is left to tell: the signature, unless it goes onto the last text, and the calls."""
        parts: list[Json] = []
        if self._signature is not None:
            if last is None:
                last = {"text": ""}
                parts.append(last)
            last["thoughtSignature"] = self._signature
        calls = [part for part in map(self._part, self._calls) if part is not None]
        if calls:
            # A conversation may go on at a Gemini, which refuses a turn whose first call comes back without any.
            calls[0].setdefault("thoughtSignature", UNSIGNED)
        return [*parts, *calls]

    def _take(self, piece: CallPiece) -> None:
        streamed = self._streamed.take(piece)
        if streamed.place == len(self._calls):
            self._calls.append(_Call(streamed))
        call = self._calls[streamed.place]
        call.arguments.append(piece.arguments)
        signature = signature_of(piece.source)
        if signature is not None:
            call.signature = seal_signature(signature, self._signer)

    def _part(self, call: _Call) -> Json | None:
        if not call.streamed.name:
            raise ValueError("The provider's answer calls a tool without a name.")
        arguments = read_arguments("".join(call.arguments))
        if not arguments.exact and self._reason == "MAX_TOKENS":
            return None  # cut off in the middle; Gemini tells of no such call either
        identifier = call.streamed.id or made_id(self._scope, self.index, call.streamed.place)
        part: Json = {"functionCall": {"id": identifier, "name": call.streamed.name, "args": arguments.value}}
        if call.signature:
            part["thoughtSignature"] = call.signature
        return part


def _signed_thoughts(message: Fields) -> list[Json]:
    """The blocks of thinking that their provider wants back as they are."""
    given = message.get("thinking_blocks")
    blocks = [block for block in given if isinstance(block, dict)] if isinstance(given, list) else []
    return [block for block in blocks if block.get("signature") or block.get("data")]


def usage_of(told: Any) -> Json | None:
    """Return what was used, as Gemini counts it: thoughts apart from candidates."""
    read = read_usage(told)
    if read is None:
        return None
    usage = {
        "promptTokenCount": read.prompt,
        "candidatesTokenCount": read.completion - read.reasoning,
        "totalTokenCount": read.prompt + read.completion,
    }
    if read.reasoning:
        usage["thoughtsTokenCount"] = read.reasoning
    if read.cached:
        usage["cachedContentTokenCount"] = read.cached
    return usage
