"""A mock provider, for tests of it."""

from collections.abc import AsyncIterator

import pytest

from pyproxy.providers.mock import MockProvider


@pytest.fixture
async def mock() -> AsyncIterator[MockProvider]:
    async with MockProvider() as provider:
        yield provider
