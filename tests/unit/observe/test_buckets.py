from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pyproxy.observe.buckets import SECOND, Buckets
from pyproxy.rust_core import Flow

VALUES = st.lists(st.integers(0, 2**40), max_size=50)


def flow_of(values: list[int]) -> Flow:
    """The values as durations, as prompts and as answers."""
    flow = Flow()
    for value in values:
        flow.add(value, 0, None, (value, value, 0, 0, 0))
    return flow


def told(buckets: Buckets) -> dict[str, float]:
    return {part + labels.get("le", ""): value for value, labels, part in buckets.samples({})}


@given(VALUES)
def test_each_bucket_counts_what_does_not_exceed_its_bound(values: list[int]) -> None:
    flow = flow_of(values)
    for buckets in (Buckets(*flow.duration, SECOND), Buckets(*flow.input), Buckets(*flow.output)):
        samples = told(buckets)
        for bound in buckets.bounds:
            assert samples[f"_bucket{bound / buckets.unit:.12g}"] == sum(value <= bound for value in values)
        assert samples["_bucket+Inf"] == samples["_count"] == buckets.count == len(values)
        assert samples["_sum"] == sum(values) / buckets.unit


@given(VALUES, VALUES)
def test_two_together_are_one_that_was_given_both(one: list[int], other: list[int]) -> None:
    together = flow_of(one)
    together.merge(flow_of(other))
    assert told(Buckets(*together.duration)) == told(Buckets(*flow_of(one + other).duration))
    assert together.usage == flow_of(one + other).usage
    assert together.requests == len(one) + len(other)


def test_the_bounds_are_those_of_the_convention() -> None:
    flow = Flow()
    in_seconds = [bound / SECOND for bound in flow.duration[0]]
    assert in_seconds == [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
    first_token = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
    assert [bound / SECOND for bound in flow.first_token[0]] == first_token
    assert flow.input[0] == flow.output[0] == [4**power for power in range(14)]
