"""What a provider signs of a model's reasoning, kept in the sealed content of a reasoning item: clients send it back as it is."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Json

__all__ = ["seal", "unseal"]

# What other providers seal begins otherwise.
_MARK = "pyproxy."


def seal(blocks: list[Json]) -> str:
    """Return signed blocks of thinking as one text."""
    return _MARK + base64.urlsafe_b64encode(json.dumps(blocks, separators=(",", ":")).encode()).decode()


def unseal(text: Any) -> list[Json] | None:
    """Return the blocks again; None for what somebody else has sealed."""
    if not isinstance(text, str) or not text.startswith(_MARK):
        return None
    try:
        blocks = json.loads(base64.urlsafe_b64decode(text.removeprefix(_MARK)))
    except (ValueError, RecursionError):
        return None
    return [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else None
