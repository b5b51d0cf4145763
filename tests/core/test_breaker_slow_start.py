"""After a recovery the traffic ramps instead of bursting."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import CircuitBreaker, Open, Pass, Probe


def ramping(slow_start: int) -> CircuitBreaker:
    """A breaker that has closed again at 100."""
    core = CircuitBreaker(3, 100, slow_start_ns=slow_start)
    core.trip(0)
    answer = core.allow(100)
    assert isinstance(answer, Probe)
    assert core.record(answer, ok=True, now_ns=100) == "closed"
    return core


@given(slow_start=st.integers(1, 5000), steps=st.lists(st.integers(0, 40), min_size=1, max_size=200))
def test_after_a_recovery_a_share_passes_that_grows_evenly_from_nothing_to_all(slow_start: int, steps: list[int]) -> None:
    core, now, let_through, share, pace = ramping(slow_start), 100, 0, Fraction(0), max(1, slow_start // 32)
    last = now
    for step in steps:
        now += step
        elapsed = now - 100
        if elapsed >= slow_start:
            assert not core.snapshot(now)["ramping"]
            assert core.allow(now)
            continue
        assert core.snapshot(now)["ramping"]
        assert core.state(now) == "closed"
        share += Fraction(elapsed, slow_start)
        answer = core.allow(now)
        if answer:
            let_through, last = let_through + 1, now
        else:
            assert isinstance(answer, Open)
            assert answer.retry_after_ns == min(last + pace, 100 + slow_start) - now
        assert int(share) <= let_through <= int(share) + elapsed // pace


def test_in_a_ramp_with_many_attempts_the_share_is_met_in_each_part_of_it() -> None:
    core = ramping(3200)
    let_through = [sum(bool(core.allow(100 + now)) for now in range(begin, begin + 800)) for begin in range(0, 3200, 800)]
    assert [round(count / 100) for count in let_through] == [1, 3, 5, 7]


def test_failures_in_a_ramp_open_it_again() -> None:
    core = ramping(3200)
    for now, led_to in ((200, None), (300, None), (3300, "open")):
        answer = core.allow(now)
        assert isinstance(answer, Pass)
        assert core.record(answer, ok=False, now_ns=now) == led_to, "what failed in the ramp still counts after it"
    assert core.retry_after_ns(3300) == 100


def test_who_asks_seldom_is_not_held_back() -> None:
    core = ramping(3200)
    assert all(core.allow(now) for now in range(200, 3300, 100))
    assert isinstance(ramping(3200).allow(199), Open)


def test_a_shorter_slow_start_ends_the_ramp_sooner() -> None:
    core = ramping(3200)
    assert isinstance(core.allow(150), Open)
    core.reconfigure(3, 100, slow_start_ns=400, now_ns=150)
    assert core.snapshot(499)["ramping"]
    assert not core.snapshot(500)["ramping"]
    core.reconfigure(3, 100, slow_start_ns=0, now_ns=150)
    assert core.allow(150)
    assert not core.snapshot(150)["ramping"]


def test_an_operator_ends_a_ramp_either_way() -> None:
    core = ramping(3200)
    core.reset(150)
    assert all(core.allow(150) for _ in range(50))
    core = ramping(3200)
    core.trip(150)
    assert core.retry_after_ns(150) == 100
