"""A histogram with the buckets of a convention, as Prometheus wants it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyproxy.observe.metrics import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["SECOND", "Buckets"]

SECOND = 1_000_000_000
"""Durations are counted in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """Counts of whole numbers by bucket, and their sum, as `pyproxy.rust_core.Flow` has them.

    Attributes:
        bounds: the upper bounds of the buckets, the lowest first.
        counts: how many lie in each, up to its bound and beyond the one before; the last one has no bound.
        sum: the sum of all.
        unit: how many make one of the metric's unit.
    """

    bounds: Sequence[int]
    counts: Sequence[int]
    sum: int
    unit: int = 1

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(self.counts)

    @property
    def total(self) -> float:
        """Their sum, in the unit of the metric."""
        return self.sum / self.unit

    def samples(self, labels: Mapping[str, str]) -> Iterator[Sample]:
        """All of it as Prometheus wants it: how many there were up to each bound, their sum and their number."""
        reached = 0
        for bound, count in zip((*self.bounds, None), self.counts, strict=True):
            reached += count
            yield Sample(reached, {**labels, "le": "+Inf" if bound is None else f"{bound / self.unit:.12g}"}, "_bucket")
        yield Sample(self.total, labels, "_sum")
        yield Sample(reached, labels, "_count")
