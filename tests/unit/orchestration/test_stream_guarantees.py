"""Streams by what their target promises, on virtual time: whole, gone on with, or an error; never a clean end that is none."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.virtual_sidecar import SECOND, Client, Plays, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually

WORDS = ("Once", " upon", " a", " time", " there", " was")
TEXT = "".join(WORDS)


def ask(scripts: dict[str, list[Plays]], *, more: dict[str, Any] | None = None, **group: Any) -> tuple[Client, VirtualSidecar, int]:
    """One stream, to its end: what the client got, and after how many nanoseconds."""
    loop = VirtualLoop()
    sidecar = VirtualSidecar(loop, config(**group), {"b": [Plays(503)], "c": [Plays(503)], **scripts})

    async def main() -> Client:
        client = await sidecar.ask(stream=True, more=more)
        assert sidecar.held() == {}
        assert sidecar.providers.under_way == 0
        assert len(asyncio.all_tasks()) == 1
        return client

    return run_virtually(main(), loop), sidecar, loop.now_ns()


def cut_after(words: int, **fields: Any) -> Plays:
    """A stream that breaks within the event after so many words."""
    begun = sum(map(len, Plays(says=WORDS).events("a")[: words + 1]))
    return Plays(says=WORDS, cut=begun + 3, **fields)


def coherent(client: Client) -> None:
    """One stream, as far as a client can tell."""
    events = client.events
    assert len({(event["id"], event["created"], event["model"]) for event in events if "error" not in event}) <= 1
    choices = [choice for event in events for choice in event.get("choices", ())]
    assert [choice for choice in choices if "role" in choice["delta"]] == choices[:1]
    assert all(choice["finish_reason"] is None for choice in choices[:-1])
    if client.ends == ["finished"]:
        assert choices[-1]["finish_reason"] == "stop"
        assert client.body.endswith(b"data: [DONE]\n\n")
        assert client.body.count(b"[DONE]") == 1
    else:
        assert client.ends == ["aborted"]
        assert "error" in events[-1]
        assert b"[DONE]" not in client.body


# --- complete ---


@pytest.mark.parametrize("fault", ["reset", "end", "stall", "malformed", "error"])
def test_a_complete_stream_that_fails_at_its_last_word_is_rescued_and_nothing_of_it_is_seen(fault: Any) -> None:
    times, once = {"first_byte": 1, "idle": 1}, {"max_retries": 0}
    scripts = {"a": [cut_after(6, fault=fault)], "b": [Plays(says=WORDS)]}
    client, sidecar, _ = ask(scripts, stream_guarantee="complete", timeouts=times, e1=once)
    coherent(client)
    assert (client.text, client.ends, client.headers[b"x-pyproxy-model"]) == (TEXT, ["finished"], b"b")
    assert {event["id"] for event in client.events} == {"id-b"}
    assert len(sidecar.providers.calls) == 2


def test_a_complete_stream_that_is_soon_whole_has_no_comments_and_tells_the_whole_path() -> None:
    client, _, _ = ask({"a": [cut_after(3)], "b": [Plays(says=WORDS, gap=0.4)]}, stream_guarantee="complete")
    assert client.comments == []
    assert client.headers[b"x-pyproxy-attempts"] == b"g.e1/a:reset, g.e1/b:200"
    assert client.body == b"".join(Plays(says=WORDS).events("b"))


def test_one_that_takes_longer_is_kept_alive_until_it_is_whole_and_tells_the_path_when_it_is_known() -> None:
    client, sidecar, _ = ask({"a": [cut_after(4, gap=4)], "b": [Plays(says=WORDS, gap=4)]}, stream_guarantee="complete")
    coherent(client)
    assert client.headers[b"content-type"] == b"text/event-stream; charset=utf-8"
    assert client.headers[b"x-pyproxy-attempts"] == b""
    assert b"x-pyproxy-model" not in client.headers
    # Content is there after 8 s; from 13 s on there is a comment every 10 s, until the last word is there at 24 + 32 s.
    assert client.comments == [b": keep-alive"] * 5 + [b": x-pyproxy-attempts: g.e1/a:reset, g.e1/b:200"]
    assert client.text == TEXT
    assert [str(attempt) for attempt in sidecar.records[0].attempts] == ["g.e1/a:reset", "g.e1/b:200"]
    assert sidecar.records[0].first_byte_ns == 13 * SECOND


def test_before_there_is_content_a_complete_stream_has_no_head_so_that_its_status_can_be_told() -> None:
    client, _, _ = ask({"a": [Plays(503, after=20)]}, stream_guarantee="complete", e1={"max_retries": 0})
    assert (client.status, client.body, client.ends) == (503, b"", ["refused"])


def test_one_that_nobody_makes_whole_ends_in_an_error_and_a_cut() -> None:
    client, sidecar, _ = ask({"a": [cut_after(5, gap=4)]}, stream_guarantee="complete", e1={"max_retries": 0})
    assert (client.status, client.ends, client.text) == (200, ["aborted"], "")
    assert client.events[-1]["error"]["code"] == sidecar.records[0].flag == "no_model_available"


def test_what_is_the_client_s_to_hear_comes_word_for_word_even_then() -> None:
    client, sidecar, _ = ask({"a": [cut_after(5, gap=4)], "b": [Plays(400)]}, stream_guarantee="complete")
    assert (client.ends, client.events, sidecar.records[0].flag) == (["aborted"], [{"error": {"message": "no"}}], "bad_request")


def test_a_stream_too_large_to_be_held_goes_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyproxy.orchestration.stream_answer.MAX_HELD_BYTES", 3000)
    large = Plays(says=WORDS * 9)
    client, _, _ = ask({"a": [large], "b": [Plays(says=WORDS)]}, stream_guarantee="complete", e1={"max_retries": 0})
    assert (client.text, client.headers[b"x-pyproxy-attempts"]) == (TEXT, b"g.e1/a:invalid_answer, g.e1/b:200")


@pytest.mark.parametrize("fault", ["reset", "end"])
def test_a_break_after_the_end_of_a_complete_stream_does_not_matter(fault: Any) -> None:
    without_done = sum(map(len, Plays(says=WORDS).events("a")[:-1]))
    client, sidecar, _ = ask({"a": [Plays(says=WORDS, cut=without_done, fault=fault)]}, stream_guarantee="complete")
    coherent(client)
    assert (client.text, client.ends, len(sidecar.providers.calls)) == (TEXT, ["finished"], 1)


def test_the_timeout_of_an_echelon_is_for_the_whole_of_a_complete_stream() -> None:
    client, _, _ = ask(
        {"a": [Plays(says=WORDS, gap=1)], "c": [Plays(says=WORDS)]}, stream_guarantee="complete", e1={"models": ["a"], "timeout": 5}
    )
    assert client.headers[b"x-pyproxy-attempts"] == b"g.e1/a:attempt_timeout, g.e2/c:200"


# --- resume ---


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


# --- all of them ---


@pytest.mark.parametrize("guarantee", ["first_content", "complete", "resume"])
def test_a_whole_answer_without_done_is_ended_soon_although_the_connection_stays_open(guarantee: str) -> None:
    client, _, took = ask({"a": [Plays(says=WORDS, done=False)]}, stream_guarantee=guarantee)
    assert (client.text, client.ends, client.body.count(b"[DONE]")) == (TEXT, ["finished"], 1)
    assert took <= 0.3 * SECOND


def test_without_usage_the_end_is_waited_for_a_second() -> None:
    class NoUsage(Plays):
        def events(self, model: str, begun: str = "") -> list[bytes]:
            return super().events(model, begun)[:-1]

    client, _, took = ask({"a": [NoUsage(says=WORDS, done=False)]})
    assert (client.ends, took) == (["finished"], SECOND)


def test_comments_do_not_put_off_the_end() -> None:
    class Chatty(Plays):
        def events(self, model: str, begun: str = "") -> list[bytes]:
            return [*super().events(model, begun)[:-1], *[b": here\n\n"] * 100]

    client, _, took = ask({"a": [Chatty(says=WORDS, gap=0.4, done=False)]})
    assert client.ends == ["finished"]
    assert took < 4.3 * SECOND


def test_where_several_choices_are_asked_for_the_end_of_one_is_not_taken_for_the_end() -> None:
    class Late(Plays):
        def events(self, model: str, begun: str = "") -> list[bytes]:
            first = super().events(model, begun)[:-1]
            return [*first[:-1], *[b": wait\n\n"] * 5, *(each.replace(b'"index": 0', b'"index": 1') for each in first)]

    client, _, _ = ask({"a": [Late(says=WORDS, gap=0.5)]}, more={"n": 2})
    assert client.text == TEXT + TEXT


GUARANTEES = st.sampled_from(("complete", "resume"))
streams = st.builds(
    Plays,
    status=st.sampled_from((200, 200, 200, 200, 503, 0)),
    after=st.sampled_from((0.0, 0.0, 3.0)),
    gap=st.sampled_from((0.0, 0.0, 0.3, 2.0)),
    says=st.sampled_from((WORDS, ("Once up", "on a time there w", "as"), (TEXT,), tuple(TEXT), ("Once", " more"), ("Long ago",))),
    cut=st.none() | st.integers(0, 2500),
    fault=st.sampled_from(("reset", "end", "stall", "malformed", "error")),
    done=st.booleans(),
    prefill=st.sampled_from(("taken", "refused")),
)
scripts = st.fixed_dictionaries({name: st.lists(streams, min_size=1, max_size=3) for name in "abc"})


@settings(max_examples=400, deadline=None)
@given(GUARANTEES, scripts, st.sets(st.sampled_from("abc")))
def test_wherever_anything_breaks_the_client_has_a_whole_answer_or_an_error(
    guarantee: str, script: dict[str, list[Plays]], prefills: set[str]
) -> None:
    said = {"".join(plays.says) for name in "abc" for plays in script[name]}
    same = len(said) == 1  # a model cannot know that what another began is not what it would have said
    group: dict[str, Any] = {name: {"prefill": True} for name in prefills if same}
    times = {"connect": 1, "first_byte": 5, "idle": 5, "total": 120}
    client, _, _ = ask(script, stream_guarantee=guarantee, timeouts=times, **group)
    if client.ends == ["refused"]:
        assert client.body == b""
        return
    if guarantee == "complete" and client.ends == ["aborted"]:
        assert client.text == ""
    coherent(client)
    if client.ends == ["finished"]:
        assert client.text in said
    else:
        assert any(each.startswith(client.text) for each in said)


@settings(max_examples=150, deadline=None)
@given(GUARANTEES, scripts, st.integers(0, 150), st.booleans())
def test_a_client_that_leaves_takes_everything_with_it(guarantee: str, script: dict[str, list[Plays]], when: int, later: bool) -> None:  # noqa: FBT001
    loop = VirtualLoop()

    async def main() -> None:
        sidecar = VirtualSidecar(loop, config(stream_guarantee=guarantee, b={"prefill": True}), script)
        task = asyncio.ensure_future(sidecar.ask(stream=True))
        await asyncio.sleep(when / 10 if later else 0)
        for _ in range(0 if later else when):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert sidecar.held() == {}
        assert sidecar.providers.under_way == 0
        assert len(asyncio.all_tasks()) == 1

    run_virtually(main(), loop)


@pytest.mark.parametrize(("guarantee", "cut"), [("complete", None), ("resume", 3)])
def test_all_is_let_go_in_the_same_turn_of_the_loop(guarantee: str, cut: int | None) -> None:
    """While a stream is held back, and while another catches up with one that broke off."""
    loop = VirtualLoop()
    slow = Plays(says=WORDS, gap=8)
    scripts = {"a": [slow if cut is None else cut_after(cut)], "b": [slow], "c": [slow]}

    async def main() -> None:
        sidecar = VirtualSidecar(loop, config(stream_guarantee=guarantee), scripts)
        task = asyncio.ensure_future(sidecar.ask(stream=True))
        await asyncio.sleep(28)
        assert sidecar.held() != {}
        task.cancel()
        await asyncio.sleep(0)
        assert sidecar.held() == {}
        assert sidecar.providers.under_way == 0
        await asyncio.gather(task, return_exceptions=True)
        assert len(asyncio.all_tasks()) == 1

    run_virtually(main(), loop)
