"""The two mock providers of the demo, and the sidecar over them."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from pyproxy.providers.mock import Behaviour, MockProvider
from pyproxy.runtime import Sidecar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pyproxy.domain import RequestRecord

__all__ = ["Stage", "set_stage"]


class Stage:
    """What the demo plays with.

    Attributes:
        alpha: the provider of the first models.
        beta: the provider of the models they fall back to.
        sidecar: the sidecar, serving.
    """

    def __init__(self, alpha: MockProvider, beta: MockProvider, sidecar: Sidecar) -> None:
        self.alpha = alpha
        self.beta = beta
        self.sidecar = sidecar


@contextlib.asynccontextmanager
async def set_stage(config: str, port: int | None, behaviour: Behaviour, observer: Callable[[RequestRecord], None]) -> AsyncIterator[Stage]:
    """Start the providers, then the sidecar with their addresses; everything ends with the context."""
    async with contextlib.AsyncExitStack() as stack:
        providers = []
        for _ in range(2):
            provider = await stack.enter_async_context(MockProvider())
            provider.default = behaviour
            providers.append(provider)
        alpha, beta = providers
        environ = {**os.environ, "PYPROXY_DEMO_ALPHA": alpha.base_url, "PYPROXY_DEMO_BETA": beta.base_url}
        sidecar = await stack.enter_async_context(Sidecar(config, environ=environ, observers=(observer,), own_thread=False))
        await sidecar.start(port=port)
        yield Stage(alpha, beta, sidecar)
