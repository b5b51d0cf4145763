"""Counters and histograms, held against plain lists."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import Histogram, Statistics

MILLION = 1_000_000
END = 2**64 - 1
ABOVE = 2**42  # 73 minutes
QUANTILES = {"p50_ns": 500_000, "p90_ns": 900_000, "p95_ns": 950_000, "p99_ns": 990_000}

edges = st.integers(0, 64).flatmap(lambda power: st.integers(-2, 2).map(lambda off: min(END, max(0, 2**power + off))))
durations = st.integers(0, 3000) | st.integers(0, ABOVE) | st.integers(0, END) | edges
lists = st.lists(durations, max_size=60)
parts = st.integers(0, MILLION) | st.sampled_from([0, 1, 500_000, 999_999, MILLION])


def histogram(values: list[int]) -> Histogram:
    made = Histogram()
    for value in values:
        made.record(value)
    return made


def close(told: int, exact: int, greatest: int) -> bool:
    """Whether it is as near as was promised."""
    if exact >= ABOVE:
        return told == greatest
    return abs(told - exact) <= (8 if exact < 1024 else exact * 0.008)


def nearest_rank(values: list[int], part: int) -> int:
    return sorted(values)[max(0, -(-len(values) * part // MILLION) - 1)]


@given(values=lists.filter(bool), part=parts)
def test_a_quantile_is_within_its_promised_error_of_the_sorted_list(values: list[int], part: int) -> None:
    told = histogram(values).quantile(part / MILLION)
    assert told is not None
    assert close(told, nearest_rank(values, part), max(values))
    assert min(values) <= told <= max(values)


@given(value=durations)
def test_one_duration_alone_is_told_exactly(value: int) -> None:
    assert {histogram([value, value]).quantile(q) for q in (0, 0.3, 1)} == {value}


@given(values=lists.filter(bool), some=st.lists(parts, min_size=2, max_size=6))
def test_a_greater_share_never_takes_less_time(values: list[int], some: list[int]) -> None:
    told = [histogram(values).quantile(part / MILLION) or 0 for part in sorted(some)]
    assert told == sorted(told)


@given(values=lists)
def test_a_summary_is_exact_but_for_its_quantiles(values: list[int]) -> None:
    made = histogram(values)
    told: dict[str, Any] = dict(made.snapshot())
    assert (told["count"], told["sum_ns"]) == (len(values), sum(values))
    assert (told["min_ns"], told["max_ns"]) == (min(values, default=None), max(values, default=None))
    assert {name: told[name] for name in QUANTILES} == {name: made.quantile(part / MILLION) for name, part in QUANTILES.items()}
    assert (told["p50_ns"] is None) == (not values)
    assert repr(made) == f"Histogram({len(values)} durations)"


@given(values=lists, more=lists)
def test_merged_is_as_if_all_had_been_recorded_in_one(values: list[int], more: list[int]) -> None:
    merged, other = histogram(values), histogram(more)
    merged.merge(other)
    assert merged.snapshot() == histogram(values + more).snapshot()
    assert other.snapshot() == histogram(more).snapshot()
    merged.merge(merged)
    assert merged.snapshot() == histogram((values + more) * 2).snapshot()


def test_its_memory_is_bounded_whatever_is_recorded() -> None:
    made, count = Histogram(), 0
    for power in range(64):
        for step in range(200):
            made.record(min(END, 2**power + step * 2**power // 200))
            count += 1
    answers = {made.quantile(rank / count) for rank in range(count + 1)}
    assert len(answers) <= 64 * 33 + 3, "64 of each power of two, what lies above, the smallest and the greatest"
    assert len(answers) > 64 * 30


def test_doubled_beyond_what_can_be_counted_it_stays_at_the_most_it_can() -> None:
    made = histogram([5, 10_000, END])
    for _ in range(140):
        made.merge(made)
    told = made.snapshot()
    assert (told["count"], told["sum_ns"], told["min_ns"], told["max_ns"]) == (END, 2**128 - 1, 5, END)
    lowest = made.quantile(0)
    assert lowest is not None
    assert close(lowest, 5, END)
    assert made.quantile(1) is not None


class SlowStatistics:
    """Every attempt in a list."""

    def __init__(self) -> None:
        self.attempts: list[dict[str, Any]] = []
        self.fallbacks = self.retries = 0

    def snapshot(self) -> dict[str, Any]:
        names = list(dict.fromkeys(one["failure"] for one in self.attempts if one["failure"] not in (None, "other")))[:32]
        failures = Counter(one["failure"] if one["failure"] in names else "other" for one in self.attempts if one["failure"] is not None)
        return {
            "requests": len(self.attempts),
            "successes": sum(one["failure"] is None for one in self.attempts),
            "failures": dict(failures),
            "tokens_in": min(END, sum(one["tokens_in"] for one in self.attempts)),
            "tokens_out": min(END, sum(one["tokens_out"] for one in self.attempts)),
            "fallbacks": self.fallbacks,
            "retries": self.retries,
            "latency": dict(histogram([one["latency_ns"] for one in self.attempts if one["latency_ns"] is not None]).snapshot()),
            "ttft": dict(histogram([one["ttft_ns"] for one in self.attempts if one["ttft_ns"] is not None]).snapshot()),
        }


tokens = st.integers(0, 1000) | st.integers(0, END)
attempts = st.fixed_dictionaries(
    {
        "failure": st.none() | st.sampled_from(["timeout", "connect", "other", ""]) | st.integers(0, 60).map(str),
        "latency_ns": st.none() | durations,
        "ttft_ns": st.none() | durations,
        "tokens_in": tokens,
        "tokens_out": tokens,
    }
)
histories = st.lists(attempts | st.sampled_from(["fallback", "retry"]), max_size=40)


def play(history: list[Any]) -> tuple[Statistics, SlowStatistics]:
    core, model = Statistics(), SlowStatistics()
    for step in history:
        if step == "fallback":
            core.record_fallback()
            model.fallbacks += 1
        elif step == "retry":
            core.record_retry()
            model.retries += 1
        else:
            core.record(**step)
            model.attempts.append(step)
    return core, model


@given(history=histories, part=parts)
def test_counters_equal_the_list_of_all_attempts(history: list[Any], part: int) -> None:
    core, model = play(history)
    told, expected = core.snapshot(), model.snapshot()
    assert told == expected
    assert repr(core) == f"Statistics({expected['requests']} requests, {expected['successes']} successes)"
    latencies = [one["latency_ns"] for one in model.attempts if one["latency_ns"] is not None]
    first_tokens = [one["ttft_ns"] for one in model.attempts if one["ttft_ns"] is not None]
    assert core.latency_quantile(part / MILLION) == histogram(latencies).quantile(part / MILLION)
    assert core.ttft_quantile(part / MILLION) == histogram(first_tokens).quantile(part / MILLION)


@given(history=histories, more=histories)
def test_merged_counters_equal_one_list_after_the_other(history: list[Any], more: list[Any]) -> None:
    core, _ = play(history)
    other, _ = play(more)
    _, model = play(history + more)
    core.merge(other)
    told = core.snapshot()
    assert sum(told["failures"].values()) == told["requests"] - told["successes"]
    assert {**told, "failures": None} == {**model.snapshot(), "failures": None}
    if len(told["failures"]) <= 32:  # beyond that a name counts as other where it came too late, and stays so
        assert told["failures"] == model.snapshot()["failures"]


def test_at_most_32_names_of_failures_are_kept_and_all_are_counted() -> None:
    core = Statistics()
    core.record("other")
    for number in range(10_000):
        core.record(f"failure {number}")
        core.record("failure 0")
    failures = core.snapshot()["failures"]
    assert list(failures) == [f"failure {number}" for number in range(32)] + ["other"]
    assert (failures["failure 0"], failures["other"]) == (10_001, 10_000 - 32 + 1)


def test_merged_with_itself_everything_doubles() -> None:
    core, _ = play([{"failure": "timeout", "latency_ns": 9, "ttft_ns": 3, "tokens_in": 2, "tokens_out": 1}, "retry"])
    core.merge(core)
    told = core.snapshot()
    assert (told["requests"], told["failures"], told["tokens_in"], told["retries"], told["latency"]["sum_ns"]) == (
        2,
        {"timeout": 2},
        4,
        2,
        18,
    )


def test_threads_lose_no_count() -> None:
    core = Statistics()

    def fail() -> None:
        for _ in range(500):
            core.record("timeout", 1)

    threads = [threading.Thread(target=fail) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert core.snapshot()["failures"] == {"timeout": 2000}


def test_wrong_arguments_are_named() -> None:
    made, core = histogram([1]), Statistics()
    for ask in (made.quantile, core.latency_quantile, core.ttft_quantile):
        for wrong, text in ((1.5, "1.5"), (-0.1, "-0.1"), (float("nan"), "NaN"), (float("inf"), "inf")):
            with pytest.raises(ValueError, match=f"a quantile must lie between 0 and 1, not {text}"):
                ask(wrong)
        with pytest.raises(ValueError, match="a quantile must lie between 0 and 1"):
            ask(10**400)
        with pytest.raises(TypeError):
            ask("0.5")  # type: ignore[arg-type]
    for wrong in (-1, 2**64):
        with pytest.raises(ValueError, match=r"a whole number must lie between 0 and 2\*\*64 - 1"):
            made.record(wrong)
        with pytest.raises(ValueError, match=r"a whole number must lie between 0 and 2\*\*64 - 1"):
            core.record(tokens_in=wrong)
    with pytest.raises(TypeError):
        core.record(ValueError("its name is meant"))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        made.merge(core)  # type: ignore[arg-type]
    assert (core.snapshot()["requests"], made.snapshot()["count"]) == (0, 1)
