"""How hard a model is to think, in a word that its provider takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pyproxy.domain.capabilities import Capabilities

__all__ = ["Told", "effort_told"]

_HIGHEST = "xhigh"
# For a model of whose words nothing is known: as little as all of them know, and as much as newer ones do.
_COMMON = {"none": "low", "max": _HIGHEST}


class Told(NamedTuple):
    """What a chat provider is told, None where nothing need be said; and whether the model thinks as hard as it is asked to."""

    word: str | None
    exact: bool


def effort_told(asked: str, capabilities: Capabilities) -> Told:
    """Return the word for an effort, for a model that is told in words; ``max`` is another API's word for the highest there is.

    Not to think at all need not be said to models that think only when they are asked to.
    """
    if asked == "none" and not capabilities.thinks_unasked:
        return Told(None, exact=True)
    word = capabilities.effort_taken(asked) if capabilities.efforts else _COMMON.get(asked, asked)
    return Told(word, exact=word == asked or (asked, word) == ("max", _HIGHEST))
