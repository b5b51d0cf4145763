"""Which of the heavy tests `CLIENTS` asks for: `all` of them, or some by their names, parted by commas; none without it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["chosen"]


def chosen(names: Iterable[str]) -> list[str]:
    """Give those of the names that are asked for."""
    asked = os.environ.get("CLIENTS", "").split(",")
    return [name for name in names if name in asked or asked == ["all"]]
