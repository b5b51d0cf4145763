"""A mock provider, and each kind of transport to it."""

from collections.abc import AsyncIterator

import pytest
from support.transports import KINDS, Kind

from pyproxy.providers.mock import MockProvider


@pytest.fixture
async def mock() -> AsyncIterator[MockProvider]:
    async with MockProvider() as provider:
        yield provider


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each transport."""
    kind: Kind = request.param
    return kind
