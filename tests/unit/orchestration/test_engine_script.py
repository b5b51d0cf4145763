"""The engine, told what happened by a script: no event loop, no socket, no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.play import SECOND, Play, error, plan, step

from pyproxy.errors import DeadlineExceeded, NoModelAvailable, Saturated, StreamInterrupted
from pyproxy.orchestration.actions import Abort, Admit, Attempt, Failed, Relay

if TYPE_CHECKING:
    from collections.abc import Callable


def test_an_ordinary_request_is_admitted_attempted_and_relayed() -> None:
    play = Play({"a": [200]})
    play.run(plan(step("e1", "a")))
    assert [type(action) for action in play.actions] == [Admit, Attempt, Relay]


def test_a_rate_limited_model_is_followed_by_another_of_its_echelon_before_the_next_echelon() -> None:
    play = Play({"a": [429], "b": [429], "c": [200]})
    play.run(plan(step("e1", "a", "b"), step("e2", "c"), retry_after_wait=0))
    assert play.calls == ["a", "b", "c"]


def test_a_short_retry_after_is_waited_for_once_and_the_same_model_asked_again() -> None:
    play = Play({"a": [(429, 2), 200], "c": [200]})
    play.run(plan(step("e1", "a"), step("e2", "c")))
    assert (play.calls, play.sleeps) == (["a", "a"], [2 * SECOND])


def test_after_one_wait_a_model_that_still_refuses_is_left_for_the_next_echelon() -> None:
    play = Play({"a": [(429, 2)], "c": [200]})
    play.run(plan(step("e1", "a"), step("e2", "c")))
    assert play.calls == ["a", "a", "c"]


def test_a_retry_after_that_is_not_worth_waiting_for_leads_to_the_next_echelon_at_once() -> None:
    play = Play({"a": [(429, 4)], "c": [200]})
    play.run(plan(step("e1", "a"), step("e2", "c")))
    assert (play.calls, play.sleeps) == (["a", "c"], [])


def test_a_server_error_is_retried_on_the_same_model_as_often_as_the_echelon_allows_then_another_is_asked() -> None:
    play = Play({"a": [500], "b": [200]})
    play.run(plan(step("e1", "a", "b", max_retries=2)))
    assert play.calls == ["a", "a", "a", "b"]
    assert len(play.sleeps) == 2
    assert all(0 <= wait <= bound * SECOND for wait, bound in zip(play.sleeps, (1, 2), strict=True))


@pytest.mark.parametrize("signal", ["connect_failed", "connect_timeout", "first_byte_timeout", "idle_timeout", "reset", "truncated"])
def test_a_route_that_broke_is_not_asked_again_in_the_same_request(signal: str) -> None:
    play = Play({"a": [signal], "b": [200]})
    play.run(plan(step("e1", "a"), step("e2", "a", "b")))
    assert play.calls == ["a", "b"]


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_the_client_got_wrong_is_told_word_for_word_after_one_call(status: int) -> None:
    play = Play({"a": [status], "b": [200]})
    last = play.run(plan(step("e1", "a", "b"), step("e2", "b")))
    assert isinstance(error(last), Failed)
    assert play.calls == ["a"]


def test_a_missing_model_leads_to_the_next_echelon() -> None:
    play = Play({"a": [404], "b": [200], "c": [200]})
    play.run(plan(step("e1", "a", "b"), step("e2", "c")))
    assert play.calls == ["a", "c"]


def test_the_attempt_budget_bounds_the_calls_of_the_whole_request() -> None:
    play = Play({name: [500] for name in "abc"})
    last = play.run(plan(step("e1", "a", max_retries=9), step("e2", "b"), step("e3", "c"), attempt_budget=4))
    assert len(play.calls) == 4
    assert isinstance(error(last), NoModelAvailable)


def test_max_attempts_bounds_the_echelons_that_are_tried() -> None:
    play = Play({name: ["connect_failed"] for name in "abc"})
    play.run(plan(step("e1", "a"), step("e2", "b"), step("e3", "c"), max_attempts=2))
    assert play.calls == ["a", "b"]


def test_an_echelon_without_room_costs_nothing_of_the_budget() -> None:
    play = Play({"b": [200]}, full={"a": SECOND})
    play.run(plan(step("e1", "a"), step("e2", "b"), max_attempts=1))
    assert play.calls == ["b"]


def test_no_room_anywhere_is_a_429_with_the_earliest_time_to_ask_again() -> None:
    last = Play({}, full={"a": 9 * SECOND, "b": 4 * SECOND}).run(plan(step("e1", "a"), step("e2", "b")))
    assert isinstance(error(last), Saturated)
    assert error(last).retry_after_ns == 4 * SECOND


def test_a_429_among_other_failures_makes_the_answer_a_429() -> None:
    last = Play({"a": [(429, 30)], "b": [503]}).run(plan(step("e1", "a"), step("e2", "b")))
    assert isinstance(error(last), Saturated)
    assert error(last).retry_after_ns == 30 * SECOND


def test_the_deadline_ends_the_request_whatever_is_left_of_the_budget() -> None:
    play = Play({"a": ["connect_failed"], "b": ["connect_failed"]}, call_ns=40 * SECOND)
    last = play.run(plan(step("e1", "a"), step("e2", "b"), step("e3", "a")))
    assert isinstance(error(last), DeadlineExceeded)
    assert play.calls == ["a", "b"]


def test_no_wait_is_begun_that_would_pass_the_deadline() -> None:
    play = Play({"a": [(429, 2)], "c": [200]}, call_ns=59 * SECOND)
    play.run(plan(step("e1", "a"), step("e2", "c")))
    assert play.sleeps == []


def test_a_stream_that_breaks_after_its_commit_is_aborted_and_never_tried_elsewhere() -> None:
    play = Play({"a": [200], "b": [200]}, broken="the connection was reset")
    last = play.run(plan(step("e1", "a"), step("e2", "b")))
    assert isinstance(last, Abort)
    assert isinstance(last.error, StreamInterrupted)
    assert play.calls == ["a"]


@pytest.mark.parametrize(
    ("outcomes", "check"),
    [
        ({"a": [503]}, lambda what: isinstance(what, Failed) and what.status == 503),
        ({"a": [503], "b": [503]}, lambda what: what.http_status == 503),
        ({"a": [503], "b": [500]}, lambda what: what.http_status == 502),
        ({"a": ["first_byte_timeout"]}, lambda what: what.http_status == 504),
        ({"a": ["connect_failed"]}, lambda what: what.http_status == 502),
        ({"a": [401]}, lambda what: what.http_status == 502),
    ],
)
def test_the_last_answer_says_what_the_failures_have_in_common(outcomes: dict[str, list[Any]], check: Callable[[Any], bool]) -> None:
    steps = [step(f"e{index}", model, max_retries=0) for index, model in enumerate(outcomes)]
    assert check(error(Play(outcomes).run(plan(*steps))))
