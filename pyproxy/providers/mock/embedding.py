"""Embeddings: unit vectors that depend on the text alone, so that the same text always lies in the same place."""

import hashlib
import math
import struct


def vector(text: str, dimensions: int) -> list[float]:
    """Give the text's unit vector, in numbers that a 32-bit float holds exactly."""
    raw = struct.unpack(f"<{dimensions}h", hashlib.shake_128(text.encode()).digest(2 * dimensions))
    length = math.hypot(*raw) or 1.0
    return list(struct.unpack(f"<{dimensions}f", struct.pack(f"<{dimensions}f", *(each / length for each in raw))))
