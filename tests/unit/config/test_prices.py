from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.config import PriceConfig, check_config

COST = st.integers(0, 10_000)
COUNT = st.integers(0, 10_000_000)


@given(st.tuples(COST, COST, st.none() | COST), st.tuples(COUNT, COUNT, COUNT))
def test_each_token_costs_what_its_kind_does(prices: tuple[int, int, int | None], counts: tuple[int, int, int]) -> None:
    (fresh, out, cached), (read, unread, completion) = prices, counts
    prompt = read + unread
    price = PriceConfig(input=fresh, output=out, cached_input=cached)
    dear = Fraction((prompt - read) * fresh + read * (fresh if cached is None else cached) + completion * out, 1_000_000)
    assert price.cost(prompt, completion, read) == pytest.approx(float(dear))


@pytest.mark.parametrize("price", [{"input": 1}, {"input": -1, "output": 1}, {"input": 1, "output": 1, "cached": 1}, 3])
def test_a_price_that_is_none_is_refused(price: object) -> None:
    models = {"m": {"provider": "p", "model": "m", "price": price}}
    config, faults = check_config({"providers": {"p": {"base_url": "http://127.0.0.1:1"}}, "models": models}, {})
    assert config is None
    assert all(fault.path.startswith("models.m.price") for fault in faults)
