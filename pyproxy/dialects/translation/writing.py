"""JSON as bytes, whatever is in it."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["written"]


def written(value: Any) -> bytes:
    """Write a value as JSON in UTF-8; what holds half of a surrogate pair, which UTF-8 has no bytes for, in ASCII."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
