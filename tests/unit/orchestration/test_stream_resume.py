"""Streams that are gone on with where they broke off, on virtual time."""

from __future__ import annotations

from typing import Any

import pytest
from support.streams import TEXT, WORDS, ask, coherent, cut_after
from support.virtual_sidecar import Plays, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually


@pytest.mark.parametrize("fault", ["reset", "end", "stall", "malformed", "error"])
def test_a_stream_that_breaks_off_goes_on_in_the_middle_of_another_s_word(fault: Any) -> None:
    other = Plays(says=("Once u", "pon a t", "ime there was"))
    client, sidecar, _ = ask({"a": [cut_after(3, fault=fault)], "b": [other]}, stream_guarantee="resume")
    coherent(client)
    assert (client.text, client.ends) == (TEXT, ["finished"])
    assert {event["id"] for event in client.events} == {"id-a"}
    assert client.headers[b"x-pyproxy-attempts"] == b"g.e1/a:200"
    told = {"end": "truncated", "stall": "idle_timeout", "malformed": "invalid_answer", "error": "invalid_answer"}.get(fault, fault)
    assert client.comments[-1] == f": x-pyproxy-attempts: g.e1/a:200+{told}, g.e1/b:200".encode()
    assert (sidecar.records[0].flag, sidecar.records[0].model) == ("-", "b")


def test_a_stream_can_break_off_again_and_again() -> None:
    client, _, _ = ask({"a": [cut_after(1)], "b": [cut_after(3)], "c": [Plays(says=WORDS)]}, stream_guarantee="resume")
    coherent(client)
    assert (client.text, client.ends) == (TEXT, ["finished"])
    assert client.comments[-1] == b": x-pyproxy-attempts: g.e1/a:200+reset, g.e1/b:200+reset, g.e2/c:200"


def test_one_that_breaks_before_it_has_caught_up_costs_nothing() -> None:
    client, _, _ = ask({"a": [cut_after(4)], "b": [cut_after(2)], "c": [Plays(says=WORDS)]}, stream_guarantee="resume")
    assert client.text == TEXT
    assert client.comments == [b": x-pyproxy-attempts: g.e1/a:200+reset, g.e1/b:reset, g.e2/c:200"]


def test_an_answer_that_says_something_else_is_not_used() -> None:
    client, _, _ = ask({"a": [cut_after(3)], "b": [Plays(says=("Once", " more"))], "c": [Plays(says=WORDS)]}, stream_guarantee="resume")
    assert client.text == TEXT
    assert client.comments == [b": x-pyproxy-attempts: g.e1/a:200+reset, g.e1/b:diverged, g.e2/c:200"]


def test_an_answer_that_says_less_is_not_used() -> None:
    client, _, _ = ask({"a": [cut_after(3)], "b": [Plays(says=("Once", " upon"))], "c": [Plays(says=WORDS)]}, stream_guarantee="resume")
    assert client.text == TEXT
    assert client.comments == [b": x-pyproxy-attempts: g.e1/a:200+reset, g.e1/b:diverged, g.e2/c:200"]


def test_an_answer_that_was_not_used_was_given_all_the_same() -> None:
    """It says nothing against its model, but what it cost stays charged."""
    loop = VirtualLoop()
    group = config(stream_guarantee="resume", b={"rpm_limit": 1}, fallback_config={"circuit_breaker": {"failure_threshold": 1}})
    scripts = {"a": [cut_after(3)], "b": [Plays(says=("Once", " more"))], "c": [Plays(says=WORDS)]}

    async def main() -> None:
        sidecar = VirtualSidecar(loop, group, scripts)
        assert (await sidecar.ask(stream=True)).text == TEXT
        assert (await sidecar.ask("b")).status == 429

    run_virtually(main(), loop)


def test_of_a_model_that_had_only_thought_there_is_nothing_to_prefill() -> None:
    class Thinks(Plays):
        def events(self, model: str, begun: str = "") -> list[bytes]:
            events = super().events(model, begun)
            return [events[0], events[1].replace(b'"content"', b'"reasoning_content"')]

    answers = Plays(says=WORDS, prefill="refused")
    client, _, _ = ask({"a": [Thinks(says=WORDS)], "c": [answers]}, stream_guarantee="resume", c={"prefill": True}, e1={"models": ["a"]})
    assert (client.text, client.ends) == (TEXT, ["finished"])
    assert client.comments == [b": x-pyproxy-attempts: g.e1/a:200+truncated, g.e2/c:200"]


def test_if_nobody_says_the_same_the_error_is_that_of_the_stream() -> None:
    other = Plays(says=("Long", " ago"))
    client, sidecar, _ = ask({"a": [cut_after(3, fault="error")], "b": [other], "c": [other]}, stream_guarantee="resume")
    assert (client.text, client.ends) == ("Once upon a", ["aborted"])
    assert client.events[-1] == {"error": {"message": "I fell"}}
    assert sidecar.records[0].flag == "stream_interrupted"


def test_a_model_that_takes_a_prefill_says_the_rest_only() -> None:
    client, sidecar, _ = ask({"a": [cut_after(3)], "b": [Plays(says=WORDS)]}, stream_guarantee="resume", b={"prefill": True})
    coherent(client)
    assert (client.text, client.ends, len(sidecar.providers.calls)) == (TEXT, ["finished"], 2)


def test_after_a_prefill_a_stream_can_break_off_again() -> None:
    scripts = {"a": [cut_after(2)], "b": [cut_after(2)], "c": [Plays(says=WORDS)]}
    client, _, _ = ask(scripts, stream_guarantee="resume", b={"prefill": True})
    coherent(client)
    assert (client.text, client.ends) == (TEXT, ["finished"])


def test_a_model_that_refuses_the_prefill_begins_anew() -> None:
    refuses = Plays(says=WORDS, prefill="refused")
    client, _, _ = ask({"a": [cut_after(3)], "c": [refuses]}, stream_guarantee="resume", c={"prefill": True}, e1={"models": ["a"]})
    assert (client.text, client.ends) == (TEXT, ["finished"])
    assert client.comments == [b": x-pyproxy-attempts: g.e1/a:200+reset, g.e2/c:400, g.e2/c:200"]


def test_a_client_that_waits_for_the_rest_is_kept_alive() -> None:
    client, _, _ = ask({"a": [cut_after(5)], "b": [Plays(says=WORDS, gap=5)]}, stream_guarantee="resume")
    # 5 s after the break, and every 10 s: what is new begins with the seventh event, after 35 s, or with the eighth.
    assert client.comments == [*[b": keep-alive"] * 4, b": x-pyproxy-attempts: g.e1/a:200+reset, g.e1/b:200"]


def test_the_permit_of_what_broke_off_is_free_for_what_goes_on() -> None:
    client, _, _ = ask({"a": [cut_after(3)], "c": [Plays(says=WORDS)]}, stream_guarantee="resume", concurrency_limit=1, max_queue_wait=0)
    assert (client.text, client.ends) == (TEXT, ["finished"])


def test_a_stream_of_several_choices_is_not_resumed_after_the_second_has_begun() -> None:
    class Two(Plays):
        def events(self, model: str, begun: str = "") -> list[bytes]:
            events = super().events(model, begun)
            return [*events[:2], events[1].replace(b'"index": 0', b'"index": 1'), *events[2:]]

    broken = Two(says=WORDS, cut=1000)
    client, sidecar, _ = ask({"a": [broken], "b": [Plays(says=WORDS)]}, stream_guarantee="resume")
    assert (client.ends, len(sidecar.providers.calls)) == (["aborted"], 1)


def test_a_stream_is_not_resumed_after_a_call_of_a_tool() -> None:
    class Calls(Plays):
        def events(self, model: str, begun: str = "") -> list[bytes]:
            events = super().events(model, begun)
            return [*events[:2], events[1].replace(b'"content": "Once"', b'"tool_calls": [{"index": 0}]'), *events[2:]]

    client, sidecar, _ = ask({"a": [Calls(says=WORDS, cut=1000)], "b": [Plays(says=WORDS)]}, stream_guarantee="resume")
    assert (client.ends, len(sidecar.providers.calls)) == (["aborted"], 1)


def test_what_has_ended_is_not_gone_on_with_whatever_follows_the_end() -> None:
    events = Plays(says=WORDS).events("a")
    after_the_end = Plays(says=WORDS, cut=sum(map(len, events[:-2])), fault="malformed")
    client, sidecar, _ = ask({"a": [after_the_end], "b": [Plays(says=WORDS)]}, stream_guarantee="resume")
    assert (client.ends, len(sidecar.providers.calls)) == (["aborted"], 1)
