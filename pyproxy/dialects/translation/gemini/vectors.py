"""Embeddings as lists of numbers, and as base64, in which openai-python asks for them unless told otherwise."""

from __future__ import annotations

import base64
import struct
from typing import Any

__all__ = ["as_base64", "as_numbers"]

_SIZE = 4


def as_base64(vector: list[float]) -> str:
    """Write a vector as base64 of 32-bit floats, little-endian.

    Raises:
        ValueError: a number is too large for that.
    """
    try:
        return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    except (OverflowError, struct.error):
        raise ValueError("a number of an embedding is too large") from None


def as_numbers(vector: Any) -> list[float]:
    """Return a vector that comes in either form as a list.

    Raises:
        ValueError: it is none.
    """
    if isinstance(vector, str):
        data = base64.b64decode(vector, validate=True)
        if len(data) % _SIZE:
            raise ValueError("an embedding in base64 does not consist of 32-bit floats")
        return list(struct.unpack(f"<{len(data) // _SIZE}f", data))
    if not isinstance(vector, list) or not all(isinstance(number, (int, float)) and not isinstance(number, bool) for number in vector):
        raise ValueError("an embedding is not a list of numbers")
    return vector
