"""Bounds are lowered where they are too large, and what has to stay below them with them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pyproxy.dialects.bounds import bounded


def lowered(body: dict[str, Any], most: int) -> tuple[Any, tuple[str, ...]]:
    found = bounded(json.dumps(body).encode(), most)
    return json.loads(found.body), found.lowered


@pytest.mark.parametrize(
    ("asked", "budget", "most", "left"), [(64_000, 40_000, 32_000, 20_000), (64_000, 63_999, 32_000, 31_999), (9_000, 8_900, 1_100, 1_087)]
)
def test_a_budget_for_thinking_keeps_its_share_of_a_lowered_bound(asked: int, budget: int, most: int, left: int) -> None:
    thinking = {"type": "enabled", "budget_tokens": budget}
    body, names = lowered({"max_tokens": asked, "thinking": thinking, "messages": []}, most)
    assert body == {"max_tokens": most, "thinking": {"type": "enabled", "budget_tokens": left}, "messages": []}
    assert names == ("max_tokens", "thinking.budget_tokens")


@pytest.mark.parametrize(
    "thinking", [{"type": "enabled", "budget_tokens": 2_000}, {"type": "adaptive"}, {"type": "enabled", "budget_tokens": "x"}, 5]
)
def test_a_budget_that_is_below_it_stays(thinking: Any) -> None:
    body, names = lowered({"thinking": thinking, "max_tokens": 64_000}, 32_000)
    assert (body, names) == ({"thinking": thinking, "max_tokens": 32_000}, ("max_tokens",))


def test_where_the_bound_stays_so_does_the_budget() -> None:
    given = b'{"thinking": {"budget_tokens": 40000 }, "max_tokens":30000}'
    assert bounded(given, 32_000) == (given, ())
