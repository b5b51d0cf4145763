"""The pairs of ingress and transport that a scenario can be run through; a test that takes a pair knows nothing else of the sidecar."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Protocol

from pyproxy import Sidecar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

__all__ = ["PAIRS", "Pair", "Running"]


class Running(Protocol):
    """A sidecar that serves."""

    @property
    def address(self) -> str:
        """Where, such as ``http://127.0.0.1:8484``."""

    def in_flight(self) -> dict[str, int]:
        """The permits that are held, by scope."""


class Pair(Protocol):
    """Opens a sidecar over a configuration."""

    def __call__(self, config: dict[str, Any]) -> AbstractAsyncContextManager[Running]: ...


class _InProcess:
    def __init__(self, sidecar: Sidecar) -> None:
        self._sidecar = sidecar

    @property
    def address(self) -> str:
        return self._sidecar.address

    def in_flight(self) -> dict[str, int]:
        return {scope["key"]: scope["in_flight"] for scope in self._sidecar.limits() if scope["in_flight"]}


@contextlib.asynccontextmanager
async def uvicorn_and_httpx(config: dict[str, Any]) -> AsyncIterator[Running]:
    sidecar = Sidecar(config)
    async with sidecar:
        await sidecar.start(port=0)
        yield _InProcess(sidecar)


PAIRS: dict[str, Pair] = {"uvicorn and httpx": uvicorn_and_httpx}
