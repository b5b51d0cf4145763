"""A client of Gemini's API."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from pyproxy.providers.mock import MockProvider


@pytest.fixture
async def http(mock: MockProvider) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=mock.url, trust_env=False) as client:
        yield client
