from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pyproxy.admission import ConcurrencyController, LiveScopes, ScopeLimits, scopes_of
from pyproxy.config import load_config
from pyproxy.rust_core import Grant, RateLimit

MINUTE = 60_000_000_000


class Clock:
    now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


def limits(key: str, parent: str | None = None, concurrency: int | None = None, rpm: int | None = None) -> ScopeLimits:
    return ScopeLimits(key, parent, concurrency, () if rpm is None else (RateLimit.rpm(rpm),))


def keys(controller: ConcurrencyController) -> list[str]:
    return [scope["key"] for scope in controller.snapshot()]


def test_every_level_of_a_configuration_is_a_scope_parents_first() -> None:
    config: dict[str, Any] = {
        "providers": {"p": {"base_url": "http://h", "api_keys": ["k1", "k2"]}},
        "models": {"m": {"provider": "p", "model": "x", "rpm_limit": 7}},
        "task_groups": {"g": {"concurrency_limit": 3, "e": {"models": ["m"]}}},
        "nodes": {"n": {"llm_group": "g", "concurrency_limit": 1}},
    }
    scopes = scopes_of(load_config(config, {}))
    assert [(scope.key, scope.parent, scope.concurrency) for scope in scopes] == [
        ("g", None, 3), ("g.e", "g", None), ("m#1", None, None), ("m#2", None, None), ("node:n", None, 1),
    ]  # fmt: skip
    assert [len(scope.rates) for scope in scopes] == [0, 0, 1, 1, 0]


def test_a_scope_that_nobody_names_goes_at_once_and_its_parent_after_it() -> None:
    clock = Clock()
    controller = ConcurrencyController(clock=clock)
    live = LiveScopes(controller)
    live.define([limits("g"), limits("g.e", "g"), limits("m")])
    live.keep({"m"})
    assert keys(controller) == ["m"]


def test_a_scope_with_a_rate_stays_until_its_minute_is_over_and_its_parent_with_it() -> None:
    clock = Clock()
    controller = ConcurrencyController(clock=clock)
    live = LiveScopes(controller)
    live.define([limits("g"), limits("g.e", "g", rpm=5), limits("m")])
    live.keep({"m"})
    clock.now_ns = MINUTE - 1
    live.keep({"m"})
    assert keys(controller) == ["g", "g.e", "m"]
    clock.now_ns = MINUTE
    live.keep({"m"})
    assert keys(controller) == ["m"]


def test_a_scope_that_is_named_again_stays_and_its_time_begins_anew_when_it_leaves_again() -> None:
    clock = Clock()
    controller = ConcurrencyController(clock=clock)
    live = LiveScopes(controller)
    live.define([limits("m", rpm=1)])
    live.keep(())
    clock.now_ns = MINUTE
    live.keep({"m"})
    live.keep(())
    clock.now_ns = 2 * MINUTE - 1
    live.keep(())
    assert keys(controller) == ["m"]
    clock.now_ns = 2 * MINUTE
    live.keep(())
    assert keys(controller) == []


def test_a_scope_that_a_provider_asked_to_wait_for_stays_as_long() -> None:
    clock = Clock()
    controller = ConcurrencyController(clock=clock)
    live = LiveScopes(controller)
    live.define([limits("m")])
    controller.block_until("m", 100)
    clock.now_ns = 99
    live.keep(())
    assert keys(controller) == ["m"]
    clock.now_ns = 100
    live.keep(())
    assert keys(controller) == []


def test_a_scope_in_use_may_leave_and_come_back_with_its_permits() -> None:
    clock = Clock()
    controller = ConcurrencyController(clock=clock)
    live = LiveScopes(controller)
    live.define([limits("m", concurrency=1)])
    grant = controller.try_acquire(["m"])
    live.keep(())
    clock.now_ns = 1
    live.define([limits("m", concurrency=1)])
    assert controller.in_flight("m") == 1
    assert isinstance(grant, Grant)
    controller.release(grant)
    assert controller.in_flight("m") == 0


CONFIGURATIONS = st.lists(
    st.dictionaries(
        st.sampled_from(["g", "g.e", "h", "m"]), st.tuples(st.none() | st.integers(1, 3), st.none() | st.integers(1, 3)), max_size=4
    ),
    max_size=8,
)


@given(CONFIGURATIONS)
def test_any_configuration_can_follow_any_other(configurations: list[dict[str, tuple[int | None, int | None]]]) -> None:
    clock = Clock()
    controller = ConcurrencyController(clock=clock)
    live = LiveScopes(controller)
    for turn, wanted in enumerate(configurations):
        if "g.e" in wanted and turn % 2:  # an echelon now, and another time a model of that name
            wanted.setdefault("g", (None, None))
        ordered = [limits(key, "g" if key == "g.e" and "g" in wanted else None, *wanted[key]) for key in sorted(wanted)]
        clock.now_ns = turn
        live.define(ordered)
        clock.now_ns = turn
        live.keep(wanted)
        assert set(wanted) <= set(keys(controller))
    clock.now_ns = 10
    live.keep(())
    clock.now_ns = 10 + MINUTE
    live.keep(())
    assert keys(controller) == []
