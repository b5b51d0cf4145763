"""Where there is no room: other models, then the queue if the wait fits, then elsewhere, then a 429."""

from __future__ import annotations

from support.play import SECOND, Play, error, plan, step

from pyproxy.errors import DeadlineExceeded, NoModelAvailable, Saturated
from pyproxy.orchestration.actions import Wait


def waits(play: Play) -> list[int]:
    return [action.until_ns for action in play.actions if isinstance(action, Wait)]


def test_another_model_of_the_echelon_is_asked_before_anybody_waits() -> None:
    play = Play({"b": [200]}, full={"a": None})
    play.run(plan(step("e1", "b", "a", max_queue_wait=2)))
    assert (play.calls, waits(play)) == (["b"], [])


def test_room_that_comes_in_time_is_waited_for() -> None:
    play = Play({"a": [200], "b": [200]}, full={"a": None}, opens={"a": SECOND})
    play.run(plan(step("e1", "a", max_queue_wait=2), step("e2", "b")))
    assert play.calls == ["a"]
    assert play.journey.queue_ns == SECOND


def test_room_that_does_not_come_in_time_leads_to_the_next_echelon() -> None:
    play = Play({"b": [200]}, full={"a": None})
    play.run(plan(step("e1", "a", max_queue_wait=2), step("e2", "b")))
    assert (play.calls, waits(play), play.now_ns) == (["b"], [2 * SECOND], 2 * SECOND)


def test_a_wait_that_cannot_be_worth_it_is_not_begun() -> None:
    play = Play({"b": [200]}, full={"a": 3 * SECOND})
    play.run(plan(step("e1", "a", max_queue_wait=2), step("e2", "b")))
    assert (play.calls, waits(play)) == (["b"], [])


def test_all_waits_of_a_request_together_last_no_longer_than_one_may() -> None:
    play = Play({"c": [200]}, full={"a": None, "b": None})
    play.run(plan(step("e1", "a", max_queue_wait=2), step("e2", "b", max_queue_wait=3), step("e3", "c")))
    assert waits(play) == [2 * SECOND, 3 * SECOND]
    assert play.now_ns == 3 * SECOND


def test_no_wait_passes_the_deadline() -> None:
    play = Play({}, full={"a": None})
    last = play.run(plan(step("e1", "a", max_queue_wait=100)))
    assert waits(play) == [60 * SECOND]
    assert isinstance(error(last), DeadlineExceeded)


def test_a_queue_that_was_waited_in_for_nothing_is_told_with_what_was_known_before() -> None:
    last = Play({}, full={"a": SECOND}).run(plan(step("e1", "a", max_queue_wait=2)))
    assert isinstance(error(last), Saturated)
    assert error(last).retry_after_ns == SECOND
    assert "a had no room for as long as may be waited" in error(last).message


def test_when_too_many_requests_fail_the_first_failure_is_the_last_call() -> None:
    play = Play({"a": ["connect_failed"], "b": [200]}, extra_allowed=0)
    last = play.run(plan(step("e1", "a"), step("e2", "b")))
    assert play.calls == ["a"]
    assert isinstance(error(last), NoModelAvailable)
    assert "no further call was made" in error(last).message


def test_a_retry_on_the_same_model_asks_the_budget_too() -> None:
    play = Play({"a": [500], "b": [200]}, extra_allowed=1)
    play.run(plan(step("e1", "a", max_retries=3), step("e2", "b")))
    assert play.calls == ["a", "a"]


def test_a_model_that_may_not_be_asked_again_leaves_the_others_of_its_echelon() -> None:
    play = Play({"a": [500], "b": [200], "c": [200]}, given_up=frozenset("a"))
    play.run(plan(step("e1", "a", "b", max_retries=3), step("e2", "c")))
    assert play.calls == ["a", "b"]
