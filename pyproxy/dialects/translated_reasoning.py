"""Takes reasoning out of a conversation that a translation made for its client, and no provider.

It goes in whatever session before one is asked that takes back only its own:

- Messages: thinking has an empty signature, where nobody signed it, or one that is a seal of ours; a `redacted_thinking` of ours has a seal
  of ours.
- Responses: items `reasoning` have a seal of ours, or none, and an id of ours: OpenAI opens no other's seals, knows no item by such an
  id, and takes no text of reasoning.
- Gemini: parts of thoughts have a signature in which another provider's are sealed. Gemini never made them. What was said or called
  stays, with Google's word for what no Gemini model made in the place of a signature of ours.

A turn of which nothing is left goes as a whole. No other byte changes: prompt caches go by them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyproxy.dialects.json_spans import Cut, members, rewritten, sifted

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.dialects.json_spans import Span

__all__ = ["SEALED", "strip_translated", "translated_in"]

SEALED = "cHlwcm94eS4u"
"""How a signature begins in which a translation sealed thoughts (`pyproxy.dialects.translation.gemini.signatures.seal`)."""
_SEALED_SIGNATURE = "cHlwcm94eS49"
"""How one begins in which it sealed another provider's signature (`pyproxy.dialects.translation.gemini.signatures.seal_signature`)."""
_NO_GEMINIS = '"skip_thought_signature_validator"'
"""Google's word for what no Gemini model made."""
_OWN_SEAL = "pyproxy."
"""How what a translation seals for clients of messages and of responses begins (`pyproxy.dialects.translation.chat.seals.seal`)."""
_OWN_ITEM = re.compile(r"rs_req_[0-9a-f]{32}_[0-9]+")
"""The id of an item of reasoning that a translation made (`pyproxy.dialects.translation.responses_over_chat.echo.item_id`)."""


def strip_translated(body: bytes, wire: str) -> bytes | None:
    """Return a body of an API without the reasoning that a translation made, which its provider refuses, or None if there is none in it.

    A body that is not JSON is none of ours to mend: None, too.
    """
    places = _PLACES.get(wire)
    if places is None or not any(sign.search(body) for sign in places.signs):
        return None
    return rewritten(body, lambda text, member: translated_in(text, member, wire) if member.key == places.turns else [])


def translated_in(text: str, turns: Span, wire: str) -> list[Cut]:
    """Return the cuts that take what a translation made out of the turns of an API."""
    places = _PLACES[wire]
    return sifted(text, turns, places.goes, places.within)


def _is_thinking(block: Any) -> bool:
    if not isinstance(block, dict):
        return False
    if block.get("type") == "redacted_thinking":
        return _has_own_seal(block.get("data"))
    return block.get("type") == "thinking" and (block.get("signature") == "" or _has_own_seal(block.get("signature")))


def _is_item(item: Any) -> bool:
    if not isinstance(item, dict) or item.get("type") != "reasoning":
        return False
    identifier = item.get("id")
    return _has_own_seal(item.get("encrypted_content")) or (isinstance(identifier, str) and _OWN_ITEM.fullmatch(identifier) is not None)


def _is_thought(part: Any) -> bool:
    signatures = (part.get("thoughtSignature"), part.get("thought_signature")) if isinstance(part, dict) else ()
    return any(isinstance(signature, str) and signature.startswith(SEALED) for signature in signatures)


def _signatures_of(text: str, part: Span) -> list[Cut]:
    """The cuts that put Google's word for none into the place of another provider's signature: without any it refuses a call."""
    if not isinstance(part.value, dict):
        return []
    signatures = [member for member in members(text, part) if member.key in ("thoughtSignature", "thought_signature")]
    own = [member for member in signatures if isinstance(member.value, str) and member.value.startswith(_SEALED_SIGNATURE)]
    return [Cut(member.inside, member.end, _NO_GEMINIS) for member in own]


def _has_own_seal(text: Any) -> bool:
    return isinstance(text, str) and text.startswith(_OWN_SEAL)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where in an API what a translation made stands, and how it is known.

    Attributes:
        signs: without any of these there is nothing of it in a body, which need not be parsed then; each begins with a literal, by which it
            is found fast, as all of them in one pattern would not be.
        turns: the member of a body that holds the turns.
        made: whether a translation made a part of a turn; or a turn, where these have no parts.
        parts: the member of a turn that holds its parts, if it has any.
        role: whose turns alone are looked into, if not everybody's.
        mended: the cuts to make in a part that stays.
    """

    signs: tuple[re.Pattern[bytes], ...]
    turns: str
    made: Callable[[Any], bool]
    parts: str | None = None
    role: str | None = None
    mended: Callable[[str, Span], list[Cut]] | None = None

    def goes(self, turn: Any) -> bool:
        """Whether a translation made the whole turn."""
        if self.parts is None:
            return self.made(turn)
        parts = turn.get(self.parts) if self._has_parts(turn) else None
        return isinstance(parts, list) and bool(parts) and all(map(self.made, parts))

    def within(self, text: str, turn: Span) -> list[Cut]:
        """The cuts that take what it made out of a turn."""
        if not self._has_parts(turn.value):
            return []
        lists = [member for member in members(text, turn) if member.key == self.parts and isinstance(member.value, list)]
        return [cut for parts in lists for cut in sifted(text, parts, self.made, self.mended)]

    def _has_parts(self, turn: Any) -> bool:
        return self.parts is not None and isinstance(turn, dict) and (self.role is None or turn.get("role") == self.role)


_SEAL = re.compile(re.escape(_OWN_SEAL.encode()))
_UNSIGNED = re.compile(rb'"signature"[ \t\n\r]*:[ \t\n\r]*""')
_PLACES = {
    "anthropic": _Places((_SEAL, _UNSIGNED), "messages", _is_thinking, parts="content", role="assistant"),
    "responses": _Places((_SEAL, re.compile(b"rs_req_")), "input", _is_item),
    "gemini": _Places(
        (re.compile(SEALED.encode()), re.compile(_SEALED_SIGNATURE.encode())), "contents", _is_thought, parts="parts", mended=_signatures_of
    ),
}
