"""Where each strategy goes when a call fails."""

from __future__ import annotations

import pytest
from support.play import Play, error, plan, step

from pyproxy.errors import NoModelAvailable
from pyproxy.orchestration.actions import Failed

BROKEN = "connect_failed"


@pytest.mark.parametrize(
    ("strategy", "calls"),
    [
        ("echelon_down", ["a", "b", "c", "d"]),
        ("model_rotate", ["a", "b"]),
        ("provider_failover", ["a", "c"]),
        ("task_group_switch", ["a", "b", "d"]),
    ],
)
def test_a_strategy_says_who_comes_after_whom(strategy: str, calls: list[str]) -> None:
    play = Play({model: [BROKEN] for model in "abcd"})
    steps = (step("e1", "a", "b"), step("e2", "c@q"), step("h1", "d", group="h"))
    last = play.run(plan(*steps, strategy=strategy))
    assert play.calls == calls
    assert isinstance(error(last), NoModelAvailable)


def test_a_provider_that_failed_is_passed_over_in_its_own_echelon_too() -> None:
    play = Play({"a": [BROKEN], "b": [BROKEN], "c": [200]})
    play.run(plan(step("e1", "a", "b", "c@q"), strategy="provider_failover"))
    assert play.calls == ["a", "c"]


def test_a_switch_of_groups_goes_down_the_echelons_of_the_other_group() -> None:
    play = Play({model: [BROKEN] for model in "abcd"})
    steps = (step("g1", "a"), step("h1", "b", group="h"), step("h2", "c", group="h"), step("g2", "d"))
    play.run(plan(*steps, strategy="task_group_switch"))
    assert play.calls == ["a", "b", "c"]


class TestOverload:
    def test_two_refusals_for_overload_lead_to_another_provider(self) -> None:
        play = Play({"a": [503], "b": [529], "c": [503], "d": [200]})
        play.run(plan(step("e1", "a", "b", "c", "d@q")))
        assert play.calls == ["a", "b", "d"]

    def test_where_there_is_no_other_the_provider_is_asked_on(self) -> None:
        play = Play({"a": [503], "b": [503], "c": [200]})
        play.run(plan(step("e1", "a", "b", "c")))
        assert play.calls == ["a", "b", "c"]


class TestLongPrompts:
    BODY = b'{"error": {"code": "context_length_exceeded", "message": "too long"}}'

    def test_a_prompt_that_is_too_long_goes_to_a_model_with_a_larger_window(self) -> None:
        play = Play({"a": [400], "b": [200], "c": [200], "d": [200]}, body=self.BODY)
        windows = {"a": 8000, "b": 8000, "c": 4000, "d": 16000}
        play.run(plan(step("e1", "a", "b", windows=windows), step("e2", "c", windows=windows), step("e3", "d", windows=windows)))
        assert play.calls == ["a", "d"]

    def test_one_that_is_too_long_for_the_larger_window_too_goes_on_to_a_still_larger_one(self) -> None:
        play = Play({"a": [400], "b": [400], "c": [200]}, body=self.BODY)
        play.run(plan(step("e1", "a", "b", "c", windows={"a": 8000, "b": 16000, "c": 32000})))
        assert play.calls == ["a", "b", "c"]

    @pytest.mark.parametrize("windows", [{}, {"a": 8000}, {"a": 8000, "b": 8000}])
    def test_where_no_larger_window_is_known_the_client_is_told_word_for_word(self, windows: dict[str, int]) -> None:
        play = Play({"a": [400], "b": [200]}, body=self.BODY)
        last = play.run(plan(step("e1", "a", "b", windows=windows)))
        assert play.calls == ["a"]
        assert isinstance(error(last), Failed)
        assert error(last).body == self.BODY

    def test_where_the_larger_one_fails_the_client_hears_that_its_prompt_is_too_long(self) -> None:
        play = Play({"a": [400], "b": ["connect_failed"]}, body=self.BODY)
        last = play.run(plan(step("e1", "a", "b", windows={"a": 8000, "b": 16000})))
        assert play.calls == ["a", "b"]
        assert error(last).status == 400


class TestContentFilters:
    BODY = b'{"error": {"code": "content_filter", "message": "refused"}}'

    def test_what_a_filter_refused_is_the_clients_to_hear(self) -> None:
        play = Play({"a": [400], "b": [200]}, body=self.BODY)
        assert isinstance(error(play.run(plan(step("e1", "a", "b")))), Failed)
        assert play.calls == ["a"]

    def test_by_opt_in_it_is_asked_for_elsewhere(self) -> None:
        play = Play({"a": [400], "b": [200]}, body=self.BODY)
        play.run(plan(step("e1", "a"), step("e2", "b"), content_filter_fallback=True))
        assert play.calls == ["a", "b"]


class TestPools:
    def test_each_instance_is_asked_once_in_a_round_and_no_more_often_than_there_are_rounds(self) -> None:
        play = Play({"a": [500], "b": [500]})
        play.run(plan(step("pool", "a", "b", max_retries=0, rounds=2), attempt_budget=9))
        assert play.calls == ["a", "b", "a", "b"]
        assert len(play.sleeps) == 1

    def test_a_wait_for_a_rate_limit_is_no_call_more_than_an_instance_may_get(self) -> None:
        for calls in (1, 2, 3):
            play = Play({"a": [429], "b": [(429, 1)]})
            play.run(plan(step("pool", "a", "b", max_retries=0, rounds=calls, calls_each=calls), attempt_budget=9))
            assert sorted(play.calls) == ["a"] * calls + ["b"] * calls

    def test_a_silent_instance_is_not_asked_in_the_next_round(self) -> None:
        play = Play({"a": ["first_byte_timeout"], "b": [500]})
        play.run(plan(step("pool", "a", "b", max_retries=0, rounds=3), attempt_budget=9))
        assert play.calls == ["a", "b", "b", "b"]

    def test_a_simple_retry_asks_the_same_instance_whatever_failed_and_nobody_else(self) -> None:
        play = Play({"a": ["reset"], "b": [200]})
        play.run(plan(step("pool", "a", "b", max_retries=2, retries_everything=True)))
        assert play.calls == ["a", "a", "a"]
        assert len(play.sleeps) == 2
