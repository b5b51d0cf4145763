from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyproxy import EnhancedFallbackManager, Sidecar, errors
from pyproxy.providers.mock import Behaviour

if TYPE_CHECKING:
    from support.apart import MockApart


async def test_it_goes_where_the_caller_or_the_configuration_says(sidecar: Sidecar, upstream: MockApart) -> None:
    manager = EnhancedFallbackManager(sidecar)
    upstream.provider.script("one", Behaviour(status=503))
    assert (await manager.execute_with_fallback("fast_group", "Hello")).model == "two"
    answer = await manager.execute_with_fallback("fast_group.echelon1", "Hello", fallback_groups=["two"], timeout=9, temperature=0)
    assert answer.attempts == ("fast_group.echelon1/one:503", "two:200")
    assert manager.execute_with_fallback_sync("two", "Hello").attempts == ("two:200",)
    assert upstream.provider.requests[-2].json()["temperature"] == 0


def test_it_tells_what_happened_and_why(sidecar: Sidecar, upstream: MockApart) -> None:
    manager = EnhancedFallbackManager(sidecar)
    upstream.provider.script("one", Behaviour(status=429))
    sidecar.generate_sync("fast_group", "Hello")
    with pytest.raises(errors.Saturated):
        sidecar.generate_sync("lone_group", "Hello")
    sidecar.generate_sync("two", "Hello")
    told = manager.get_statistics()
    assert (told["first_try"], told["rescued"], told["failed"], told["rescue_rate"]) == (1, 1, 1, 0.5)
    assert told["reasons"] == {"429": 2}
    failed, rescued = manager.get_history()
    assert (failed["target"], failed["flag"], failed["rescued"]) == ("lone_group", "rate_limit_exceeded", False)
    assert rescued["steps"] == (("fast_group.echelon1/one", "429"), ("fast_group.echelon2/two", "200"))
    assert manager.get_history(1) == [failed]
