"""A rate limit as a value, and several of them side by side, or one after the other, in an admission controller."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import AdmissionController, Grant, RateLimit, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE


def numbers(rate: RateLimit) -> tuple[str, int, int, str, int, int | None, bool]:
    return rate.dimension, rate.limit, rate.window_ns, rate.algorithm, rate.capacity, rate.buckets, rate.strict


def levels(controller: AdmissionController, now_ns: int) -> list[Fraction]:
    (scope,) = controller.snapshot(now_ns=now_ns)
    return [Fraction(*rate["level"]) for rate in scope["rates"]]


def test_it_is_a_token_bucket_that_holds_its_limit_unless_told_otherwise() -> None:
    assert numbers(RateLimit("tokens", 5, DAY)) == ("tokens", 5, DAY, "token_bucket", 5, None, False)
    assert numbers(RateLimit("tokens", 5, DAY, capacity=9)) == ("tokens", 5, DAY, "token_bucket", 9, None, False)
    assert numbers(RateLimit("tokens", 5, DAY, strict=True)) == ("tokens", 5, DAY, "token_bucket", 2, None, True)
    assert numbers(RateLimit("requests", 5, DAY, "sliding_window")) == ("requests", 5, DAY, "sliding_window", 5, 60, True)
    assert numbers(RateLimit("requests", 5, DAY, "sliding_window", buckets=7)) == ("requests", 5, DAY, "sliding_window", 5, 7, True)


@pytest.mark.parametrize(("of_a_minute", "dimension"), [(RateLimit.rpm, "requests"), (RateLimit.tpm, "tokens")])
def test_a_minutes_limit_is_held_in_any_minute_unless_told_otherwise(of_a_minute: Callable[..., RateLimit], dimension: str) -> None:
    assert numbers(of_a_minute(60)) == (dimension, 60, MINUTE, "sliding_window", 60, 60, True)
    assert of_a_minute(60, buckets=6) == RateLimit(dimension, 60, MINUTE, "sliding_window", buckets=6)
    assert of_a_minute(60, strict=True) == of_a_minute(60)
    assert of_a_minute(60, "token_bucket", 9) == RateLimit(dimension, 60, MINUTE, capacity=9)
    assert of_a_minute(60, "token_bucket", strict=True) == RateLimit(dimension, 60, MINUTE, capacity=30, strict=True)


DIFFERENT = [
    RateLimit("tokens", 6, MINUTE),
    RateLimit("requests", 6, MINUTE),
    RateLimit("tokens", 7, MINUTE, capacity=6),
    RateLimit("tokens", 6, DAY),
    RateLimit("tokens", 6, MINUTE, capacity=3),
    RateLimit("tokens", 6, MINUTE, strict=True),
    RateLimit("tokens", 6, MINUTE, "sliding_window"),
    RateLimit("tokens", 6, MINUTE, "sliding_window", buckets=6),
]


def test_it_is_equal_by_value_in_every_part_and_frozen() -> None:
    assert len(set(DIFFERENT)) == len(DIFFERENT)
    for at, rate in enumerate(DIFFERENT):
        assert [rate == other for other in DIFFERENT] == [at == index for index in range(len(DIFFERENT))]
        again = RateLimit(
            rate.dimension,
            rate.limit,
            rate.window_ns,
            rate.algorithm,
            rate.capacity if rate.buckets is None else None,
            buckets=rate.buckets,
            strict=rate.strict,
        )
        assert again == rate
        assert hash(again) == hash(rate)
        for name in ("dimension", "limit", "window_ns", "algorithm", "capacity", "buckets", "strict"):
            with pytest.raises(AttributeError):
                setattr(rate, name, getattr(rate, name))


def test_it_shows_how_to_write_it() -> None:
    start = f"RateLimit(dimension='tokens', limit=6, window_ns={MINUTE}, algorithm="
    assert repr(DIFFERENT[4]) == start + "'token_bucket', capacity=3)"
    assert repr(DIFFERENT[5]) == start + "'token_bucket', capacity=3, strict=True)"
    assert repr(DIFFERENT[7]) == start + "'sliding_window', buckets=6)"
    assert all(eval(repr(rate), {"RateLimit": RateLimit}) == rate for rate in DIFFERENT)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("bytes", 1, 1), {}, '^unknown dimension "bytes": choose one of requests, tokens$'),
        (("tokens", 1, 1, "gcra"), {}, '^unknown algorithm "gcra": choose one of token_bucket, sliding_window$'),
        (("tokens", 0, 1), {}, "^limit must be at least 1, not 0$"),
        (("tokens", 0, 1), {"capacity": 5}, "^limit must be at least 1, not 0$"),
        (("tokens", 1, 0), {}, "^window_ns must be at least 1, not 0$"),
        (("tokens", 1, 1), {"capacity": 0}, "^capacity must be at least 1, not 0$"),
        (("tokens", -1, 1), {}, r"^a whole number must lie between 0 and 2\*\*64 - 1"),
        (("tokens", 1, 2**64), {}, r"^a whole number must lie between 0 and 2\*\*64 - 1"),
        (
            ("tokens", 2**64 - 1, 2**64 - 1),
            {},
            r"^capacity times window_ns must stay below 2\*\*127: choose a smaller capacity or window$",
        ),
        (("tokens", 1, 1, "sliding_window", 1), {}, '^capacity must be left out where the algorithm is "sliding_window", which has none$'),
        (("tokens", 1, 1), {"buckets": 60}, '^buckets must be left out where the algorithm is "token_bucket", which has none$'),
        (("tokens", 1, 1, "sliding_window"), {"buckets": 0}, "^buckets must be at least 1, not 0$"),
        (("tokens", 1, 1, "sliding_window"), {"buckets": 10_001}, "^buckets must be at most 10000, not 10001$"),
        (("tokens", 0, 1, "sliding_window"), {}, "^limit must be at least 1, not 0$"),
        (
            ("tokens", 5, 1),
            {"capacity": 5, "strict": True},
            "^strict must leave something of the limit to refill: write a capacity below 5",
        ),
    ],
)
def test_what_makes_no_limit_is_answered_with_what_to_write(arguments: tuple[str, int, int], options: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RateLimit(*arguments, **options)  # type: ignore[arg-type]


def test_wrong_types_are_type_errors() -> None:
    for arguments in (("tokens", 1.5, 1), (b"tokens", 1, 1), ("tokens", 1, "1m"), ("tokens", 1, 1, None)):
        with pytest.raises(TypeError):
            RateLimit(*arguments)


@pytest.mark.parametrize("algorithm", ["token_bucket", "sliding_window"])
def test_a_minute_and_a_day_of_requests_and_of_tokens_stand_side_by_side(algorithm: str) -> None:
    """Each is charged by itself, and the longest wait of them is told."""
    controller = AdmissionController()
    rates = [
        RateLimit("requests", 3, MINUTE, algorithm),
        RateLimit("requests", 4, DAY, algorithm),
        RateLimit("tokens", 100, MINUTE, algorithm),
        RateLimit("tokens", 150, DAY, algorithm),
    ]
    controller.define("model", rates=rates, now_ns=0)
    for _ in range(3):
        assert controller.try_acquire(["model"], tokens=30, now_ns=0)
    assert levels(controller, 0) == [0, 1, 10, 60]
    refusal = controller.try_acquire(["model"], tokens=30, now_ns=0)
    assert isinstance(refusal, Refusal)
    assert refusal.retry_after_ns is not None
    assert refusal.retry_after_ns <= 2 * MINUTE
    assert levels(controller, 0) == [0, 1, 10, 60]
    assert controller.try_acquire(["model"], tokens=30, now_ns=2 * MINUTE)
    refusal = controller.try_acquire(["model"], tokens=30, now_ns=4 * MINUTE)
    assert isinstance(refusal, Refusal)
    assert refusal.retry_after_ns is not None
    assert refusal.retry_after_ns > 2 * MINUTE
    assert isinstance(controller.try_acquire(["model"], tokens=101, now_ns=4 * MINUTE), Refusal)


def test_each_keeps_its_own_state_when_they_are_defined_anew_in_another_order_or_algorithm() -> None:
    controller = AdmissionController()
    controller.define("model", rates=[RateLimit.rpm(10), RateLimit("requests", 20, DAY), RateLimit.tpm(100)], now_ns=0)
    assert controller.try_acquire(["model"], requests=7, tokens=40, now_ns=0)
    assert levels(controller, 0) == [3, 13, 60]
    swapped = [RateLimit.tpm(100, "token_bucket"), RateLimit("requests", 20, DAY, "sliding_window"), RateLimit.rpm(10, "token_bucket")]
    controller.define("model", rates=swapped, now_ns=0)
    assert levels(controller, 0) == [60, 13, 3]


def rate_of(kind: str, limit: int) -> RateLimit:
    if kind == "strict":
        return RateLimit("tokens", limit, 100, strict=True)
    return RateLimit("tokens", limit, 100, kind, buckets=10 if kind == "sliding_window" else None)


def allowed(rate: RateLimit, span: int) -> Fraction:
    """Tell the most that may pass in a span of at most a window, both ends of it included."""
    return Fraction(rate.limit) if rate.strict else rate.capacity + Fraction(rate.limit * span, rate.window_ns)


@given(
    kinds=st.sampled_from([("sliding_window", "token_bucket"), ("sliding_window", "strict")]).flatmap(st.permutations),
    limits=st.tuples(st.integers(2, 30), st.integers(2, 30)),
    before=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 15), st.just(0) | st.integers(0, 20)), max_size=20),
    after=st.lists(st.tuples(st.integers(0, 30), st.just(1) | st.integers(1, 15)), min_size=5, max_size=20),
)
def test_another_algorithm_takes_over_what_was_taken_and_admits_no_window_more_than_it_may(
    kinds: list[str], limits: tuple[int, int], before: list[tuple[int, int, int]], after: list[tuple[int, int]]
) -> None:
    """Invariants 1 and 10, across the change: what was taken before counts as if the new one had been there all along."""
    old, new = map(rate_of, kinds, limits)
    controller = AdmissionController()
    controller.define("model", rates=[old], now_ns=0)
    log: list[tuple[int, int]] = []
    now = 0
    for gap, cost, overrun in before:
        now += gap
        while isinstance(grant := controller.try_acquire(["model"], tokens=cost, now_ns=now), Grant):
            controller.settle(grant, cost + overrun, now_ns=now)
            log.append((now, cost + overrun))
    controller.define("model", rates=[new], now_ns=now)
    for gap, cost in after:
        now += gap
        taken = len(log)
        while controller.try_acquire(["model"], tokens=cost, now_ns=now):
            log.append((now, cost))
        for begin, _ in log if len(log) > taken else ():
            if now - begin <= new.window_ns:
                assert sum(cost for at, cost in log if at >= begin) <= allowed(new, now - begin)


@pytest.mark.parametrize("capacity", [1, 7, 50, 100])
@pytest.mark.parametrize("buckets", [1, 7, 10, 60])
@pytest.mark.parametrize("change_at", [40, 99, 100, 143])
def test_nor_does_one_that_is_asked_at_every_nanosecond(capacity: int, buckets: int, change_at: int) -> None:
    """What a bucket let pass is thought to have passed as late as it can have been, and not a part of the window earlier."""
    controller = AdmissionController()
    controller.define("model", rates=[RateLimit("tokens", 100, 100, capacity=capacity)], now_ns=0)
    passed = [0] * 400
    for now in range(400):
        if now == change_at:
            controller.define("model", rates=[RateLimit("tokens", 120, 100, "sliding_window", buckets=buckets)], now_ns=now)
        while controller.try_acquire(["model"], tokens=1, now_ns=now):
            passed[now] += 1
        if now >= change_at and passed[now]:
            assert sum(passed[max(0, now - 100) : now + 1]) <= 120
    assert sum(passed[change_at:]) >= 120


@pytest.mark.parametrize(("first", "second"), [("token_bucket", "sliding_window"), ("sliding_window", "token_bucket")])
@pytest.mark.parametrize("change_at", [500, 400])
def test_a_change_of_algorithm_gives_nothing_and_takes_nothing_even_where_the_clock_steps_back(
    first: str, second: str, change_at: int
) -> None:
    controller = AdmissionController()
    controller.define("model", rates=[RateLimit("tokens", 10, 100, first)], now_ns=500)
    assert controller.try_acquire(["model"], tokens=4, now_ns=500)
    controller.define("model", rates=[RateLimit("tokens", 10, 100, second)], now_ns=change_at)
    assert levels(controller, 500) == [6]
    assert not controller.try_acquire(["model"], tokens=7, now_ns=500)
    assert controller.try_acquire(["model"], tokens=6, now_ns=500)
