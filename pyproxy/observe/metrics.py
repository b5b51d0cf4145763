"""What is counted and measured, and the text in which Prometheus asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["CONTENT_TYPE", "Metric", "Sample", "exposition"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Sample(NamedTuple):
    """A value, and the labels that tell it from the metric's others.

    Attributes:
        value: the number.
        labels: what it is the number of.
        part: what a histogram's sample tells, such as ``_sum``; it goes behind the metric's name.
    """

    value: float
    labels: Mapping[str, str] = {}
    part: str = ""


class Metric(NamedTuple):
    """A number under a name that stays, or several that differ by their labels; a counter's name ends in ``_total``."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    samples: tuple[Sample, ...]


def exposition(metrics: Iterable[Metric]) -> str:
    """The metrics in Prometheus' text format 0.0.4."""
    return "".join(f"{line}\n" for metric in metrics for line in _lines(metric))


def _lines(metric: Metric) -> Iterable[str]:
    yield f"# HELP {metric.name} {_escaped(metric.meaning)}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for value, labels, part in metric.samples:
        told = ",".join(f'{name}="{_quoted(text)}"' for name, text in labels.items())
        yield f"{metric.name}{part}{f'{{{told}}}' if told else ''} {repr(float(value)).removesuffix('.0')}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')
