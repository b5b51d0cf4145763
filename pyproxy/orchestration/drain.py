"""The requests under way, and how they end when the sidecar stops: by themselves within a grace, or cut."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Protocol

from pyproxy.errors import ShuttingDown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Drain"]

# What a cut request may take to tell its client so; by then nobody waits for providers any more.
CUT_GRACE_S = 3.0


class Elsewhere(Protocol):
    """Where else requests are served."""

    @property
    def active(self) -> int:
        """How many are under way there."""

    def close(self) -> None:
        """Take no more of them."""

    def stop(self) -> None:
        """Have those under way handed over."""


class Drain:
    """Owns the set of requests under way, each by the scope in which it can be cut.

    Attributes:
        cuts: whether the grace is over: whoever is not at an end is cut.
    """

    def __init__(self) -> None:
        """Know of no request."""
        self._elsewhere: Elsewhere | None = None
        self._scopes: set[asyncio.Timeout] = set()
        self._changed = asyncio.Event()
        self._begun = False
        self.cuts = False
        self._hurried = False

    def follow(self, elsewhere: Elsewhere) -> None:
        """Wait for the requests that are served elsewhere, too, and cut those."""
        self._elsewhere = elsewhere

    def changed(self) -> None:
        """Look anew who is under way."""
        self._changed.set()

    @contextlib.contextmanager
    def request(self) -> Iterator[asyncio.Timeout]:
        """Count a request from here to its end; what is done inside the scope, to be entered at once, is what a stop may cut.

        A scope that was cut raises TimeoutError, and says so by `expired`.
        """
        scope = asyncio.timeout(None)
        self._scopes.add(scope)
        try:
            yield scope
        finally:
            self._scopes.discard(scope)
            self._changed.set()

    def admit(self) -> None:
        """Refuse what comes after the stop.

        Raises:
            ShuttingDown: the sidecar is stopping.
        """
        if self._begun:
            raise ShuttingDown

    async def run(self, grace_s: float) -> None:
        """Take no more requests, let those under way finish within `grace_s` or until `hurry`, and cut the rest."""
        self._begun = True
        if self._elsewhere is not None:
            self._elsewhere.close()
        await self._until(lambda: self._hurried or not self._are_under_way, grace_s)
        self.cuts = True
        if self._elsewhere is not None:
            self._elsewhere.stop()  # they come here, and are cut
        now = asyncio.get_running_loop().time()
        for scope in self._scopes:
            with contextlib.suppress(RuntimeError):  # it has left its scope, and only its end is still to come
                scope.reschedule(now)
        await self._until(lambda: not self._are_under_way, CUT_GRACE_S)

    @property
    def _are_under_way(self) -> bool:
        return bool(self._scopes) or (self._elsewhere is not None and self._elsewhere.active > 0)

    def hurry(self) -> None:
        """Let a stop wait for nobody any more."""
        self._hurried = True
        self._changed.set()

    async def _until(self, holds: Callable[[], bool], seconds: float) -> None:
        """Wait until it holds, so many seconds at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not holds():
                    self._changed.clear()
                    await self._changed.wait()
