"""All-or-nothing admission: what a caller meets."""

from __future__ import annotations

import threading
from fractions import Fraction

import pytest

from pyproxy.rust_core import AdmissionController, Grant, RateLimit, Refusal

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE
PATH = ["fast_group", "fast_group.echelon1", "openai-gpt4", "node:planner"]


@pytest.fixture
def controller() -> AdmissionController:
    controller = AdmissionController()
    for key in PATH:
        controller.define(key, parent="fast_group" if "echelon" in key else None, now_ns=0)
    return controller


def granted(answer: Grant | Refusal) -> Grant:
    assert isinstance(answer, Grant), answer
    return answer


def refused(answer: Grant | Refusal) -> Refusal:
    assert isinstance(answer, Refusal), answer
    return answer


def levels(controller: AdmissionController, key: str, now_ns: int = 0) -> list[Fraction]:
    scope = next(scope for scope in controller.snapshot(now_ns=now_ns) if scope["key"] == key)
    return [Fraction(*rate["level"]) for rate in scope["rates"]]


def test_a_grant_is_true_and_numbered_and_a_refusal_is_false(controller: AdmissionController) -> None:
    controller.define("openai-gpt4", concurrency=1, now_ns=0)
    grant = controller.try_acquire(PATH, now_ns=0)
    refusal = controller.try_acquire(PATH, now_ns=0)
    assert grant
    assert not refusal
    assert granted(grant).id == 1
    assert repr(refusal) == "Refusal(scope=\"openai-gpt4\", reason='concurrency', retry_after_ns=None, permanent=False)"


def test_a_scope_named_twice_is_counted_once(controller: AdmissionController) -> None:
    controller.define("openai-gpt4", concurrency=1, rates=[RateLimit("requests", 1, MINUTE)], now_ns=0)
    assert controller.try_acquire(["openai-gpt4", "openai-gpt4"], now_ns=0)
    assert controller.in_flight("openai-gpt4") == 1


def test_a_parent_is_passed_even_where_the_path_leaves_it_out(controller: AdmissionController) -> None:
    controller.define("fast_group", concurrency=1, now_ns=0)
    assert controller.try_acquire(["fast_group.echelon1"], now_ns=0)
    assert controller.in_flight("fast_group") == 1
    assert refused(controller.try_acquire(["fast_group.echelon1"], now_ns=0)).scope == "fast_group"


def test_a_refusal_below_takes_nothing_above(controller: AdmissionController) -> None:
    for key in PATH:
        controller.define(key, rates=[RateLimit("requests", 5, MINUTE), RateLimit("tokens", 100, MINUTE)], concurrency=5, now_ns=0)
    controller.define("node:planner", rates=[RateLimit("tokens", 10, MINUTE)], now_ns=0)
    before = controller.snapshot(now_ns=0)
    assert not controller.try_acquire(PATH, tokens=11, now_ns=0)
    assert controller.snapshot(now_ns=0) == before


def test_the_wait_is_that_of_the_slowest_rate_and_the_scope_the_first_of_the_path(controller: AdmissionController) -> None:
    controller.define("fast_group", rates=[RateLimit("requests", 1, SECOND)], now_ns=0)
    controller.define("openai-gpt4", rates=[RateLimit("requests", 1, MINUTE)], now_ns=0)
    granted(controller.try_acquire(PATH, now_ns=0))
    refusal = refused(controller.try_acquire(PATH, now_ns=0))
    assert (refusal.scope, refusal.reason, refusal.retry_after_ns) == ("fast_group", "rate", MINUTE)
    assert not controller.try_acquire(PATH, now_ns=MINUTE - 1)
    assert controller.try_acquire(PATH, now_ns=MINUTE)


def test_no_wait_is_told_where_a_bound_on_concurrency_refuses_too(controller: AdmissionController) -> None:
    controller.define("fast_group", rates=[RateLimit("requests", 1, SECOND)], now_ns=0)
    controller.define("openai-gpt4", concurrency=1, now_ns=0)
    granted(controller.try_acquire(PATH, now_ns=0))
    refusal = refused(controller.try_acquire(PATH, now_ns=0))
    assert (refusal.scope, refusal.reason, refusal.retry_after_ns, refusal.permanent) == ("fast_group", "rate", None, False)


def test_what_can_never_pass_is_said_first(controller: AdmissionController) -> None:
    controller.define("fast_group", concurrency=1, now_ns=0)
    controller.define("node:planner", rates=[RateLimit("tokens", 10, MINUTE)], now_ns=0)
    granted(controller.try_acquire(PATH, now_ns=0))
    refusal = refused(controller.try_acquire(PATH, tokens=11, now_ns=0))
    assert (refusal.scope, refusal.reason, refusal.retry_after_ns, refusal.permanent) == ("node:planner", "rate", None, True)


def test_a_release_gives_the_permit_back_once_and_keeps_the_charge(controller: AdmissionController) -> None:
    controller.define("openai-gpt4", concurrency=2, rates=[RateLimit("requests", 9, MINUTE)], now_ns=0)
    first, second = (granted(controller.try_acquire(PATH, now_ns=0)) for _ in range(2))
    assert controller.release(first, now_ns=0) == []
    assert controller.release(first, now_ns=0) == []
    assert controller.in_flight("openai-gpt4") == 1
    assert levels(controller, "openai-gpt4") == [7]
    controller.release(second, now_ns=0)
    assert controller.in_flight("openai-gpt4") == 0


def test_a_failed_calls_charges_are_refunded_once_before_its_release_or_after(controller: AdmissionController) -> None:
    controller.define("openai-gpt4", rates=[RateLimit("requests", 9, MINUTE), RateLimit("tokens", 50, MINUTE)], now_ns=0)
    other = granted(controller.try_acquire(PATH, tokens=20, now_ns=0))
    grant = granted(controller.try_acquire(PATH, tokens=10, now_ns=0))
    for _ in range(2):
        controller.refund(grant, now_ns=0)
        assert levels(controller, "openai-gpt4") == [8, 30]
    assert controller.in_flight("openai-gpt4") == 2
    controller.release(other, now_ns=0)
    for _ in range(2):
        controller.refund(other, now_ns=0)
        assert levels(controller, "openai-gpt4") == [9, 50]


def test_a_grant_of_another_controller_is_left_alone(controller: AdmissionController) -> None:
    stranger = AdmissionController()
    stranger.define("x", now_ns=0)
    controller.define("openai-gpt4", rates=[RateLimit("requests", 9, MINUTE)], now_ns=0)
    foreign = granted(stranger.try_acquire(["x"], now_ns=0))
    granted(controller.try_acquire(PATH, now_ns=0))
    controller.refund(foreign, now_ns=0)
    controller.release(foreign, now_ns=0)
    assert controller.in_flight("openai-gpt4") == 1
    assert levels(controller, "openai-gpt4") == [8]


def test_a_block_stops_grants_until_then_and_only_ever_extends(controller: AdmissionController) -> None:
    controller.block_until("openai-gpt4", 500, now_ns=0)
    controller.block_until("openai-gpt4", 300, now_ns=0)
    refusal = refused(controller.try_acquire(PATH, now_ns=100))
    assert (refusal.scope, refusal.reason, refusal.retry_after_ns) == ("openai-gpt4", "blocked", 400)
    assert not controller.try_acquire(PATH, now_ns=499)
    assert controller.try_acquire(PATH, now_ns=500)


def test_a_block_never_moves_the_refill(controller: AdmissionController) -> None:
    controller.define("openai-gpt4", rates=[RateLimit("requests", 10, 100)], now_ns=0)
    granted(controller.try_acquire(PATH, requests=10, now_ns=0))
    controller.block_until("openai-gpt4", 70, now_ns=0)
    assert levels(controller, "openai-gpt4", now_ns=50) == [5]
    assert controller.try_acquire(PATH, requests=7, now_ns=70)


def test_a_minute_and_a_day_limit_of_one_scope_do_not_collide(controller: AdmissionController) -> None:
    day, minute = RateLimit("requests", 3, DAY), RateLimit("requests", 2, MINUTE)
    controller.define("openai-gpt4", rates=[minute, day], now_ns=0)
    for _ in range(2):
        granted(controller.try_acquire(PATH, now_ns=0))
    assert levels(controller, "openai-gpt4") == [0, 1]
    controller.define("openai-gpt4", rates=[day, minute], now_ns=0)
    assert levels(controller, "openai-gpt4") == [1, 0]


def test_a_lowered_bound_revokes_nothing_and_a_raised_one_admits_at_once(controller: AdmissionController) -> None:
    controller.define("openai-gpt4", concurrency=3, now_ns=0)
    held = [granted(controller.try_acquire(PATH, now_ns=0)) for _ in range(3)]
    controller.define("openai-gpt4", concurrency=1, now_ns=0)
    assert controller.in_flight("openai-gpt4") == 3
    for grant in held[:2]:
        assert not controller.try_acquire(PATH, now_ns=0)
        controller.release(grant, now_ns=0)
    assert not controller.try_acquire(PATH, now_ns=0)
    controller.define("openai-gpt4", concurrency=2, now_ns=0)
    assert controller.try_acquire(PATH, now_ns=0)


def test_a_changed_rate_keeps_what_was_taken_and_accrued_at_the_old_rate(controller: AdmissionController) -> None:
    controller.define("openai-gpt4", rates=[RateLimit("tokens", 100, 1000)], now_ns=0)
    granted(controller.try_acquire(PATH, tokens=100, now_ns=0))
    controller.define("openai-gpt4", rates=[RateLimit("tokens", 50, 2000)], now_ns=300)
    assert levels(controller, "openai-gpt4", now_ns=300) == [30]
    assert levels(controller, "openai-gpt4", now_ns=700) == [40]


def test_a_refund_never_reaches_a_rate_that_was_not_charged(controller: AdmissionController) -> None:
    grant = granted(controller.try_acquire(PATH, now_ns=0))
    controller.define("openai-gpt4", rates=[RateLimit("requests", 9, MINUTE)], now_ns=0)
    granted(controller.try_acquire(PATH, now_ns=0))
    controller.refund(grant, now_ns=0)
    assert levels(controller, "openai-gpt4") == [8]


def test_a_wrong_definition_names_what_is_wrong(controller: AdmissionController) -> None:
    rate = RateLimit("requests", 1, MINUTE)
    with pytest.raises(ValueError, match='unknown parent "nope"'):
        controller.define("x", parent="nope", now_ns=0)
    with pytest.raises(ValueError, match="cannot have the parent"):
        controller.define("fast_group", parent="fast_group.echelon1", now_ns=0)
    with pytest.raises(ValueError, match="cannot have the parent"):
        controller.define("new", parent="new", now_ns=0)
    with pytest.raises(ValueError, match="at least 1, or None"):
        controller.define("x", concurrency=0, now_ns=0)
    with pytest.raises(ValueError, match="two limits of requests"):
        controller.define("x", rates=[rate, rate], now_ns=0)
    with pytest.raises(ValueError, match='unknown scope "x"'):
        controller.in_flight("x")


def test_an_unknown_scope_is_named_and_changes_nothing(controller: AdmissionController) -> None:
    with pytest.raises(ValueError, match='unknown scope "nope"'):
        controller.try_acquire([*PATH, "nope"], now_ns=0)
    with pytest.raises(ValueError, match='unknown scope "nope"'):
        controller.block_until("nope", 1, now_ns=0)
    assert all(scope["in_flight"] == 0 for scope in controller.snapshot(now_ns=0))


def test_the_snapshot_tells_every_limit_in_the_order_of_definition(controller: AdmissionController) -> None:
    controller.define("openai-gpt4", concurrency=3, rates=[RateLimit("tokens", 10, MINUTE, capacity=20)], now_ns=0)
    granted(controller.try_acquire(PATH, tokens=5, now_ns=0))
    controller.block_until("openai-gpt4", 9, now_ns=0)
    snapshot = controller.snapshot(now_ns=0)
    assert [scope["key"] for scope in snapshot] == PATH
    assert snapshot[1]["parent"] == "fast_group"
    assert snapshot[2] == {
        "key": "openai-gpt4",
        "parent": None,
        "in_flight": 1,
        "concurrency": 3,
        "rates": [{"dimension": "tokens", "limit": 10, "window_ns": MINUTE, "capacity": 20, "level": (15 * MINUTE, MINUTE)}],
        "blocked_until_ns": 9,
        "waiting": 0,
        "queue_size": None,
        "weight": 1,
    }


def test_threads_together_never_pass_a_bound(controller: AdmissionController) -> None:
    controller.define("fast_group", rates=[RateLimit("requests", 1000, DAY)], now_ns=0)
    controller.define("openai-gpt4", concurrency=2, now_ns=0)
    counts: list[tuple[int, int]] = []

    def worker() -> None:
        admitted = most = 0
        for _ in range(2000):
            if grant := controller.try_acquire(PATH, now_ns=0):
                admitted += 1
                most = max(most, controller.in_flight("openai-gpt4"))
                controller.release(grant, now_ns=0)
        counts.append((admitted, most))

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(admitted for admitted, _ in counts) == 1000
    assert max(most for _, most in counts) <= 2
