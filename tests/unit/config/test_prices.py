from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.config import PriceConfig, check_config
from pyproxy.domain import Usage

COST = st.fractions(0, 10_000, max_denominator=1_000)
COUNT = st.integers(0, 10_000_000)
KINDS = ("input", "cached_input", "cache_write", "cache_write_1h", "output")
LIKE = {"cached_input": "input", "cache_write": "input", "cache_write_1h": "cache_write"}


def price_of(kind: str, prices: dict[str, Fraction]) -> Fraction:
    """What a million tokens of a kind cost: what is said of it, else what those cost that it is like."""
    return prices[kind] if kind in prices else price_of(LIKE[kind], prices)


@given(
    st.fixed_dictionaries({"input": COST, "output": COST}, optional=dict.fromkeys(LIKE, COST)),
    st.fixed_dictionaries(dict.fromkeys(KINDS, COUNT)),
)
def test_each_token_costs_what_its_kind_does(prices: dict[str, Fraction], counts: dict[str, int]) -> None:
    prompt = sum(count for kind, count in counts.items() if kind != "output")
    usage = Usage(prompt, counts["output"], counts["cached_input"], counts["cache_write"], counts["cache_write_1h"])
    dear = sum(count * price_of(kind, prices) for kind, count in counts.items()) / 1_000_000
    price = PriceConfig.model_validate({kind: float(each) for kind, each in prices.items()})
    assert price.cost(usage) == pytest.approx(float(dear))


@pytest.mark.parametrize(
    ("more", "cost"),
    [({}, 6.0), ({"cache_write": 3.75}, 7.5), ({"cache_write": 3.75, "cache_write_1h": 6}, 9.75), ({"cache_write_1h": 6}, 9)],
)
def test_what_is_written_for_an_hour_costs_what_is_said_of_it_else_what_any_write_costs(more: dict[str, float], cost: float) -> None:
    price = PriceConfig.model_validate({"input": 3, "output": 15, **more})
    assert price.cost(Usage(2_000_000, 0, cache_write=1_000_000, cache_write_1h=1_000_000)) == cost


@pytest.mark.parametrize("price", [{"input": 1}, {"input": -1, "output": 1}, {"input": 1, "output": 1, "cached": 1}, 3])
def test_a_price_that_is_none_is_refused(price: object) -> None:
    models = {"m": {"provider": "p", "model": "m", "price": price}}
    config, faults = check_config({"providers": {"p": {"base_url": "http://127.0.0.1:1"}}, "models": models}, {})
    assert config is None
    assert all(fault.path.startswith("models.m.price") for fault in faults)
