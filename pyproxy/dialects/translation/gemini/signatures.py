"""Thought signatures: on a part in Gemini, in ``extra_content`` of a message or of a tool call in chat, as Google's own chat API has it.

They are sealed thoughts. Gemini 2.5 answers worse without them, and Gemini 3 refuses the calls of a turn that come back without.
Thoughts that Anthropic signed go to Gemini's clients as a signature of ours, and come back in it.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

__all__ = ["UNSIGNED", "carried", "extra_content", "is_made_up", "seal", "signature_of", "unseal"]

UNSIGNED = "skip_thought_signature_validator"
"""Google's word for a call that no Gemini model made, or whose signature the client did not keep."""

_MADE_UP = frozenset({UNSIGNED, "context_engineering_is_the_way_to_go"})
# So long that its base64 is a beginning of ours whatever follows.
_MARK = b"pyproxy.."
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


def seal(blocks: list[dict[str, Any]]) -> str:
    """Return blocks of thinking, signed by whoever made them, as a signature."""
    return base64.b64encode(_MARK + json.dumps(blocks, separators=(",", ":")).encode()).decode()


def unseal(signature: str) -> list[dict[str, Any]] | None:
    """Return the blocks again; None for a signature that is not of ours."""
    standard = carried(signature)
    written = b"" if standard is None else base64.b64decode(standard)
    if not written.startswith(_MARK):
        return None
    try:
        blocks = json.loads(written.removeprefix(_MARK))
    except (ValueError, RecursionError):
        return []
    return [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
