"""Ids of tool calls: kept as they are wherever both APIs take them."""

from __future__ import annotations

import hashlib
import re

__all__ = ["CHAT_LONGEST", "safe_id"]

# What the messages API takes. The chat API takes any character, but not more than forty of them.
_SAFE = re.compile(r"[A-Za-z0-9_-]+")
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
CHAT_LONGEST = 40
_DIGEST = 12


def safe_id(identifier: str, longest: int | None = None) -> str:
    """Return an id that both APIs take: the same one if it is such, else always the same one for the same id.

    So a call and its result go on belonging together, in this turn and in all that follow.
    """
    if _SAFE.fullmatch(identifier) and (longest is None or len(identifier) <= longest):
        return identifier
    digest = hashlib.sha256(identifier.encode(errors="surrogatepass")).hexdigest()[:_DIGEST]
    return f"{_UNSAFE.sub('_', identifier)[: CHAT_LONGEST - _DIGEST - 1]}_{digest}"
