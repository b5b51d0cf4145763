"""JSON as bytes, whatever is in it."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["written"]


def written(value: Any) -> bytes:
    """Write a value as JSON in UTF-8; what holds half of a surrogate pair, which UTF-8 has no bytes for, in ASCII.

    Raises:
        ValueError: it holds a number that is none in JSON, or is nested too deeply.
    """
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
