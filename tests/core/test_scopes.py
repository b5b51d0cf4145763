"""Scopes that change while they are in use, and the paths that lead through them."""

from __future__ import annotations

import pytest
from support.admission import grant_of, granted, refused, waiting

from pyproxy.rust_core import AdmissionController


@pytest.fixture
def controller() -> AdmissionController:
    controller = AdmissionController()
    controller.define("group", concurrency=1, queue_size=1000, now_ns=0)
    return controller


def test_a_path_looked_up_once_is_used_like_its_keys_and_follows_a_new_parent(controller: AdmissionController) -> None:
    controller.define("model", now_ns=0)
    path = controller.path(["model"])
    assert path.keys == ["model"]
    assert controller.try_acquire(path, now_ns=0)
    controller.define("model", parent="group", now_ns=0)
    assert controller.try_acquire(path, now_ns=0)
    assert refused(controller.try_acquire(path, now_ns=0)).scope == "group"
    assert (controller.in_flight("model"), controller.in_flight("group")) == (2, 1)


def test_a_scope_taken_away_is_named_by_no_new_path_but_whoever_passes_it_goes_on(controller: AdmissionController) -> None:
    controller.define("model", concurrency=1, now_ns=0)
    path = controller.path(["model"])
    grant = granted(controller.try_acquire(["group", "model"], now_ns=0))
    ticket = waiting(controller.enqueue(["group", "model"], now_ns=0))
    controller.remove("model")
    for asked in (["model"], path):
        with pytest.raises(ValueError, match='unknown scope "model"'):
            controller.try_acquire(asked, now_ns=0)
    assert [scope["key"] for scope in controller.snapshot(now_ns=0)] == ["group"]
    assert controller.release(grant, now_ns=0) == [ticket]
    controller.define("model", concurrency=1, now_ns=0)
    assert controller.in_flight("model") == 1, "who passed it before it was taken away still does"
    controller.release(grant_of(ticket), now_ns=0)
    assert controller.try_acquire(path, now_ns=0)


def test_a_scope_with_others_below_it_cannot_be_taken_away(controller: AdmissionController) -> None:
    controller.define("model", parent="group", now_ns=0)
    with pytest.raises(ValueError, match="remove that first"):
        controller.remove("group")


@pytest.mark.parametrize("bad", [{"weight": 0}, {"weight": -1}, {"queue_size": -1}, {"concurrency": 0}])
def test_wrong_limits_are_value_errors(controller: AdmissionController, bad: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"weight|whole number|concurrency"):
        controller.define("other", **bad, now_ns=0)  # type: ignore[arg-type]
