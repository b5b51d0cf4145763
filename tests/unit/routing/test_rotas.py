from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.routing.rotas import Rotas

NAMES = ["a", "b", "c"]
EVERYBODY = [True] * 3


def test_the_same_instances_go_on_where_they_were() -> None:
    first = Rotas()
    assert first.scheduler("g.e", "round_robin", NAMES, [1, 1, 1]).pick(EVERYBODY, now_ns=0) == 0
    second = Rotas(first)
    again = second.scheduler("g.e", "round_robin", NAMES, [1, 1, 1])
    second.take_over(0)
    assert again.pick(EVERYBODY, now_ns=0) == 1


@pytest.mark.parametrize(
    ("step", "strategy", "names"),
    [
        ("g.other", "round_robin", NAMES),
        ("g.e", "weighted", NAMES),
        ("g.e", "round_robin", ["b", "a", "c"]),
        ("g.e", "round_robin", ["a", "b"]),
    ],
)
def test_a_step_with_others_begins_anew(step: str, strategy: str, names: list[str]) -> None:
    first = Rotas()
    old = first.scheduler("g.e", "round_robin", NAMES, [1, 1, 1])
    second = Rotas(first)
    new = second.scheduler(step, strategy, names, [1] * len(names))
    assert new is not old
    assert (new.name, len(new)) == (strategy, len(names))


def test_new_weights_hold_from_the_take_over_on_and_not_before() -> None:
    first = Rotas()
    scheduler = first.scheduler("g.e", "weighted", ["a", "b"], [1, 1])
    second = Rotas(first)
    assert second.scheduler("g.e", "weighted", ["a", "b"], [1, 0]) is scheduler
    assert {scheduler.pick([True, True], now_ns=0) for _ in range(4)} == {0, 1}
    second.take_over(0)
    assert {scheduler.pick([True, True], now_ns=0) for _ in range(4)} == {0}


def test_weights_that_cannot_be_had_fail_before_anything_is_touched() -> None:
    first = Rotas()
    scheduler = first.scheduler("g.e", "weighted", ["a", "b"], [1, 1])
    with pytest.raises(ValueError, match="weight"):
        Rotas(first).scheduler("g.e", "weighted", ["a", "b"], [-1, 1])
    assert {scheduler.pick([True, True], now_ns=0) for _ in range(4)} == {0, 1}


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_however_often_it_is_reloaded_nobody_is_passed_over(reloads: list[bool]) -> None:
    rotas = Rotas()
    scheduler = rotas.scheduler("g.e", "round_robin", NAMES, [1, 1, 1])
    picked = []
    for reload in reloads:
        if reload:
            rotas = Rotas(rotas)
            scheduler = rotas.scheduler("g.e", "round_robin", NAMES, [1, 1, 1])
            rotas.take_over(0)
        picked.append(scheduler.pick(EVERYBODY, now_ns=0))
    assert picked == [number % 3 for number in range(len(reloads))]
