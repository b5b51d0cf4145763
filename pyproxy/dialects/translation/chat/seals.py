"""What a provider signs of a model's reasoning, kept in what clients send back as it is: sealed content, signatures, redacted thinking.

Sealed are blocks of thinking that a provider signed, and the signatures that Gemini gives with a model's calls of tools. In chat those
stand in the ``extra_content`` of a call; here they go by its id.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.gemini.signatures import extra_content
from pyproxy.dialects.translation.signed import Signed, read_signed, write_signed
from pyproxy.dialects.translation.tool_ids import CHAT_LONGEST, safe_id

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Json

__all__ = ["call_signature", "call_signatures", "seal", "signed_calls", "unseal"]

# What other providers seal begins otherwise.
_MARK = "pyproxy."
_OF_A_CALL = "call_signature"


def seal(blocks: list[Json], signer: str) -> str:
    """Return signed blocks of thinking as one text."""
    return _MARK + base64.urlsafe_b64encode(write_signed(Signed(signer, blocks))).decode()


def unseal(text: Any) -> Signed | None:
    """Return the blocks again, with who signed them; None for what somebody else has sealed."""
    if not isinstance(text, str) or not text.startswith(_MARK):
        return None
    try:
        return read_signed(base64.urlsafe_b64decode(text.removeprefix(_MARK)))
    except ValueError:
        return None


def call_signature(call_id: str, signature: str) -> Json:
    """Return the signature of a call as a block."""
    return {"type": _OF_A_CALL, "id": call_id, "signature": signature}


def call_signatures(blocks: list[Json]) -> tuple[list[Json], dict[str, str]]:
    """Part the blocks of thinking from the signatures of calls, which are returned by the calls' ids in chat."""
    signatures: dict[str, str] = {}
    thinking: list[Json] = []
    for block in blocks:
        if block.get("type") != _OF_A_CALL:
            thinking.append(block)
        elif isinstance(identifier := block.get("id"), str) and isinstance(signature := block.get("signature"), str):
            signatures[safe_id(identifier, CHAT_LONGEST)] = signature
    return thinking, signatures


def signed_calls(calls: list[Json], signatures: dict[str, str]) -> list[Json]:
    """Return the calls of a chat message, each with the signature that was given with it."""
    return [{**call, "extra_content": extra_content(signatures[call["id"]])} if call["id"] in signatures else call for call in calls]
