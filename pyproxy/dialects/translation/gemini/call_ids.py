"""Ids of tool calls, which Gemini leaves out and chat cannot do without."""

from __future__ import annotations

import hashlib

__all__ = ["made_id"]


def made_id(*place: str | int) -> str:
    """Return an id for the call at a place: always the same one, in the form of OpenAI's and no longer than it allows."""
    written = "/".join(map(str, place)).encode(errors="surrogatepass")
    return f"call_{hashlib.sha256(written).hexdigest()[:24]}"
