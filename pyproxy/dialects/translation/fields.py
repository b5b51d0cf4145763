"""Reads bodies member by member: what nobody asks for is lost, and told by its name."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.losses import says_something
from pyproxy.dialects.translation.translator import UntranslatableError

if TYPE_CHECKING:
    from pyproxy.dialects.translation.losses import Losses

__all__ = ["Fields", "camel"]

_UNDERSCORE = re.compile(r"(?<=[a-z0-9])_([a-z0-9])")


def camel(name: str) -> str:
    """Return ``topP`` for ``top_p``."""
    return _UNDERSCORE.sub(lambda found: found[1].upper(), name)


class Fields:
    """An object of a body, and where in it that stands.

    A member that is null counts as absent. One of the wrong kind is a fault: of the client in a request (`UntranslatableError`),
    of the provider in an answer (`ValueError`).

    Args:
        value: the object.
        where: its place, such as ``messages[2].content[0]``; the whole body's is empty.
        losses: where the names of lost members go.
        gemini: whether members may be written in snake_case, too; they are asked for in camelCase. A lone object will then do
            for a list of them.
        answer: whether it is of an answer.
    """

    __slots__ = ("_answer", "_gemini", "_losses", "_members", "_read", "where")

    def __init__(self, value: Any, where: str = "", losses: Losses | None = None, *, gemini: bool = False, answer: bool = False) -> None:
        self.where = where
        self._losses = losses
        self._gemini = gemini
        self._answer = answer
        self._read: set[str] = set()
        if not isinstance(value, dict):
            raise self._is_not(where or "the body", "an object")
        self._members: dict[str, Any] = {**{camel(name): item for name, item in value.items()}, **value} if gemini else value

    def at(self, name: str) -> str:
        """Where a member stands."""
        return f"{self.where}.{name}" if self.where else name

    def fault(self, name: str, message: str) -> ValueError:
        """Return the error for a member; the message is a sentence for whoever wrote it."""
        return ValueError(message) if self._answer else UntranslatableError(message, self.at(name) if name else self.where)

    def lose(self, name: str) -> None:
        """Tell that a member is lost."""
        if self._losses is not None:
            self._losses.add(self.at(name))

    def done(self) -> None:
        """Tell of all members that were not asked for, unless they say nothing."""
        for name, value in self._members.items():
            if name not in self._read and says_something(value) and not (self._gemini and name != camel(name)):
                self.lose(name)

    def get(self, name: str) -> Any:
        """Return a member as it is; None if it is not there."""
        self._read.add(name)
        return self._members.get(name)

    def text(self, name: str) -> str | None:
        """Return a string."""
        value = self.get(name)
        if value is not None and not isinstance(value, str):
            raise self._is_not(self.at(name), "a string")
        return value

    def needed(self, name: str) -> str:
        """Return a string that has to be there."""
        value = self.text(name)
        if not value:
            raise self._is_not(self.at(name), "a string with something in it")
        return value

    def flag(self, name: str) -> bool:
        """Return true or false; false if it is not there."""
        value = self.get(name)
        if value is not None and not isinstance(value, bool):
            raise self._is_not(self.at(name), "true or false")
        return bool(value)

    def number(self, name: str) -> float | None:
        """Return a finite number, as it is written."""
        value = self.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or (isinstance(value, float) and not math.isfinite(value)):
            raise self._is_not(self.at(name), "a number")
        return value

    def count(self, name: str) -> int | None:
        """Return a whole number; ``16.0`` is one."""
        value = self.number(name)
        if value is not None and value != value // 1:
            raise self._is_not(self.at(name), "a whole number")
        return None if value is None else int(value)

    def array(self, name: str) -> list[Any]:
        """Return an array; an empty one if it is not there."""
        value = self.get(name)
        if value is None:
            return []
        if self._gemini and isinstance(value, dict):
            return [value]
        if not isinstance(value, list):
            raise self._is_not(self.at(name), "an array")
        return value

    def texts(self, name: str) -> list[str]:
        """Return an array of strings, or the only one of them."""
        value = self.get(name)
        values = [value] if isinstance(value, str) else self.array(name)
        if not all(isinstance(item, str) for item in values):
            raise self._is_not(self.at(name), "a string or an array of strings")
        return values

    def object(self, name: str) -> Fields | None:
        """Return an object."""
        value = self.get(name)
        return None if value is None else self._inner(value, self.at(name))

    def objects(self, name: str) -> list[Fields]:
        """Return an array of objects; an empty one if it is not there."""
        return [self._inner(item, f"{self.at(name)}[{index}]") for index, item in enumerate(self.array(name))]

    def inner(self, name: str, value: Any) -> Fields:
        """Return an object that stands where a member is said to."""
        return self._inner(value, self.at(name))

    def _inner(self, value: Any, where: str) -> Fields:
        return Fields(value, where, self._losses, gemini=self._gemini, answer=self._answer)

    def _is_not(self, where: str, kind: str) -> ValueError:
        message = f"{where} is not {kind}."
        return ValueError(message) if self._answer else UntranslatableError(message, where)
