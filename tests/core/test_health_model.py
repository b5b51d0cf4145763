"""The health tracker, held against one that keeps every outcome and looks through all of them each time."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pyproxy.rust_core import HealthTracker

Settings = dict[str, Any]

spans = st.integers(1, 12) | st.integers(1, 300)
latencies = st.sampled_from([None, 10, 10, 1000]) | st.integers(0, 20)
all_settings = st.fixed_dictionaries(
    {
        "unhealthy_after": st.integers(1, 4) | st.sampled_from([3, 9, 1000]),
        "healthy_after": st.integers(1, 4),
        "degraded_success_percent": st.none() | st.integers(1, 100),
        "degraded_latency_percent": st.none() | st.integers(101, 400),
        "minimum_requests": st.integers(1, 5),
        "window_ns": spans,
        "probe_interval_ns": st.none() | spans,
    }
)


@dataclass(frozen=True)
class Outcome:
    kind: str
    ok: bool
    at: int
    latency: int | None
    ttft: int | None = None


def in_a_row(outcomes: list[Outcome], *, ok: bool) -> int:
    count = 0
    while count < len(outcomes) and outcomes[-1 - count].ok == ok:
        count += 1
    return count


def average(samples: list[int], span: int) -> Fraction:
    exact = Fraction(0)
    for number, sample in enumerate(samples, 1):
        exact += (sample - exact) / min(number, span)
    return exact


class SlowTracker:
    def __init__(self, settings: Settings, now: int) -> None:
        self.settings = settings
        self.state, self.since, self.now, self.next_probe = "healthy", now, now, now
        self.outcomes: list[Outcome] = []
        self.window_begins = 0  # at which of them

    def of(self, kind: str) -> list[Outcome]:
        return [one for one in self.outcomes if one.kind == kind]

    def samples(self, kind: str, what: str) -> list[int]:
        told = [getattr(one, what) for one in self.of(kind) if one.ok]
        return [sample for sample in told if sample is not None]

    def window(self, now: int) -> tuple[int, int]:
        length, now = self.settings["window_ns"], max(now, self.now)
        parts = min(32, length)
        oldest = now * parts // length - parts
        oks = [one.ok for one in self.outcomes[self.window_begins :] if one.kind == "traffic" and one.at * parts // length >= oldest]
        return oks.count(True), oks.count(False)

    def too_slow(self, percent: int, told: dict[str, Any]) -> bool:
        """Whether it takes more than so many hundredths of what is usual, by the averages that the core tells."""
        name = "ttft" if len(self.samples("traffic", "ttft")) >= self.settings["minimum_requests"] else "latency"
        if len(self.samples("traffic", name)) < self.settings["minimum_requests"]:
            return False
        return Fraction(told[f"{name}_ns"]) > Fraction(told[f"usual_{name}_ns"] * percent, 100)

    def worse(self, told: dict[str, Any]) -> bool:
        success, latency = self.settings["degraded_success_percent"], self.settings["degraded_latency_percent"]
        good, bad = self.window(self.now)
        enough = good + bad >= self.settings["minimum_requests"]
        failing = success is not None and enough and 100 * good < success * (good + bad)
        return failing or (latency is not None and self.too_slow(latency, told))

    def better(self, told: dict[str, Any]) -> bool:
        success, latency = self.settings["degraded_success_percent"], self.settings["degraded_latency_percent"]
        good, bad = self.window(self.now)
        well = success is None or 100 * good >= ceil(Fraction(success + 100, 2)) * (good + bad)
        return well and (latency is None or not self.too_slow((latency + 100) // 2, told))

    def take(self, outcome: Outcome, told: dict[str, Any]) -> str | None:
        self.outcomes.append(outcome)
        before = self.state
        proven = in_a_row(self.outcomes, ok=True) >= self.settings["healthy_after"]
        if self.state == "unhealthy" and outcome.ok:
            self.state = "recovering"
        elif self.state == "recovering" and not outcome.ok:
            self.state = "unhealthy"
        if self.state == "recovering" and proven:
            self.state, self.window_begins = "healthy", len(self.outcomes)
        if self.state in {"healthy", "degraded"} and in_a_row(self.of(outcome.kind), ok=False) >= self.settings["unhealthy_after"]:
            self.state = "unhealthy"
        if self.state == "healthy" and self.worse(told):
            self.state = "degraded"
        elif self.state == "degraded" and proven and self.better(told):
            self.state = "healthy"
        if self.state == before:
            return None
        self.since = self.now
        return self.state

    def claim(self) -> bool:
        interval = self.settings["probe_interval_ns"]
        due = interval is not None and self.now >= self.next_probe
        if due:
            self.next_probe = self.now + interval
        return due


class EqualsTheSlowOne(RuleBasedStateMachine):
    @initialize(settings=all_settings, now=st.integers(0, 1000))
    def start(self, settings: Settings, now: int) -> None:
        self.core = HealthTracker(**settings, now_ns=now)
        self.model = SlowTracker(settings, now)
        self.now = now

    def reach(self) -> None:
        self.model.now = max(self.model.now, self.now)

    @rule(step=st.integers(-10, 30) | st.integers(0, 500))
    def time_passes_or_steps_back(self, step: int) -> None:
        self.now = max(0, self.now + step)

    @rule(oks=st.lists(st.booleans(), min_size=1, max_size=6), latency=latencies, ttft=latencies, step=st.sampled_from([0, 0, 1, 9]))
    def some_attempts_end(self, oks: list[bool], latency: int | None, ttft: int | None, step: int) -> None:
        for ok in oks:
            self.reach()
            led_to = self.core.record(ok, latency, ttft, self.now)
            told = dict(self.core.snapshot(self.now))
            assert led_to == self.model.take(Outcome("traffic", ok, self.model.now, latency, ttft), told)
            self.now += step

    @rule(count=st.integers(4, 20), latency=latencies, ttft=latencies, step=st.sampled_from([0, 1]))
    def many_attempts_end_well(self, count: int, latency: int | None, ttft: int | None, step: int) -> None:
        self.some_attempts_end([True] * count, latency, ttft, step)

    @rule(oks=st.lists(st.booleans(), min_size=1, max_size=4), latency=latencies)
    def some_probes_end(self, oks: list[bool], latency: int | None) -> None:
        for ok in oks:
            self.reach()
            led_to = self.core.record_probe(ok, latency, self.now)
            told = dict(self.core.snapshot(self.now))
            assert led_to == self.model.take(Outcome("probe", ok, self.model.now, latency), told)
            self.model.next_probe = self.model.now + (self.model.settings["probe_interval_ns"] or 0)

    @rule(claims=st.integers(1, 3))
    def some_want_to_send_the_probe(self, claims: int) -> None:
        self.reach()
        for _ in range(claims):
            due = self.core.probe_due(self.now)
            assert self.core.start_probe(self.now) == due == self.model.claim()

    @rule()
    def time_passes_until_the_next_probe(self) -> None:
        due = self.core.next_probe_ns
        if due is not None and due > max(self.now, self.model.now):
            assert not self.core.probe_due(due - 1)
            assert self.core.probe_due(due)
            self.now = due

    @rule(settings=all_settings, whole=st.booleans(), name=st.sampled_from(["healthy_after", "minimum_requests", "probe_interval_ns"]))
    def reconfigure(self, settings: Settings, name: str, *, whole: bool) -> None:
        self.reach()
        settings = settings if whole else {**self.model.settings, name: settings[name]}
        self.core.reconfigure(**settings, now_ns=self.now)
        if settings["window_ns"] != self.model.settings["window_ns"]:
            self.model.window_begins = len(self.model.outcomes)
        if settings["probe_interval_ns"] is not None:
            self.model.next_probe = min(self.model.next_probe, self.model.now + settings["probe_interval_ns"])
        self.model.settings = settings

    @invariant()
    def both_tell_the_same(self) -> None:
        told, model = self.core.snapshot(self.now), self.model
        assert told["state"] == self.core.state(self.now) == model.state
        assert told["since_ns"] == model.since
        assert told["consecutive_failures"] == max(in_a_row(model.of(kind), ok=False) for kind in ("traffic", "probe"))
        assert told["consecutive_successes"] == in_a_row(model.outcomes, ok=True)
        assert told["window"] == model.window(self.now)
        due = model.next_probe if model.settings["probe_interval_ns"] is not None else None
        assert told["next_probe_ns"] == self.core.next_probe_ns == due

    @invariant()
    def averages_are_exact_but_for_less_than_two_nanoseconds(self) -> None:
        told, model = dict(self.core.snapshot(self.now)), self.model
        for name, samples, span in (
            ("latency_ns", model.samples("traffic", "latency"), 8),
            ("usual_latency_ns", model.samples("traffic", "latency"), 1024),
            ("ttft_ns", model.samples("traffic", "ttft"), 8),
            ("usual_ttft_ns", model.samples("traffic", "ttft"), 1024),
            ("probe_latency_ns", model.samples("probe", "latency"), 8),
        ):
            average_told = told[name]
            assert (average_told is None) == (not samples)
            if isinstance(average_told, int):
                assert abs(average_told - average(samples, span)) < 2
                assert min(samples) <= average_told <= max(samples)


TestEqualsTheSlowOne = EqualsTheSlowOne.TestCase
TestEqualsTheSlowOne.settings = hypothesis_settings(deadline=None, max_examples=150, stateful_step_count=40)
