"""What is told natively comes to whoever waits for it, whatever becomes of the others."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING, Any

import pytest

from pyproxy.native import Bridge

if TYPE_CHECKING:
    from collections.abc import Iterator

LISTENED, FIRST, LAST = 1, 2, 3


class Told:
    """Stands in for what goes on natively: all that it knows is told at once."""

    def __init__(self, told: list[tuple[int, Any]]) -> None:
        self.bell, self._ringing = socket.socketpair()
        self._told = told

    def fileno(self) -> int:
        return self.bell.fileno()

    def ring(self) -> None:
        self._ringing.send(b"!")

    def take(self) -> list[tuple[int, Any]]:
        self.bell.recv(1)
        return self._told

    def close(self) -> None:
        self.bell.close()
        self._ringing.close()


@pytest.fixture
def told() -> Iterator[Told]:
    told = Told([(FIRST, "first"), (LISTENED, "heard"), (LAST, "last")])
    yield told
    told.close()


async def test_a_listener_that_fails_takes_nothing_from_the_others(
    told: Told, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bridge = Bridge()
    monkeypatch.setattr(bridge, "_io", told)

    def fails(_: object) -> None:
        raise ValueError("it is unreadable")

    bridge.listen(LISTENED, fails)
    first, last = bridge.expect(FIRST), bridge.expect(LAST)
    told.ring()
    async with asyncio.timeout(5):
        with caplog.at_level(logging.ERROR, logger="asyncio"):
            assert (await first, await last) == ("first", "last")
    assert "it is unreadable" in caplog.text
    bridge.close()
