"""A mock provider on an event loop and thread of its own: it answers while the test's thread, or its loop, is blocked."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Any

import pytest

from pyproxy import Sidecar
from pyproxy.providers.mock import MockProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator


class MockApart:
    """The provider, and how to reach it from here."""

    def __init__(self, provider: MockProvider, loop: asyncio.AbstractEventLoop) -> None:
        self.provider = provider
        self._loop = loop

    def wait_for(self, holds: Callable[[], object]) -> None:
        """Block until it holds; looked at again after each change that the provider sees."""
        self._do(self.provider.wait_for(holds))

    def outcomes(self) -> list[str]:
        return [request.outcome for request in self.provider.requests]

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)


@contextlib.contextmanager
def mock_apart() -> Iterator[MockApart]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="mock")
    thread.start()
    provider = MockProvider()
    apart = MockApart(provider, loop)
    try:
        apart._do(provider.__aenter__())
        yield apart
        apart._do(provider.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def configuration(mock: MockProvider, **sections: Any) -> dict[str, Any]:
    """Two models, a group that falls from one to the other and one that does not, and what a test adds."""
    return {
        "providers": {"mock": {"dialect": "openai", "base_url": mock.base_url, "api_key": "provider-key"}},
        "models": {"one": {"provider": "mock", "model": "one"}, "two": {"provider": "mock", "model": "two"}},
        "task_groups": {
            "fast_group": {
                "description": "fast answers",
                "echelon1": {"models": ["one"], "max_retries": 0, "temperature": 0.5},
                "echelon2": {"models": ["two"], "max_retries": 0},
                "fallback_config": {"retry_delay": 0.01, "retry_after_wait": 0},
            },
            "lone_group": {"echelon1": {"models": ["one"]}, "fallback_config": {"max_attempts": 1, "attempt_budget": 1}},
        },
        **sections,
    }


@pytest.fixture
def upstream() -> Iterator[MockApart]:
    with mock_apart() as apart:
        yield apart


@pytest.fixture
def sidecar(upstream: MockApart) -> Iterator[Sidecar]:
    """A sidecar without a server, which must hold nothing at the end."""
    with Sidecar(configuration(upstream.provider), environ={}) as running:
        yield running
        assert [scope["key"] for scope in running.limits() if scope["in_flight"]] == []
