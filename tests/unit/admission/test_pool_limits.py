"""What a pool's rate limit comes to in the core."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pyproxy.admission.pool_limits import pool_rates
from pyproxy.config import RateLimitingConfig
from pyproxy.rust_core import RateLimit, TokenBucket

SECOND = 1_000_000_000


def rates(**limiting: Any) -> tuple[RateLimit, ...]:
    return pool_rates(RateLimitingConfig(**limiting))


def bucket(size: int, rate: float) -> RateLimit:
    (limit,) = rates(token_bucket={"bucket_size": size, "refill_rate": rate})
    assert (limit.dimension, limit.algorithm, limit.capacity) == ("requests", "token_bucket", size)
    return limit


@given(st.integers(1, 1_000_000), st.integers(1, 10**12), st.integers(0, 6))
def test_a_rate_of_up_to_six_decimals_is_met_exactly_and_its_window_fills_the_bucket(size: int, digits: int, places: int) -> None:
    wanted = Fraction(digits, 10**places)
    limit = bucket(size, float(wanted))
    if Fraction(repr(float(wanted))) == wanted:
        assert Fraction(limit.limit, limit.window_ns) * SECOND == wanted
    assert limit.limit >= size or limit.window_ns > 5 * 10**17


@given(st.integers(1, 1_000_000), st.floats(1e-9, 1e12))
def test_any_rate_is_met_within_a_millionth_of_itself(size: int, rate: float) -> None:
    limit = bucket(size, rate)
    wanted = Fraction(rate)
    assert abs(Fraction(limit.limit, limit.window_ns) * SECOND - wanted) <= wanted / 1_000_000
    TokenBucket(limit.capacity, limit.limit, limit.window_ns, 0)


def test_the_bucket_of_the_design_regains_what_it_says() -> None:
    limit = bucket(1000, 16.67)
    assert (Fraction(limit.limit, limit.window_ns) * SECOND) == Fraction(1667, 100)
    assert limit.window_ns >= 1000 / 16.67 * SECOND


def test_a_sliding_window_is_taken_as_it_is() -> None:
    (limit,) = rates(algorithm="sliding_window", sliding_window={"window_size": 0.5, "max_requests": 7})
    assert (limit.dimension, limit.limit, limit.window_ns, limit.algorithm) == ("requests", 7, SECOND // 2, "sliding_window")


def test_what_is_off_or_says_nothing_of_its_algorithm_limits_nothing() -> None:
    assert pool_rates(None) == ()
    assert rates(enabled=False, token_bucket={"bucket_size": 1, "refill_rate": 1}) == ()
    assert rates() == ()
    assert rates(algorithm="sliding_window", token_bucket={"bucket_size": 1, "refill_rate": 1}) == ()
