"""A histogram with the buckets of a convention, as Prometheus wants it: cheap to add to, and several can be told as one."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from pyproxy.observe.metrics import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["DURATION_S", "FIRST_TOKEN_S", "QUEUE_S", "TOKENS", "Bounds", "Buckets"]


class Bounds:
    """The upper bounds of a histogram's buckets.

    Attributes:
        told: as they are told, in the unit of the metric.
        kept: in the whole numbers that are added.
        unit: how many of those make one of the metric's unit.
    """

    __slots__ = ("kept", "told", "unit")

    def __init__(self, told: Sequence[float], unit: int = 1) -> None:
        self.told = tuple(told)
        self.unit = unit
        self.kept = tuple(round(bound * unit) for bound in told)


# The conventions of OpenTelemetry for generative AI say which; durations are added in nanoseconds.
DURATION_S = Bounds([0.01 * 2**power for power in range(14)], 1_000_000_000)
FIRST_TOKEN_S = Bounds(
    [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0],
    1_000_000_000,
)
TOKENS = Bounds([4**power for power in range(14)])
QUEUE_S = Bounds([0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0], 1_000_000_000)


class Buckets:
    """Counts of whole numbers by bucket, and their sum."""

    __slots__ = ("bounds", "counts", "kept", "sum")

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.kept = bounds.kept
        self.counts = [0] * (len(bounds.kept) + 1)
        self.sum = 0

    def add(self, value: int) -> None:
        """Take one in."""
        self.counts[bisect_left(self.kept, value)] += 1
        self.sum += value

    def merge(self, other: Buckets) -> None:
        """Take in all that another has."""
        self.counts = [one + more for one, more in zip(self.counts, other.counts, strict=True)]
        self.sum += other.sum

    @property
    def count(self) -> int:
        """How many were added."""
        return sum(self.counts)

    @property
    def total(self) -> float:
        """Their sum, in the unit of the metric."""
        return self.sum / self.bounds.unit

    def samples(self, labels: Mapping[str, str]) -> Iterator[Sample]:
        """All of it as Prometheus wants it: how many there were up to each bound, their sum and their number."""
        reached = 0
        for bound, count in zip((*self.bounds.told, None), self.counts, strict=True):
            reached += count
            yield Sample(reached, {**labels, "le": "+Inf" if bound is None else f"{bound:.12g}"}, "_bucket")
        yield Sample(self.total, labels, "_sum")
        yield Sample(reached, labels, "_count")
