from __future__ import annotations

from pyproxy.observe.metrics import Metric, Sample, exposition


def test_each_metric_is_told_with_its_meaning_its_kind_and_its_values() -> None:
    metrics = [
        Metric("a_total", "counter", "How many.", (Sample(0, {"result": "good"}), Sample(2**40, {"result": "bad", "why": "late"}))),
        Metric("b", "gauge", "How much.", (Sample(0.1),)),
        Metric("c", "gauge", "Nothing yet.", ()),
    ]
    assert exposition(metrics).splitlines() == [
        "# HELP a_total How many.",
        "# TYPE a_total counter",
        'a_total{result="good"} 0',
        'a_total{result="bad",why="late"} 1099511627776',
        "# HELP b How much.",
        "# TYPE b gauge",
        "b 0.1",
        "# HELP c Nothing yet.",
        "# TYPE c gauge",
    ]


def test_no_text_breaks_a_line_or_forges_another() -> None:
    text = 'a"} 1\nb{c="\\'
    (_, _, line) = exposition([Metric("m", "gauge", text, (Sample(1, {"l": text}),))]).splitlines()
    assert line == r'm{l="a\"} 1\nb{c=\"\\"} 1'


def test_the_text_ends_with_a_line_end_as_the_format_wants() -> None:
    assert exposition([Metric("m", "gauge", "M.", (Sample(1),))]).endswith("m 1\n")
    assert exposition([]) == ""
