"""The probes of a half-open breaker: so many places, each leased for a time."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import CircuitBreaker, Open, Probe


def breaker(half_open_requests: int = 1) -> CircuitBreaker:
    return CircuitBreaker(3, 100, half_open_requests, probe_timeout_ns=50)


def probe(core: CircuitBreaker, now: int) -> Probe:
    answer = core.allow(now)
    assert isinstance(answer, Probe)
    return answer


def test_half_open_it_lets_exactly_so_many_probes_through_until_all_have_ended_well() -> None:
    """Invariant 27."""
    core = breaker(half_open_requests=2)
    core.trip(0)
    first, second = probe(core, 100), probe(core, 101)
    assert (first.lease_end_ns, second.lease_end_ns) == (150, 151)
    assert core.allow(110) == core.allow(110)
    assert core.retry_after_ns(110) == 40, "until the earliest lease ends"
    assert core.record(first, ok=True, now_ns=120) is None
    assert isinstance(core.allow(120), Open), "who came back well keeps the place"
    assert core.retry_after_ns(120) == 31
    assert core.record(second, ok=True, now_ns=130) == "closed"
    assert core.snapshot(130)["consecutive_failures"] == 0


def test_the_first_probe_that_fails_opens_it_again() -> None:
    core = breaker(half_open_requests=2)
    core.trip(0)
    first, second = probe(core, 100), probe(core, 100)
    assert core.record(first, ok=False, now_ns=110) == "open"
    assert core.record(second, ok=True, now_ns=110) is None
    assert core.snapshot(110)["probes_passed"] == 0


@pytest.mark.parametrize("give_back", [lambda core, one: core.record(one, None, 120), lambda core, one: core.cancel(one, 120)])
def test_a_probe_that_says_nothing_gives_its_place_back(give_back: Any) -> None:
    core = breaker()
    core.trip(0)
    first = probe(core, 100)
    assert isinstance(core.allow(120), Open)
    assert give_back(core, first) is None
    assert core.state(120) == "half_open"
    assert probe(core, 120)


def test_the_next_place_comes_free_when_the_earliest_lease_ends_whoever_took_it() -> None:
    core = breaker(half_open_requests=3)
    core.trip(0)
    first = probe(core, 100)
    probe(core, 101)
    probe(core, 102)
    core.cancel(first, 103)
    core.reconfigure(3, 100, 3, probe_timeout_ns=60, now_ns=103)
    probe(core, 103)
    assert core.retry_after_ns(103) == 48
    core.reconfigure(3, 100, 3, probe_timeout_ns=5, now_ns=151)
    assert probe(core, 151).lease_end_ns == 156
    assert probe(core, 152).lease_end_ns == 157
    assert core.retry_after_ns(152) == 4, "before the one that was taken first of them"


@given(late=st.integers(0, 1000), ok=st.booleans())
def test_a_lost_probe_is_taken_back_and_what_it_says_later_changes_nothing(*, late: int, ok: bool) -> None:
    """Invariant 27."""
    core = breaker()
    core.trip(0)
    lost = probe(core, 100)
    assert isinstance(core.allow(149), Open)
    before = core.snapshot(150 + late)
    assert core.record(lost, ok, 150 + late) is None
    assert core.snapshot(150 + late) == before
    fresh = probe(core, 150 + late)
    assert core.record(fresh, ok, 150 + late) == ("closed" if ok else "open")


def test_a_probe_just_before_its_lease_ends_still_counts() -> None:
    core = breaker()
    core.trip(0)
    assert core.record(probe(core, 100), ok=True, now_ns=149) == "closed"


def test_threads_share_the_places_of_the_probes() -> None:
    """Invariant 27."""
    core = breaker(half_open_requests=5)
    core.trip(0)
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.extend(core.allow(100) for _ in range(200))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(answer, Probe) for answer in answers) == 5
