"""Every server, every provider, and every client's API."""

from __future__ import annotations

import pytest
from support.api_clients import CLIENTS, ApiClient
from support.every_api import PROVIDERS
from support.pairs import PAIRS, Pair


@pytest.fixture(params=PAIRS.values(), ids=list(PAIRS))
def pair(request: pytest.FixtureRequest) -> Pair:
    chosen: Pair = request.param
    return chosen


@pytest.fixture(params=PROVIDERS, ids=lambda provider: f"from {provider}")
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=CLIENTS.values(), ids=lambda client: f"{client.name} client")
def client(request: pytest.FixtureRequest) -> ApiClient:
    chosen: ApiClient = request.param
    return chosen
