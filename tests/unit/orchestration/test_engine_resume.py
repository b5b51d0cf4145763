"""A stream that broke off, told by a script: who goes on with it, how, and what the client hears if nobody can."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support.play import SECOND, Play, plan, step

from pyproxy.domain.capabilities import Capabilities
from pyproxy.errors import StreamInterrupted
from pyproxy.orchestration.actions import Abort, Action, OneMore, Relay

if TYPE_CHECKING:
    from pyproxy.domain import Step


def taking_prefills(chosen: Step, *models: str) -> Step:
    candidates = tuple(replace(candidate, capabilities=Capabilities(prefill=candidate.model in models)) for candidate in chosen.candidates)
    return replace(chosen, candidates=candidates)


def interrupted(action: Action) -> StreamInterrupted:
    assert isinstance(action, Abort)
    assert isinstance(action.error, StreamInterrupted)
    return action.error


@pytest.mark.parametrize("signal", ["reset", "idle_timeout", "truncated", "malformed"])
def test_a_stream_that_broke_off_goes_on_at_the_next_model(signal: str) -> None:
    play = Play({"a": [200], "b": [200]}, breaks=[signal])
    last = play.run(plan(step("e1", "a", "b")))
    assert isinstance(last, Relay)
    assert (play.calls, play.went_on, play.held) == (["a", "b"], [None, "anew"], 0)
    broke = {"malformed": "invalid_answer"}.get(signal, signal)
    assert play.journey.path_taken() == f"e1/a:200+{broke}, e1/b:200"


def test_it_goes_on_in_the_next_echelon_and_as_often_as_the_budget_allows() -> None:
    play = Play({name: [200] for name in "abc"}, breaks=["reset", "reset"])
    play.run(plan(step("e1", "a"), step("e2", "b"), step("e3", "c")))
    assert play.calls == ["a", "b", "c"]
    assert play.journey.path_taken() == "e1/a:200+reset, e2/b:200+reset, e3/c:200"


def test_a_model_that_takes_a_prefill_gets_one() -> None:
    play = Play({"a": [200], "b": [200]}, breaks=["reset"])
    play.run(plan(step("e1", "a"), taking_prefills(step("e2", "b"), "b")))
    assert play.went_on == [None, "prefill"]


def test_nobody_gets_a_prefill_before_a_stream_has_broken_off() -> None:
    play = Play({"a": [500], "b": [200]})
    play.run(plan(taking_prefills(step("e1", "a", "b", max_retries=0), "a", "b")))
    assert play.went_on == [None, None]


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_model_that_refuses_the_prefill_is_asked_anew(status: int) -> None:
    play = Play({"a": [200], "b": [status, 200]}, breaks=["reset"])
    last = play.run(plan(step("e1", "a"), taking_prefills(step("e2", "b"), "b")))
    assert isinstance(last, Relay)
    assert (play.calls, play.went_on) == (["a", "b", "b"], [None, "prefill", "anew"])


def test_a_model_that_failed_otherwise_may_still_get_a_prefill() -> None:
    play = Play({"a": [200], "b": [500, 200]}, breaks=["reset"])
    play.run(plan(step("e1", "a"), taking_prefills(step("e2", "b"), "b")))
    assert play.went_on == [None, "prefill", "prefill"]


@pytest.mark.parametrize("outcome", [400, 401, 404, 413, 429, 500, 503, "connect_failed", "diverged"])
def test_whatever_hinders_the_rescue_the_client_hears_what_broke_the_stream(outcome: Any) -> None:
    play = Play({"a": [200], "b": [outcome]}, breaks=["reset"])
    last = play.run(plan(step("e1", "a"), taking_prefills(step("e2", "b"), "b"), retry_after_wait=0))
    error = interrupted(last)
    assert "broke off (it broke)" in error.message
    assert "e2/b" in error.message
    assert error.attempts[0] == "e1/a:200+reset"


def test_a_model_that_gave_another_answer_is_not_asked_again() -> None:
    play = Play({"a": [200], "b": ["diverged"], "c": [200]}, breaks=["reset"])
    play.run(plan(step("e1", "a", "b", max_retries=3), step("e2", "b", "c")))
    assert play.calls == ["a", "b", "c"]


def test_the_one_who_broke_is_not_asked_to_go_on_where_there_is_somebody_else() -> None:
    play = Play({"a": [200], "b": [500]}, breaks=["reset"])
    interrupted(play.run(plan(step("e1", "a", max_retries=3), step("e2", "a", "b", max_retries=0))))
    assert play.calls == ["a", "b"]


def test_where_there_is_nobody_else_it_is_asked_once() -> None:
    play = Play({"a": [200]}, breaks=["reset", "reset"])
    interrupted(play.run(plan(step("e1", "a", max_retries=3), step("e2", "a"))))
    assert play.calls == ["a", "a"]


def test_one_that_fell_silent_is_not_asked_to_go_on_in_any_case() -> None:
    play = Play({"a": [200]}, breaks=["idle_timeout"])
    interrupted(play.run(plan(step("e1", "a", max_retries=3))))
    assert play.calls == ["a"]


def test_the_attempt_budget_holds_for_the_rescue_too() -> None:
    play = Play({name: [200] for name in "abc"}, breaks=["reset", "reset", "reset"])
    interrupted(play.run(plan(step("e1", "a", "b", "c"), attempt_budget=2)))
    assert play.calls == ["a", "b"]


def test_the_targets_that_may_be_tried_hold_for_the_rescue_too() -> None:
    play = Play({name: [200] for name in "abc"}, breaks=["reset", "reset", "reset"])
    interrupted(play.run(plan(step("e1", "a"), step("e2", "b"), step("e3", "c"), max_attempts=2)))
    assert play.calls == ["a", "b"]


def test_the_retry_budget_is_asked_before_a_stream_is_gone_on_with() -> None:
    play = Play({"a": [200], "b": [200]}, breaks=["reset"], extra_allowed=0)
    interrupted(play.run(plan(step("e1", "a", "b"))))
    assert play.calls == ["a"]
    assert [type(action) for action in play.actions[-2:]] == [OneMore, Abort]


def test_after_the_deadline_nobody_goes_on() -> None:
    play = Play({"a": [200], "b": ["connect_failed"], "c": [200]}, breaks=["reset"], call_ns=35 * SECOND)
    interrupted(play.run(plan(step("e1", "a", "b", "c"))))
    assert play.calls == ["a", "b"]


def test_a_provider_is_shunned_by_the_strategy_for_a_stream_that_broke_off() -> None:
    play = Play({name: [200] for name in "abc"}, breaks=["reset"])
    play.run(plan(step("e1", "a@p", "b@p", "c@q"), strategy="provider_failover"))
    assert play.calls == ["a", "c"]
