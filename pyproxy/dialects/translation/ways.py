"""How an operation of a client's API is asked of a provider: as it is, or translated, or not at all."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from pyproxy.domain.operations import RESPONSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproxy.dialects.translation.client_names import ClientNames
    from pyproxy.dialects.translation.translator import Translator
    from pyproxy.domain.operations import Operation
    from pyproxy.domain.surfaces import Dialect

__all__ = ["Way", "way_to"]


class Way(NamedTuple):
    """How a provider is asked.

    Attributes:
        operation: for which of its operations.
        translator: what translates, if that is not the client's.
        names: what the client calls the members of a chat request, where that is what the provider is sent.
    """

    operation: Operation
    translator: Translator | None = None
    names: ClientNames | None = None


@cache
def way_to(operation: Operation, dialect: Dialect, *, responses: bool) -> Way | None:
    """The way from an operation to a provider; None if there is none.

    Args:
        operation: what the client asks, in its API.
        dialect: what the provider speaks.
        responses: whether it has the responses API.
    """
    if operation.speaks == dialect and (operation is not RESPONSES or responses):
        return Way(operation)
    return _translations().get((operation, dialect))


def _translations() -> Mapping[tuple[Operation, Dialect], Way]:
    """They take time and memory, and are loaded where something is translated."""
    from pyproxy.dialects.translation.translations import TRANSLATIONS  # noqa: PLC0415

    return TRANSLATIONS
