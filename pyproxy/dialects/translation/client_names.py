"""What the members of a chat request are called by a client who wrote in another API, and never saw it as chat."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.translator import UntranslatableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproxy.dialects.translation.translator import Json

__all__ = ["ClientNames"]

_INDEX = re.compile(r"\[\d+\]")
_PLACE = r"\b\w+\[\d+\](?:\.\w+|\[\d+\])*"


class ClientNames:
    """The names of one API.

    Args:
        table: by chat's names, which stand for whatever is within, too. Of several that it may be, the one that the client has written
            is told, and the first where it has written none of them.
    """

    def __init__(self, table: Mapping[str, tuple[str, ...]]) -> None:
        self._table = table

    def of(self, name: str, asked: Json) -> str:
        """Return the client's name for a chat request's; the same one where it is no name of chat's.

        Args:
            name: such as ``messages[2].content[0].text``. Places in the chat are not told: they are others in the client's request.
            asked: the client's request.
        """
        plain = _INDEX.sub("[]", name)
        known = max((outer for outer in self._table if _within(plain, outer)), key=len, default=None)
        if known is None:
            return name
        names = self._table[known]
        return next((each for each in names if _is_there(each, asked)), names[0])

    def error(self, error: UntranslatableError, asked: Json) -> UntranslatableError:
        """Return an error of a chat request as one of the client's."""
        if error.param is None:
            return error
        names = re.compile(rf"(?<![\w.]){re.escape(error.param)}(?![\w\[]|\.\w)|{_PLACE}")
        message = names.sub(lambda found: self.of(found[0], asked), error.message)
        return UntranslatableError(message, self.of(error.param, asked))


def _within(name: str, outer: str) -> bool:
    return name.startswith(outer) and name[len(outer) : len(outer) + 1] in ("", ".", "[")


def _is_there(name: str, asked: Any) -> bool:
    for part in name.partition("[]")[0].split("."):
        if not isinstance(asked, dict) or asked.get(part) is None:
            return False
        asked = asked[part]
    return True
