from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pyproxy.observe.buckets import DURATION_S, TOKENS, Bounds, Buckets

VALUES = st.lists(st.integers(0, 2**40), max_size=50)


def told(buckets: Buckets) -> dict[str, float]:
    return {part + labels.get("le", ""): value for value, labels, part in buckets.samples({})}


@given(VALUES, st.sampled_from([DURATION_S, TOKENS]))
def test_each_bucket_counts_what_does_not_exceed_its_bound(values: list[int], bounds: Bounds) -> None:
    buckets = Buckets(bounds)
    for value in values:
        buckets.add(value)
    samples = told(buckets)
    for bound in bounds.told:
        assert samples[f"_bucket{bound:.12g}"] == sum(value <= round(bound * bounds.unit) for value in values)
    assert samples["_bucket+Inf"] == samples["_count"] == len(values)
    assert samples["_sum"] == sum(values) / bounds.unit


@given(VALUES, VALUES)
def test_two_together_are_one_that_was_given_both(one: list[int], other: list[int]) -> None:
    first, second, both = Buckets(TOKENS), Buckets(TOKENS), Buckets(TOKENS)
    for value in one:
        first.add(value)
    for value in other:
        second.add(value)
    for value in one + other:
        both.add(value)
    first.merge(second)
    assert told(first) == told(both)
    assert first.count == len(one) + len(other)


def test_the_bounds_are_those_of_the_convention() -> None:
    assert DURATION_S.told[:3] == (0.01, 0.02, 0.04)
    assert DURATION_S.told[-1] == 81.92
    assert TOKENS.told == (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864)
