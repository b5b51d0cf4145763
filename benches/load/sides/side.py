"""What a side is: one way from a client to the mock."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from load import Generator, Mock, Way
    from processes import Running

__all__ = ["Setting", "Side"]


@dataclass(frozen=True)
class Setting:
    """What all sides stand on."""

    mock: Mock
    generator: Generator
    models: tuple[str, ...]
    folder: Path

    def ready(self, way: Way) -> bool:
        """Whether a side answers a request already."""
        try:
            socket.create_connection(("127.0.0.1", way.port), timeout=1).close()
        except OSError:
            return False
        return self.generator.answers(way, "plain")


@dataclass(frozen=True)
class Side:
    """One way to the mock: how it is asked when the mock speaks HTTP, how when it speaks HTTPS, and what runs in between."""

    name: str
    about: str
    plain: Way
    secure: Way | None = None
    running: Running | None = None
