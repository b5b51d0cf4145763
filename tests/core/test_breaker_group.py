"""Panic: of a group, no more than a share is ever kept out. Trying somebody is preferred over refusing everybody."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import BreakerGroup, CircuitBreaker, Open, Pass, Probe

NOW = 1000


def available(_: int) -> CircuitBreaker:
    return CircuitBreaker()


def opened(wait: int) -> CircuitBreaker:
    breaker = CircuitBreaker(recovery_time_ns=wait)
    breaker.trip(NOW)
    return breaker


def half_open(_: int) -> CircuitBreaker:
    breaker = CircuitBreaker(recovery_time_ns=100)
    breaker.trip(NOW - 100)
    return breaker


def all_probes_out(wait: int) -> CircuitBreaker:
    breaker = CircuitBreaker(recovery_time_ns=100, probe_timeout_ns=wait)
    breaker.trip(NOW - 100)
    assert isinstance(breaker.allow(NOW), Probe)
    return breaker


def ramping(wait: int) -> CircuitBreaker:
    breaker = CircuitBreaker(recovery_time_ns=100, slow_start_ns=32 * wait)
    breaker.trip(NOW - 100)
    probe = breaker.allow(NOW)
    assert isinstance(probe, Probe)
    breaker.record(probe, ok=True, now_ns=NOW)
    return breaker


EJECTED = [opened, all_probes_out]
members = st.tuples(st.sampled_from([available, opened, half_open, all_probes_out, ramping]), st.integers(1, 6))
groups = st.lists(members, min_size=1, max_size=8)
shares = st.integers(0, 100) | st.sampled_from([0, 33, 34, 50, 67, 99, 100])


@given(kinds=groups, percent=shares)
def test_no_more_than_the_share_is_ever_kept_out_and_those_used_would_be_let_in_soonest(kinds: list[Any], percent: int) -> None:
    """Invariant 27."""
    group = BreakerGroup([make(wait) for make, wait in kinds], percent)
    usable = group.usable(NOW)
    ejected = [index for index, (make, _) in enumerate(kinds) if make in EJECTED]
    kept_out = [index for index in ejected if not usable[index]]
    assert len(kept_out) <= Fraction(percent, 100) * len(kinds)
    spare = Fraction(percent, 100) * len(kinds) - len(kept_out)
    assert len(kept_out) == len(ejected) or spare < 1, "let in though there was room to keep it out"
    in_panic = [index for index in ejected if usable[index]]
    assert all((kinds[used][1], used) < (kinds[out][1], out) for used in in_panic for out in kept_out)
    assert group.panicking(NOW) == bool(in_panic)
    for index, (make, _) in enumerate(kinds):
        if make not in EJECTED:
            assert usable[index] == (make is not ramping), "a ramp is no failure, and no reason to panic"


@given(kinds=groups, percent=shares)
def test_a_member_is_let_through_exactly_where_it_may_be_used(kinds: list[Any], percent: int) -> None:
    breakers = [make(wait) for make, wait in kinds]
    group = BreakerGroup(breakers, percent)
    for index, ((make, wait), usable) in enumerate(zip(kinds, group.usable(NOW), strict=True)):
        alone = BreakerGroup([make(wait) for make, wait in kinds], percent)
        answer = alone.allow(index, NOW)
        if make is half_open:
            assert isinstance(answer, Probe)
        elif usable:
            assert isinstance(answer, Pass)
        else:
            assert isinstance(answer, Open)
            assert answer.retry_after_ns == wait
        assert (breakers[index].retry_after_ns(NOW) == 0) == (make in (available, half_open)), "to ask for all changes nothing"


@given(waits=st.lists(st.integers(1, 50), min_size=1, max_size=8), kind=st.sampled_from(EJECTED))
def test_where_all_are_out_it_answers_at_once_with_the_earliest_time_that_lets_one_through(waits: list[int], kind: Any) -> None:
    group = BreakerGroup([kind(wait) for wait in waits], 100)
    assert not any(group.allow(index, NOW) for index in range(len(group)))
    wait = group.retry_after_ns(NOW)
    assert wait == min(waits)
    assert group.usable(NOW + wait - 1) == [False] * len(waits)
    assert group.usable(NOW + wait) == [each == wait for each in waits]
    assert group.retry_after_ns(NOW + wait) == 0
    assert group.allow(waits.index(wait), NOW + wait)


@given(kinds=groups, percent=shares)
def test_who_waits_as_long_as_told_finds_a_member_to_use(kinds: list[Any], percent: int) -> None:
    group = BreakerGroup([make(wait) for make, wait in kinds], percent)
    wait = group.retry_after_ns(NOW)
    assert (wait == 0) == any(group.usable(NOW))
    if wait:
        assert not any(group.usable(NOW + wait - 1))
    assert any(group.usable(NOW + wait))
    assert group.allow(group.usable(NOW + wait).index(True), NOW + wait)


def test_the_earliest_time_counts_a_member_that_only_ramps() -> None:
    group = BreakerGroup([opened(9), ramping(4), all_probes_out(6)], 100)
    assert group.retry_after_ns(NOW) == 4
    assert group.usable(NOW + 4) == [False, True, False]


def test_below_a_hundred_percent_a_lone_member_is_never_kept_out() -> None:
    assert BreakerGroup([opened(5)], 99).usable(NOW) == [True]
    assert BreakerGroup([opened(5)], 99).retry_after_ns(NOW) == 0
    assert BreakerGroup([opened(5)], 100).usable(NOW) == [False]


def test_by_default_half_of_a_group_is_kept_out_at_most() -> None:
    group = BreakerGroup([opened(9), opened(8), opened(7), opened(7), available(0)])
    assert group.usable(NOW) == [False, False, True, True, True]
    assert repr(group) == "BreakerGroup(5 breakers, max_ejected_percent=50)"


def test_in_panic_it_is_still_the_probes_that_decide() -> None:
    breaker = CircuitBreaker(1, 100)
    group = BreakerGroup([breaker], 0)
    breaker.trip(0)
    for ok in (True, False, None):
        passed = group.allow(0, 10)
        assert isinstance(passed, Pass)
        assert breaker.record(passed, ok, 10) is None
    probe, in_panic = group.allow(0, 100), group.allow(0, 100)
    assert isinstance(probe, Probe)
    assert isinstance(in_panic, Pass)
    assert breaker.record(in_panic, ok=False, now_ns=100) is None
    assert breaker.record(probe, ok=True, now_ns=100) == "closed"
    assert not group.panicking(100)
    passed = group.allow(0, 100)
    assert isinstance(passed, Pass)
    assert breaker.record(passed, ok=False, now_ns=100) == "open"


def test_members_are_shared_and_known_by_their_place() -> None:
    one, other = opened(5), available(0)
    group, pair = BreakerGroup([one, other], 100), BreakerGroup([one, one], 100)
    assert (len(group), len(pair)) == (2, 2)
    one.reset(NOW)
    assert group.usable(NOW) == pair.usable(NOW) == [True, True]
    passed = group.allow(1, NOW)
    assert isinstance(passed, Pass)
    with pytest.raises(ValueError, match="issued by another breaker"):
        one.record(passed, ok=True)
    assert other.record(passed, ok=True) is None


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="a group must have at least one breaker"):
        BreakerGroup([])
    with pytest.raises(ValueError, match="max_ejected_percent must lie between 0 and 100, not 101"):
        BreakerGroup([available(0)], 101)
    with pytest.raises(TypeError):
        BreakerGroup([available(0), None])  # type: ignore[list-item]
    group = BreakerGroup([available(0), available(0)])
    for unknown in (2, 2**64 - 1):
        with pytest.raises(ValueError, match=f"no member {unknown} among 2"):
            group.allow(unknown)
    with pytest.raises(ValueError, match="must lie between"):
        group.allow(-1)
    with pytest.raises(TypeError):
        group.allow("first")  # type: ignore[arg-type]
