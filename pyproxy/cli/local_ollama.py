"""Asks whether an Ollama answers on this machine, and what models it has."""

from __future__ import annotations

import asyncio
import json
from typing import NamedTuple

import httpx2

__all__ = ["PATIENCE_S", "PORT", "Ollama", "find_ollama"]

PORT = 11434
PATIENCE_S = 0.3
_MOST_BYTES = 1 << 20
_LONGEST_NAME = 200


class Ollama(NamedTuple):
    """An Ollama that answered.

    Attributes:
        base_url: Where its OpenAI-compatible API is.
        models: The models it has pulled, those for embeddings left out.
    """

    base_url: str
    models: tuple[str, ...]


def find_ollama(port: int = PORT, patience_s: float = PATIENCE_S) -> Ollama | None:
    """Return the Ollama on this machine's loopback address, or None when none answers in time."""
    try:
        listing = asyncio.run(_listing(f"http://127.0.0.1:{port}/api/tags", patience_s))
    except (OSError, TimeoutError, ValueError, httpx2.HTTPError):
        return None
    entries = listing.get("models") if isinstance(listing, dict) else None
    if not isinstance(entries, list):
        return None
    names = [entry.get("name") for entry in entries if isinstance(entry, dict)]
    models = tuple(name for name in names if isinstance(name, str) and _can_chat(name))
    return Ollama(f"http://127.0.0.1:{port}/v1", models)


def _can_chat(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_NAME and name.isascii() and name.isprintable() and "embed" not in name


async def _listing(url: str, patience_s: float) -> object:
    body = b""
    # One bound for all of it, and none for its parts: connecting, waiting and reading may each take what is left.
    client = httpx2.AsyncClient(trust_env=False, timeout=None)
    async with asyncio.timeout(patience_s), client, client.stream("GET", url) as response:
        response.raise_for_status()
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > _MOST_BYTES:
                raise ValueError("no list of models is so long")
    found: object = json.loads(body)
    return found
