"""Streams by what their target promises, wherever they are cut: whole, or an error; never a clean end that is none."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.streams import TEXT, WORDS, ask, coherent, cut_after
from support.virtual_sidecar import SECOND, Plays, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually


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


@pytest.mark.parametrize("guarantee", ["first_content", "complete", "resume"])
def test_an_answer_that_lacks_a_choice_is_not_whole(guarantee: str) -> None:
    class One(Plays):
        def events(self, model: str, begun: str = "") -> list[bytes]:
            return super().events(model, begun)[:-1]

    script: dict[str, list[Plays]] = {"a": [One(says=WORDS)], "b": [Plays(503)]}
    client, sidecar, _ = ask(script, more={"n": 2}, stream_guarantee=guarantee)
    assert client.ends != ["finished"]
    assert str(sidecar.records[0].attempts[0]) == f"g.e1/a:{'' if guarantee == 'complete' else '200+'}truncated"


@pytest.mark.parametrize(("guarantee", "cut"), [("complete", None), ("resume", 3)])
def test_a_stop_cuts_a_client_that_waits_in_the_open(guarantee: str, cut: int | None) -> None:
    loop = VirtualLoop()
    slow = Plays(says=WORDS, gap=8)
    scripts = {"a": [slow if cut is None else cut_after(cut)], "b": [slow], "c": [slow]}

    async def main() -> None:
        sidecar = VirtualSidecar(loop, config(stream_guarantee=guarantee), scripts)
        task = asyncio.ensure_future(sidecar.ask(stream=True))
        await asyncio.sleep(26)
        await sidecar.orchestrator.drain(0)
        client = await task
        assert (client.ends, client.events[-1]["error"]["code"]) == (["aborted"], "shutdown")
        assert client.comments != []
        assert sidecar.held() == {}
        assert sidecar.providers.under_way == 0
        assert len(asyncio.all_tasks()) == 1

    run_virtually(main(), loop)


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
