"""Streams that are held back until they are whole, on virtual time."""

from __future__ import annotations

from typing import Any

import pytest
from support.streams import TEXT, WORDS, ask, coherent, cut_after
from support.virtual_sidecar import SECOND, Plays


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
    assert client.body == b"".join(event for event in Plays(says=WORDS).events("b") if b"usage" not in event)


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
