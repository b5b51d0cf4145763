"""Keeps Python's collector from stopping everybody while a configuration is read."""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["no_collections"]


@contextlib.contextmanager
def no_collections() -> Iterator[None]:
    """Collect no cycles meanwhile.

    A reading makes very many objects, which makes the collector look through all that the process has, some of it several times, and
    no thread runs while it does: the event loop stood still for 50 ms at 400 models, and at thousands of
    faults it took half the time. What is left in cycles is collected afterwards.
    """
    if not gc.isenabled():  # so the program wants it, or another sidecar reloads
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
