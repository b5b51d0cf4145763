"""What a pool's ``rate_limiting`` means to the core."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from pyproxy.rust_core import RateLimit

if TYPE_CHECKING:
    from pyproxy.config.pools import RateLimitingConfig

__all__ = ["pool_rates"]

_SECOND_NS = 1_000_000_000
# Rates are taken as written, up to so many digits: 16.67 a second is 1,667 in 100 seconds, without an error.
_FINEST = 1_000_000
# Thirty years: whatever is longer is for ever.
_LONGEST_NS = 10**18


def pool_rates(limiting: RateLimitingConfig | None) -> tuple[RateLimit, ...]:
    """The limits on a pool's requests: none if it is switched off, or if the table of its algorithm is not there."""
    if limiting is None or not limiting.enabled:
        return ()
    if limiting.algorithm == "token_bucket" and limiting.token_bucket is not None:
        return (_bucket(limiting.token_bucket.bucket_size, limiting.token_bucket.refill_rate),)
    if limiting.algorithm == "sliding_window" and limiting.sliding_window is not None:
        window_ns = max(1, round(limiting.sliding_window.window_size * _SECOND_NS))
        return (RateLimit("requests", limiting.sliding_window.max_requests, window_ns, "sliding_window"),)
    return ()


def _bucket(size: int, refill_rate: float) -> RateLimit:
    """A bucket of `size` that regains `refill_rate` a second.

    The core counts whole requests in whole nanoseconds. A rate of up to six decimal places is met exactly, any other within a
    millionth of itself. The window is long enough to fill the bucket: that is how long its state matters.
    """
    rate = _as_written(refill_rate)
    period_ns = rate.denominator * _SECOND_NS
    if period_ns > _LONGEST_NS:
        return RateLimit("requests", 1, min(_LONGEST_NS, ceil(_SECOND_NS / rate)), "token_bucket", size)
    periods = max(1, min(ceil(size / rate.numerator), _LONGEST_NS // period_ns))
    return RateLimit("requests", rate.numerator * periods, period_ns * periods, "token_bucket", size)


def _as_written(rate: float) -> Fraction:
    exact = Fraction(repr(rate))
    if exact.denominator <= _FINEST:
        return exact
    if exact >= 1:
        return exact.limit_denominator(_FINEST)
    return 1 / (1 / exact).limit_denominator(_FINEST)
