"""Thought signatures: on a part in Gemini, in ``extra_content`` of a message or of a tool call in chat, as Google's own chat API has it.

They are sealed thoughts. Gemini 2.5 answers worse without them, and Gemini 3 refuses the calls of a turn that come back without.
What others signed goes to Gemini's clients as a signature of ours, and comes back in it: the thoughts of Anthropic's models, and the
signatures that a provider of chat gives.
"""

from __future__ import annotations

import base64
import re
from typing import Any

from pyproxy.dialects.translation.signed import Signed, read_signed, write_signed

__all__ = ["UNSIGNED", "carried", "extra_content", "is_made_up", "seal", "seal_signature", "signature_of", "unseal", "unseal_signature"]

UNSIGNED = "skip_thought_signature_validator"
"""Google's word for a call that no Gemini model made, or whose signature the client did not keep."""

_MADE_UP = frozenset({UNSIGNED, "context_engineering_is_the_way_to_go"})
# So long that their base64 is a beginning of ours whatever follows: of thoughts, and of the signature of what was said or called.
_THOUGHTS = b"pyproxy.."
_SIGNATURE = b"pyproxy.="
_TO_STANDARD = str.maketrans("-_", "+/")
_ALPHABET = re.compile(r"[A-Za-z0-9+/]+={0,2}")


def extra_content(signature: str) -> dict[str, Any]:
    """Return what says it in chat."""
    return {"google": {"thought_signature": signature}}


def signature_of(holder: Any) -> str | None:
    """Return the signature in the ``extra_content`` of a message or of a tool call."""
    extra = holder.get("extra_content") if isinstance(holder, dict) else None
    google = extra.get("google") if isinstance(extra, dict) else None
    signature = google.get("thought_signature") if isinstance(google, dict) else None
    return signature if isinstance(signature, str) and signature else None


def is_made_up(signature: str) -> bool:
    """Whether it only stands where a signature is wanted."""
    return signature in _MADE_UP


def carried(signature: str) -> str | None:
    """Return a signature in the alphabet in which Google's API gives them, which its SDK changes; None if it is not base64.

    The SDK refuses a whole answer for one that is not.
    """
    standard = signature.translate(_TO_STANDARD)
    if _ALPHABET.fullmatch(standard) is None:
        return None
    padded = standard.rstrip("=")
    padded += "=" * (-len(padded) % 4)
    try:
        base64.b64decode(padded, validate=True)
    except ValueError:
        return None
    return padded


def seal(blocks: list[dict[str, Any]], signer: str) -> str:
    """Return blocks of thinking as a signature."""
    return _sealed(_THOUGHTS, Signed(signer, blocks))


def unseal(signature: str) -> Signed | None:
    """Return the blocks again, with who signed them; None for a signature that is not of ours."""
    return _unsealed(_THOUGHTS, signature)


def seal_signature(signature: str, signer: str) -> str:
    """Return the signature of a text or of a call as one that says whose it is."""
    return _sealed(_SIGNATURE, Signed(signer, [{"signature": signature}]))


def unseal_signature(sealed: str, signer: str) -> str | None:
    """Return a signature that somebody has given; None for any other, which is not for them."""
    found = _unsealed(_SIGNATURE, sealed)
    signature = found.blocks[0].get("signature") if found is not None and found.signer == signer and found.blocks else None
    return signature if isinstance(signature, str) else None


def _sealed(mark: bytes, signed: Signed) -> str:
    return base64.b64encode(mark + write_signed(signed)).decode()


def _unsealed(mark: bytes, signature: str) -> Signed | None:
    standard = carried(signature)
    written = b"" if standard is None else base64.b64decode(standard)
    if not written.startswith(mark):
        return None
    try:
        return read_signed(written.removeprefix(mark))
    except ValueError:
        return Signed(None, [])
