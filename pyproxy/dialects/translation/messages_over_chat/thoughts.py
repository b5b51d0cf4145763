"""Blocks of thinking in a messages request, as a provider of chat is given them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyproxy.dialects.translation.chat.seals import call_signatures, unseal

if TYPE_CHECKING:
    from pyproxy.dialects.translation.losses import Losses
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["Thoughts", "read_thoughts"]


class Thoughts(NamedTuple):
    """What an answer was thought out with: members of its message, and what was signed with its calls, by their ids in chat."""

    members: Json
    signatures: dict[str, str]


def read_thoughts(blocks: list[Json], call: Call, losses: Losses) -> Thoughts:
    """Return the thoughts of a turn: its text where the model takes that back, and what the provider itself has signed of it.

    What another has signed, and Anthropic's own signatures, which are not of ours, stay here.
    """
    text = "".join(text for block in blocks if isinstance(text := block.get("thinking"), str))
    signed: list[Json] = []
    foreign = False
    for block in blocks:
        kept = block.get("signature") or block.get("data")
        sealed = unseal(kept)
        if sealed is not None and sealed.signer == call.signer:
            signed += [{**inner, **_text_of(block)} if inner.get("type") == "thinking" else inner for inner in sealed.blocks]
        elif kept:
            foreign = True
    told = bool(text) and call.capabilities.reasoning_history
    if text and not told and not signed:
        losses.add("messages[].content[].thinking")
    elif foreign:
        losses.add("messages[].content[].signature" if told else "messages[].content[].thinking")
    thinking, signatures = call_signatures(signed)
    members: Json = {"reasoning_content": text} if told else {}
    return Thoughts(members | ({"thinking_blocks": thinking} if thinking else {}), signatures)


def _text_of(block: Json) -> Json:
    """What a signature is of: its seal holds it without, for the client has the text."""
    return {"thinking": block.get("thinking", "")}
