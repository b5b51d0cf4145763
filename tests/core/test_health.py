"""The health tracker's promises, one example each; and its averages, held to exact fractions."""

from __future__ import annotations

import threading
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import HealthTracker

END_OF_TIME = 2**64 - 1
EVERYTHING = {
    "state",
    "since_ns",
    "consecutive_failures",
    "consecutive_successes",
    "window",
    "latency_ns",
    "usual_latency_ns",
    "ttft_ns",
    "usual_ttft_ns",
    "probe_latency_ns",
    "next_probe_ns",
}


def traffic(tracker: HealthTracker, oks: str, now: int = 0) -> list[str | None]:
    return [tracker.record(ok == "+", now_ns=now) for ok in oks]


def test_it_starts_healthy_with_nothing_to_tell() -> None:
    told: dict[str, Any] = dict(HealthTracker(now_ns=7).snapshot(7))
    assert told.keys() == EVERYTHING
    assert (told["state"], told["since_ns"], told["window"]) == ("healthy", 7, (0, 0))
    assert [name for name, value in told.items() if value is None] == [
        "latency_ns",
        "usual_latency_ns",
        "ttft_ns",
        "usual_ttft_ns",
        "probe_latency_ns",
        "next_probe_ns",
    ]


def test_it_goes_from_healthy_to_unhealthy_to_recovering_and_back() -> None:
    tracker = HealthTracker(3, 2, now_ns=0)
    assert traffic(tracker, "--+--") == [None] * 5
    assert traffic(tracker, "-", now=11) == ["unhealthy"]
    assert tracker.snapshot(20)["since_ns"] == 11
    assert traffic(tracker, "-+-+-") == [None, "recovering", "unhealthy", "recovering", "unhealthy"]
    assert traffic(tracker, "++", now=30) == ["recovering", "healthy"]
    assert tracker.snapshot(30)["since_ns"] == 30


def test_with_one_success_enough_it_is_healthy_at_once() -> None:
    tracker = HealthTracker(1, 1, now_ns=0)
    assert traffic(tracker, "-+") == ["unhealthy", "healthy"]


def test_a_probe_that_ends_well_does_not_excuse_traffic_that_fails() -> None:
    tracker = HealthTracker(3, 5, now_ns=0)
    assert tracker.record(ok=False, now_ns=0) is None
    assert tracker.record_probe(ok=True, now_ns=0) is None
    assert [tracker.record_probe(ok=False, now_ns=0) for _ in range(2)] == [None, None]
    assert traffic(tracker, "--") == [None, "unhealthy"], "each is counted apart"
    assert tracker.snapshot(0)["window"] == (0, 3), "a probe is no traffic"


def test_it_is_degraded_below_its_success_ratio_and_healthy_again_half_the_way_back() -> None:
    tracker = HealthTracker(3, 2, minimum_requests=10, now_ns=0)
    assert traffic(tracker, "++++++++-") == [None] * 9, "too few to tell"
    assert traffic(tracker, "+") == [None], "nine of ten are 90 percent"
    assert traffic(tracker, "-") == ["degraded"]
    assert set(traffic(tracker, "+" * 28)) == {None}, "37 of 39 are less than 95 percent"
    assert traffic(tracker, "+") == ["healthy"]


def test_half_the_way_back_is_never_less_and_takes_successes_in_a_row() -> None:
    tracker = HealthTracker(9, 1, degraded_success_percent=1, minimum_requests=1, now_ns=0)
    assert traffic(tracker, "-++") == ["degraded", None, "healthy"], "from 1 percent it is 51, not 50"
    tracker = HealthTracker(9, 5, degraded_success_percent=50, minimum_requests=1, now_ns=0)
    assert traffic(tracker, "-++++") == ["degraded", None, None, None, None], "4 of 5 suffice, but must be 5 in a row"
    assert traffic(tracker, "+") == ["healthy"]


def test_an_outage_that_is_over_is_no_reason_to_call_it_degraded() -> None:
    tracker = HealthTracker(3, 2, now_ns=0)
    traffic(tracker, "-" * 20 + "++")
    assert tracker.snapshot(0)["window"] == (0, 0)
    assert set(traffic(tracker, "+" * 30)) == {None}


def test_it_is_degraded_when_it_takes_far_longer_than_it_usually_does_and_a_change_that_lasts_is_usual() -> None:
    tracker = HealthTracker(degraded_success_percent=None, degraded_latency_percent=200, minimum_requests=5, now_ns=0)
    led_to = [tracker.record(ok=True, latency_ns=1000, now_ns=0) for _ in range(100)]
    led_to += [tracker.record(ok=True, latency_ns=5000, now_ns=0) for _ in range(2000)]
    assert [state for state in led_to if state] == ["degraded", "healthy"]
    assert led_to.index("degraded") <= 105
    assert tracker.snapshot(0)["latency_ns"] == 5000


def test_the_first_token_tells_more_than_the_whole_answer() -> None:
    tracker = HealthTracker(degraded_success_percent=None, degraded_latency_percent=200, minimum_requests=5, now_ns=0)
    long_answers = [tracker.record(ok=True, latency_ns=10**number, ttft_ns=100, now_ns=0) for number in range(20)]
    assert set(long_answers) == {None}


def test_how_long_a_failure_took_says_nothing() -> None:
    tracker = HealthTracker(now_ns=0)
    tracker.record(ok=False, latency_ns=5, ttft_ns=5, now_ns=0)
    tracker.record_probe(ok=False, latency_ns=5, now_ns=0)
    told = tracker.snapshot(0)
    assert (told["latency_ns"], told["ttft_ns"], told["probe_latency_ns"]) == (None, None, None)


def test_a_probe_is_due_at_once_and_then_once_an_interval_for_one_claimer() -> None:
    tracker = HealthTracker(probe_interval_ns=100, now_ns=40)
    assert tracker.next_probe_ns == 40
    assert [tracker.start_probe(40) for _ in range(5)] == [True, False, False, False, False]
    assert (tracker.probe_due(139), tracker.start_probe(139)) == (False, False)
    assert tracker.probe_due(140), "its outcome never came"
    assert tracker.start_probe(145)
    assert tracker.record_probe(ok=True, latency_ns=3, now_ns=200) is None
    assert tracker.next_probe_ns == 300, "an interval after the last was heard of"
    assert not tracker.probe_due(299)


def test_threads_claim_a_probe_once() -> None:
    tracker = HealthTracker(probe_interval_ns=100, now_ns=0)
    claims: list[bool] = []
    threads = [threading.Thread(target=lambda: claims.extend(tracker.start_probe(50) for _ in range(200))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert claims.count(True) == 1


def test_without_an_interval_there_are_no_probes() -> None:
    tracker = HealthTracker(now_ns=0)
    assert (tracker.probe_due(END_OF_TIME), tracker.start_probe(END_OF_TIME), tracker.next_probe_ns) == (False, False, None)


def test_a_clock_that_steps_back_is_held_at_the_newest_time_seen() -> None:
    tracker = HealthTracker(probe_interval_ns=100, window_ns=320, now_ns=1000)
    assert tracker.start_probe(500)
    assert tracker.next_probe_ns == 1100
    tracker.record(ok=True, now_ns=1400)
    assert tracker.probe_due(0)
    tracker.record(ok=False, now_ns=0)
    assert tracker.snapshot(1720)["window"] == (1, 1)
    assert tracker.snapshot(1730)["window"] == (0, 0)


def test_settings_change_and_what_is_known_stays() -> None:
    tracker = HealthTracker(3, probe_interval_ns=1000, now_ns=0)
    traffic(tracker, "+--")
    assert tracker.start_probe(0)
    tracker.reconfigure(3, probe_interval_ns=50, now_ns=10)
    assert tracker.next_probe_ns == 60, "due within the new interval"
    assert tracker.snapshot(10)["window"] == (1, 2)
    tracker.reconfigure(3, window_ns=77, probe_interval_ns=5000, now_ns=10)
    assert (tracker.next_probe_ns, tracker.snapshot(10)["window"]) == (60, (0, 0))
    assert traffic(tracker, "-") == ["unhealthy"]
    assert repr(tracker) == "HealthTracker(unhealthy_after=3, healthy_after=2): unhealthy"


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"unhealthy_after": 0}, "unhealthy_after must be at least 1, not 0"),
        ({"healthy_after": 0}, "healthy_after must be at least 1, not 0"),
        ({"degraded_success_percent": 0}, "degraded_success_percent must lie between 1 and 100, not 0"),
        ({"degraded_success_percent": 101}, "degraded_success_percent must lie between 1 and 100, not 101"),
        ({"degraded_latency_percent": 100}, "degraded_latency_percent must be at least 101, not 100"),
        ({"minimum_requests": 0}, "minimum_requests must be at least 1, not 0"),
        ({"window_ns": 0}, "window_ns must be at least 1, not 0"),
        ({"probe_interval_ns": 0}, "probe_interval_ns must be at least 1, not 0"),
        ({"window_ns": 2**64}, r"a whole number must lie between 0 and 2\*\*64 - 1"),
        ({"unhealthy_after": -1}, r"a whole number must lie between 0 and 2\*\*64 - 1"),
    ],
)
def test_wrong_settings_are_named_and_change_nothing(bad: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        HealthTracker(**bad)
    tracker = HealthTracker(7, probe_interval_ns=50, now_ns=0)
    traffic(tracker, "+-")
    before = repr(tracker), tracker.snapshot(0)
    with pytest.raises(ValueError, match=f"^{message}"):
        tracker.reconfigure(**bad, now_ns=0)
    assert (repr(tracker), tracker.snapshot(0)) == before


def test_wrong_types_are_type_errors() -> None:
    tracker = HealthTracker(now_ns=0)
    for wrong in (
        lambda: tracker.record("yes"),  # type: ignore[arg-type]
        lambda: tracker.record(ok=True, latency_ns=0.5),  # type: ignore[arg-type]
        lambda: tracker.record_probe(ok=None),  # type: ignore[arg-type]
        lambda: tracker.state("now"),  # type: ignore[arg-type]
        lambda: HealthTracker(degraded_latency_percent="200"),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError):
            wrong()


samples = st.integers(0, 100) | st.integers(0, END_OF_TIME) | st.sampled_from([0, END_OF_TIME])


@given(samples=st.lists(samples, min_size=1, max_size=60))
def test_averages_differ_from_exact_ones_by_less_than_two_nanoseconds(samples: list[int]) -> None:
    tracker, lately, usually = HealthTracker(now_ns=0), Fraction(0), Fraction(0)
    for number, sample in enumerate(samples, 1):
        tracker.record(ok=True, latency_ns=sample, now_ns=0)
        lately += (sample - lately) / min(number, 8)
        usually += (sample - usually) / min(number, 1024)
        told = tracker.snapshot(0)
        for average, exact in ((told["latency_ns"], lately), (told["usual_latency_ns"], usually)):
            assert average is not None
            assert abs(average - exact) < 2
            assert min(samples[:number]) <= average <= max(samples[:number])


@given(before=samples, after=samples)
def test_an_average_reaches_what_lasts_and_does_not_stick_short_of_it(before: int, after: int) -> None:
    tracker = HealthTracker(now_ns=0)
    for sample in [before] * 20 + [after] * 500:
        tracker.record(ok=True, ttft_ns=sample, now_ns=0)
    assert tracker.snapshot(0)["ttft_ns"] == after


def test_averages_are_exact_but_for_less_than_two_nanoseconds_beyond_a_thousand_samples_too() -> None:
    tracker, exact = HealthTracker(now_ns=0), Fraction(0)
    scale = 2**200  # fractions rounded far below a nanosecond, or they would grow without end
    for number in range(1, 2500):
        sample = number * 2654435761 % 1_000_003
        tracker.record(ok=True, latency_ns=sample, now_ns=0)
        exact = Fraction(int((exact + (sample - exact) / min(number, 1024)) * scale), scale)
        average = tracker.snapshot(0)["usual_latency_ns"]
        assert average is not None
        assert abs(average - exact) < 2
