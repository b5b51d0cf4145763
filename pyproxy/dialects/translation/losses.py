"""Collects the names of what a translation does not carry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyproxy.dialects.translation.translator import Json

__all__ = ["Losses", "says_something"]

# Names come from bodies and go into a header: what could break out of it is shown as a question mark.
_ODD = re.compile(r"[^A-Za-z0-9_.\[\]-]")
_INDEX = re.compile(r"\[\d+\]")
_LONGEST = 64
_MOST = 32
# What says nothing is no loss.
_NOTHING: tuple[Any, ...] = (None, False, "", [], {})


def says_something(value: Any) -> bool:
    """Whether anything is lost with a member of this value."""
    return value not in _NOTHING


class Losses:
    """The names of what was lost, each once; a bounded number of bounded names."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}
        self._watched: list[tuple[str, _Watched]] = []

    def add(self, name: str) -> None:
        """Tell one more, such as ``messages[].name``."""
        if len(self._names) < _MOST:
            self._names[_ODD.sub("?", _INDEX.sub("[]", name)[:_LONGEST])] = None

    def watch(self, value: Json, where: str, known: Iterable[str] = ()) -> Json:
        """Return an object to be read in place of a client's: in the end each member is lost that nobody has asked it for.

        Args:
            value: the object. What stands within it is not watched: a member is asked for as a whole.
            where: its place, such as ``messages[2].content[0]``.
            known: the members that were read before, or that have nothing to say to a provider.
        """
        watched = _Watched(value, known)
        self._watched.append((where, watched))
        return watched

    @property
    def names(self) -> tuple[str, ...]:
        """All of them: those that were told, in that order, and then what nobody has asked for."""
        for where, watched in self._watched:
            for name, value in watched.items():
                if name not in watched.asked and says_something(value):
                    self.add(f"{where}.{name}")
        return tuple(self._names)


class _Watched(dict[str, Any]):
    """An object that knows what it was asked for."""

    __slots__ = ("asked",)

    def __init__(self, value: Json, known: Iterable[str]) -> None:
        super().__init__(value)
        self.asked = set(known)

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """A member, or the default."""
        self.asked.add(name)
        return super().get(name, default)
