"""Bodies of JSON in pieces, so that a test can build by hand what a copy of one must be."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.spelling import space, spelled

if TYPE_CHECKING:
    from random import Random

__all__ = ["Piece", "body_of", "spelled_pieces", "with_first", "with_last"]


@dataclass
class Piece:
    """One member as it stands in a body: what comes before its value, the value, and the space after it."""

    before: str
    value: str
    after: str

    @property
    def name(self) -> str:
        return str(json.loads(self.before.strip().removesuffix(":")))

    def text(self) -> str:
        return self.before + self.value + self.after


def spelled_pieces(members: list[tuple[str, Any]], random: Random) -> list[Piece]:
    return [Piece(f"{spelled(name, random)}:{space(random)}", spelled(value, random), space(random)) for name, value in members]


def body_of(pieces: list[Piece]) -> str:
    return "{" + ",".join(piece.text() for piece in pieces) + "}"


def with_first(text: str, element: str) -> str:
    """An array or object with another element in front."""
    rest = text[1:]
    return text[0] + element + ("" if len(rest.strip()) == 1 else ",") + rest


def with_last(text: str, element: str) -> str:
    """An array with another element at its end."""
    return text[:-1] + ("" if len(text[1:].strip()) == 1 else ",") + element + "]"
