from __future__ import annotations

from typing import Any

import pytest

from pyproxy.domain import Candidate, FallbackPolicy, Plan, Step, Timeouts
from pyproxy.rust_core import AdmissionController, Scheduler
from pyproxy.wrappers.health import health_of

TIMEOUTS = Timeouts(connect=1, first_byte=1, idle=1, total=1)
POLICY = FallbackPolicy("echelon_down", 3, 6, 1.0, 1.0)


def step(name: str, *models: str) -> Step:
    candidates = tuple(Candidate(model, model, "p", model, ("g", model), f"g.{name}/{model}") for model in models)
    return Step(name, candidates, Scheduler("round_robin", weights=[1] * len(models)), 0, TIMEOUTS)


PLAN = Plan("g", (step("e1", "a", "b"), step("e2", "c")), 60.0, POLICY)


@pytest.mark.parametrize(
    ("paused", "status"),
    [("", "healthy"), ("c", "healthy"), ("a", "degraded"), ("ab", "degraded"), ("abc", "unhealthy")],
)
def test_the_verdict_is_of_the_first_step_as_long_as_anybody_is_left(paused: str, status: str) -> None:
    core = AdmissionController()
    for key in ("g", "a", "b", "c"):
        core.define(key, now_ns=0)
    for key in paused:
        core.block_until(key, 100, now_ns=0)
    assert health_of(PLAN, core.snapshot(now_ns=0), now_ns=50)["status"] == status
    assert health_of(PLAN, core.snapshot(now_ns=0), now_ns=100)["status"] == "healthy"


@pytest.mark.parametrize(("held", "state"), [(0, "available"), (1, "available"), (2, "full")])
def test_an_instance_is_full_when_its_last_permit_is_out(held: int, state: str) -> None:
    core = AdmissionController()
    core.define("g", now_ns=0)
    core.define("a", None, 2, now_ns=0)
    for _ in range(held):
        assert core.try_acquire(["a"], now_ns=0)
    instances: dict[str, Any] = health_of(PLAN, core.snapshot(now_ns=0), now_ns=0)["instances"]
    assert instances["g.e1/a"] == state


def test_a_group_that_is_full_has_no_instance_to_give() -> None:
    core = AdmissionController()
    core.define("g", None, 1, now_ns=0)
    assert core.try_acquire(["g"], now_ns=0)
    assert health_of(PLAN, core.snapshot(now_ns=0), now_ns=0)["status"] == "unhealthy"


def test_a_plan_without_instances_is_unhealthy() -> None:
    assert health_of(Plan("g", (), 60.0, POLICY), [], now_ns=0) == {"status": "unhealthy", "instances": {}}
