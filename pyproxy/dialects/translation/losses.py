"""Collects the names of what a translation does not carry."""

from __future__ import annotations

import re

__all__ = ["Losses"]

# Names come from bodies and go into a header: what could break out of it is shown as a question mark.
_ODD = re.compile(r"[^A-Za-z0-9_.\[\]-]")
_LONGEST = 64
_MOST = 32


class Losses:
    """The names of what was lost, each once, in the order in which it was found; a bounded number of bounded names."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}

    def add(self, name: str) -> None:
        """Tell one more, such as ``messages[].name``."""
        if len(self._names) < _MOST:
            self._names[_ODD.sub("?", name[:_LONGEST])] = None

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self._names)
