"""The circuit breaker's promises, one example each."""

from __future__ import annotations

import pytest

from pyproxy.rust_core import CircuitBreaker, Open, Pass, Probe

END_OF_TIME = 2**64 - 1


def breaker(**settings: int) -> CircuitBreaker:
    return CircuitBreaker(**{"failure_threshold": 3, "recovery_time_ns": 100, "probe_timeout_ns": 50, **settings})


def passed(core: CircuitBreaker, now: int) -> Pass:
    answer = core.allow(now)
    assert isinstance(answer, Pass)
    return answer


def probe(core: CircuitBreaker, now: int) -> Probe:
    answer = core.allow(now)
    assert isinstance(answer, Probe)
    return answer


def tell(core: CircuitBreaker, oks: list[bool | None], now: int) -> list[str | None]:
    return [core.record(passed(core, now), ok, now) for ok in oks]


def test_it_starts_closed_and_opens_at_the_threshold_and_not_before() -> None:
    core = breaker()
    assert tell(core, [False, False, False], 5) == [None, None, "open"]
    assert core.state(5) == "open"
    assert core.snapshot(5)["trips"] == 1


def test_a_success_ends_the_row_and_what_says_nothing_does_not() -> None:
    core = breaker()
    assert tell(core, [False, False, True, False, None, False], 0)[-1] is None
    assert core.snapshot(0)["consecutive_failures"] == 2
    assert tell(core, [None] * 50, 0) == [None] * 50
    assert tell(core, [False], 0) == ["open"]


def test_the_failure_rate_opens_at_its_percentage_of_at_least_so_many() -> None:
    core = breaker(failure_threshold=1000, failure_rate=50, minimum_requests=4)
    assert tell(core, [False, True, False], 0) == [None] * 3, "too few to tell"
    assert tell(core, [True], 0) == [None], "a success never opens it, though half have failed"
    assert tell(core, [False], 0) == ["open"]


def test_the_failure_rate_forgets_what_the_window_has_passed() -> None:
    core = breaker(failure_threshold=1000, failure_rate=50, minimum_requests=4, window_ns=320)
    tell(core, [False] * 3, 9)
    assert core.snapshot(329)["window"] == (0, 3), "as old as the window is counted"
    assert core.snapshot(330)["window"] == (0, 0), "and one part of 32 older is not"
    assert tell(core, [False], 330) == [None]


def test_a_refusal_tells_the_very_nanosecond_that_lets_through() -> None:
    core = breaker()
    tell(core, [False] * 3, 7)
    answer = core.allow(40)
    assert answer == core.allow(40)
    assert isinstance(answer, Open)
    assert not answer
    assert answer.retry_after_ns == core.retry_after_ns(40) == 67
    assert isinstance(core.allow(106), Open)
    assert core.state(106) == "open"
    assert core.retry_after_ns(107) == 0
    assert probe(core, 107)


def test_a_second_record_changes_nothing() -> None:
    core = breaker()
    once = passed(core, 0)
    assert core.record(once, ok=False, now_ns=0) is None
    for ok in (False, True, None, False):
        assert core.record(once, ok, 0) is None
    core.cancel(once, 0)
    assert core.snapshot(0)["consecutive_failures"] == 1


def test_what_passed_before_it_opened_says_nothing_after() -> None:
    """Invariant 27."""
    core = breaker()
    old = [passed(core, 0) for _ in range(6)]
    assert [core.record(one, ok=False, now_ns=0) for one in old[:3]] == [None, None, "open"]
    assert core.record(old[3], ok=True, now_ns=0) is None
    good = probe(core, 100)
    assert core.record(old[4], ok=False, now_ns=100) is None
    assert core.record(good, ok=True, now_ns=100) == "closed"
    assert core.record(old[5], ok=False, now_ns=100) is None
    assert core.snapshot(100)["consecutive_failures"] == 0


def test_a_permit_of_another_breaker_is_refused_and_stays_good_for_its_own() -> None:
    core, other = breaker(), breaker()
    mine = passed(core, 0)
    with pytest.raises(ValueError, match="this permit was issued by another breaker: record it there"):
        other.record(mine, ok=False, now_ns=0)
    with pytest.raises(ValueError, match="this permit was issued by another breaker: record it there"):
        other.cancel(mine, 0)
    core.record(mine, ok=False, now_ns=0)
    assert (core.snapshot(0)["consecutive_failures"], other.snapshot(0)["consecutive_failures"]) == (1, 0)


def test_it_stays_open_twice_as_long_each_time_up_to_a_cap() -> None:
    core, now, stays = breaker(max_recovery_time_ns=500), 0, []
    tell(core, [False] * 3, now)
    for _ in range(5):
        stays.append(core.retry_after_ns(now))
        now += stays[-1]
        core.record(probe(core, now), ok=False, now_ns=now)
    assert stays == [100, 200, 400, 500, 500]


def test_unless_given_the_cap_is_ten_times_the_recovery_time() -> None:
    core, now = breaker(), 0
    core.trip(now)
    for _ in range(70):
        now += core.retry_after_ns(now)
        core.record(probe(core, now), ok=False, now_ns=now)
    assert core.retry_after_ns(now) == 1000


@pytest.mark.parametrize(("closed_for", "stays"), [(0, 200), (299, 200), (300, 100), (5000, 100)])
def test_once_healthy_for_long_enough_the_doubling_begins_anew(closed_for: int, stays: int) -> None:
    core = breaker(healthy_time_ns=300)
    tell(core, [False] * 3, 0)
    assert core.record(probe(core, 100), ok=True, now_ns=100) == "closed"
    tell(core, [False] * 3, 100 + closed_for)
    assert core.retry_after_ns(100 + closed_for) == stays


def test_an_operator_opens_it_without_doubling_and_closes_it_with_all_forgotten() -> None:
    core = breaker()
    tell(core, [False] * 3, 0)
    core.record(probe(core, 100), ok=False, now_ns=100)
    core.trip(150)
    assert core.retry_after_ns(150) == 200, "its present recovery time, from now on"
    core.reset(150)
    assert core.state(150) == "closed"
    tell(core, [False] * 3, 150)
    assert core.retry_after_ns(150) == 100


def test_changed_settings_keep_the_time_it_told_and_the_leases_that_are_out() -> None:
    core = breaker(half_open_requests=2)
    core.trip(0)
    core.reconfigure(recovery_time_ns=5000, half_open_requests=2, now_ns=10)
    assert core.retry_after_ns(10) == 90
    first, second = probe(core, 100), probe(core, 100)
    assert core.record(first, ok=True, now_ns=110) is None
    core.reconfigure(recovery_time_ns=5000, half_open_requests=1, now_ns=110)
    assert core.state(110) == "closed", "one that ended well is enough now"
    assert core.record(second, ok=False, now_ns=110) is None


def test_wrong_settings_are_named_and_change_nothing() -> None:
    core = breaker()
    for bad, message in WRONG:
        before = repr(core), core.snapshot(0)
        with pytest.raises(ValueError, match=f"^{message}"):
            CircuitBreaker(**bad)
        with pytest.raises(ValueError, match=f"^{message}"):
            core.reconfigure(**bad, now_ns=0)
        assert before == (repr(core), core.snapshot(0))
    with pytest.raises(TypeError):
        CircuitBreaker(failure_rate=0.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        core.record(None, ok=True)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        core.record(passed(core, 0), ok="yes")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        CircuitBreaker(3, 100, 1, 50)  # type: ignore[call-arg]


WRONG: list[tuple[dict[str, int], str]] = [
    ({"failure_threshold": 0}, "failure_threshold must be at least 1, not 0"),
    ({"recovery_time_ns": 0}, "recovery_time_ns must be at least 1, not 0"),
    ({"recovery_time_ns": 9, "max_recovery_time_ns": 8}, "max_recovery_time_ns must be at least 9, not 8"),
    ({"half_open_requests": 0}, "half_open_requests must be at least 1, not 0"),
    ({"probe_timeout_ns": 0}, "probe_timeout_ns must be at least 1, not 0"),
    ({"failure_rate": 0}, "failure_rate must lie between 1 and 100, not 0"),
    ({"failure_rate": 101}, "failure_rate must lie between 1 and 100, not 101"),
    ({"failure_rate": 50, "minimum_requests": 0}, "minimum_requests must be at least 1, not 0"),
    ({"failure_rate": 50, "window_ns": 0}, "window_ns must be at least 1, not 0"),
    ({"failure_threshold": -1}, r"a whole number must lie between 0 and 2\*\*64 - 1"),
    ({"slow_start_ns": 2**64}, r"a whole number must lie between 0 and 2\*\*64 - 1"),
]


def test_a_clock_that_steps_back_is_held_at_the_newest_time_seen() -> None:
    core = breaker()
    core.trip(1000)
    assert core.retry_after_ns(900) == 200
    assert core.allow(0).retry_after_ns == 1100  # type: ignore[union-attr]
    assert probe(core, 1100).lease_end_ns == 1150
    assert core.state(0) == "half_open"
    assert core.allow(10) == core.allow(10)
    core.reset(0)
    core.trip(0)
    assert core.retry_after_ns(1100) == 100, "it was opened at the newest time"


def test_at_the_end_of_time_nothing_overflows() -> None:
    core = CircuitBreaker(1, END_OF_TIME, END_OF_TIME, slow_start_ns=END_OF_TIME, probe_timeout_ns=END_OF_TIME)
    core.trip(5)
    assert core.retry_after_ns(5) == END_OF_TIME - 5
    assert probe(core, END_OF_TIME).lease_end_ns == END_OF_TIME


def test_answers_show_what_they_are() -> None:
    core = breaker()
    assert repr(core) == "CircuitBreaker(failure_threshold=3, recovery_time_ns=100, half_open_requests=1)"
    answer = core.allow(0)
    assert (repr(answer), bool(answer)) == ("Pass(generation=0)", True)
    core.trip(0)
    match core.allow(60):
        case Open(wait) as refusal:
            assert (wait, repr(refusal), hash(refusal)) == (40, "Open(retry_after_ns=40)", hash(core.allow(60)))
    answer = core.allow(100)
    assert (repr(answer), bool(answer)) == ("Probe(generation=2, lease_end_ns=150)", True)
