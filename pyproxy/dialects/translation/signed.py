"""What a provider signed of its model's reasoning, with who that was: it goes back to them, and to nobody else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Json

__all__ = ["Signed", "read_signed", "write_signed"]


class Signed(NamedTuple):
    """Blocks of reasoning, and who signed them as `Call.signer` names them; None is nobody that could be asked."""

    signer: str | None
    blocks: list[Json]


def write_signed(signed: Signed) -> bytes:
    """Write them for a client to keep."""
    return json.dumps({"by": signed.signer, "blocks": signed.blocks}, separators=(",", ":")).encode()


def read_signed(kept: bytes) -> Signed:
    """Read what a client has kept.

    Raises:
        ValueError: it is something that somebody else wrote there.
    """
    try:
        value = json.loads(kept)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    signer, blocks = (value.get("by"), value.get("blocks")) if isinstance(value, dict) else (None, None)
    if not isinstance(signer, str) or not isinstance(blocks, list):
        raise ValueError("it does not say who signed what")  # noqa: TRY004
    return Signed(signer, [block for block in blocks if isinstance(block, dict)])
