from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.apart import MockApart, configuration, mock_apart

from pyproxy import Sidecar

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def upstream() -> Iterator[MockApart]:
    with mock_apart() as apart:
        yield apart


@pytest.fixture
def sidecar(upstream: MockApart) -> Iterator[Sidecar]:
    with Sidecar(configuration(upstream.provider), environ={}) as running:
        yield running
        assert [scope["key"] for scope in running.limits() if scope["in_flight"]] == []
