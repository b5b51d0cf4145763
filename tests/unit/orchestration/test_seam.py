"""What of another answer goes on with a stream that broke off: the client is to see one stream."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.orchestration.seam import Delivered, Seam, identity_of
from pyproxy.providers.transport import TransportFailure

FIRST = {"id": "first", "created": 1, "model": "m"}
DONE = b"data: [DONE]\n\n"


def event(delta: dict[str, Any] | None = None, *, finish: str | None = None, index: int = 0, **members: Any) -> bytes:
    choices = [] if delta is None else [{"index": index, "delta": delta, "finish_reason": finish, "logprobs": None}]
    return b"data: " + json.dumps({"id": "second", "created": 2, "model": "n", "choices": choices, **members}).encode() + b"\n\n"


def text(content: str) -> bytes:
    return event({"content": content})


def chunks(passed: bytes) -> list[dict[str, Any]]:
    return [json.loads(line.removeprefix(b"data: ")) for line in passed.split(b"\n\n") if line and line != DONE.strip()]


def said(passed: bytes) -> str:
    pieces = [choice["delta"].get("content") or "" for chunk in chunks(passed) for choice in chunk["choices"]]
    return "".join(pieces).encode("utf-16", "surrogatepass").decode("utf-16")


def seam(delivered: str, *, prefilled: bool = False) -> Seam:
    return Seam(Delivered(delivered, FIRST), prefilled=prefilled)


def pieces(draw_from: str, cuts: list[int]) -> list[str]:
    edges = sorted({0, len(draw_from), *(cut % (len(draw_from) + 1) for cut in cuts)})
    return [draw_from[start:end] for start, end in itertools.pairwise(edges)]


@given(st.text(max_size=12), st.text(max_size=6), st.lists(st.integers(0, 99)), st.sampled_from(["\n", "\r\n", "\r"]))
def test_an_answer_that_begins_with_what_was_delivered_goes_on_where_it_ended(delivered: str, rest: str, cuts: list[int], end: str) -> None:
    joint = seam(delivered)
    answer = [event({"role": "assistant", "content": ""}), *map(text, pieces(delivered + rest, cuts)), event({}, finish="stop"), DONE]
    passed = b"".join(joint.pass_on(each.replace(b"\n", end.encode())) for each in answer)
    assert joint.found
    assert said(passed) == rest
    assert passed.endswith(DONE)
    assert all(chunk.items() >= FIRST.items() for chunk in chunks(passed))
    assert not any("role" in choice["delta"] for chunk in chunks(passed) for choice in chunk["choices"])
    assert joint.delivered(delivered + rest) == Delivered(delivered + rest, FIRST)


@given(st.text(min_size=1, max_size=8), st.text(max_size=10), st.lists(st.integers(0, 99)))
def test_any_other_answer_is_of_no_use_and_nothing_of_it_is_passed_on(delivered: str, answer: str, cuts: list[int]) -> None:
    joint = seam(delivered)
    passed: list[bytes] = []
    stream = [*map(text, pieces(answer, cuts)), event({}, finish="stop"), DONE]
    if answer.startswith(delivered):
        return
    with pytest.raises(TransportFailure, match="does not go on"):
        passed.extend(joint.pass_on(each) for each in stream)
    assert not any(passed)
    assert not joint.found


def test_nothing_is_found_as_long_as_there_is_nothing_new() -> None:
    joint = seam("Hello")
    assert joint.pass_on(b": comment\n\n" + text("Hel") + event(usage={}) + text("lo") + text("")) == b""
    assert not joint.found
    assert said(joint.pass_on(text(" you"))) == " you"
    assert joint.found


def test_the_event_in_which_it_ends_holds_the_rest_only() -> None:
    (chunk,) = chunks(seam("Hel").pass_on(event({"content": "Hello", "x": 1}, system_fingerprint="f", y=2)))
    assert chunk == {**FIRST, "y": 2, "choices": [{"index": 0, "delta": {"content": "lo", "x": 1}, "finish_reason": None}]}


def test_a_role_is_not_told_again_by_a_provider_that_tells_it_in_each_event() -> None:
    joint = seam("Hel")
    passed = joint.pass_on(event({"role": "assistant", "content": "Hello"}) + event({"role": "assistant", "content": "!"}))
    assert [chunk["choices"][0]["delta"] for chunk in chunks(passed)] == [{"content": "lo"}, {"content": "!"}]


def test_an_answer_that_has_no_more_to_say_ends_it() -> None:
    (chunk,) = chunks(seam("Hello").pass_on(text("Hello") + event({}, finish="stop")))
    assert chunk["choices"][0]["finish_reason"] == "stop"
    assert seam("Hello").pass_on(text("Hello") + DONE) == DONE


def test_calls_of_tools_may_come_after_what_was_delivered() -> None:
    call = {"tool_calls": [{"index": 0, "id": "c"}]}
    joint = seam("Let me see")
    (chunk,) = chunks(joint.pass_on(text("Let me see") + event(call)))
    assert chunk["choices"][0]["delta"] == call


def test_what_a_model_thinks_before_it_goes_on_is_swallowed() -> None:
    for delivered in ("", "Hello"):
        joint = seam(delivered)
        assert joint.pass_on(event({"reasoning_content": "hm"})) == b""
        assert said(joint.pass_on(text(delivered + "!"))) == "!"
        assert b"oh" in joint.pass_on(event({"reasoning_content": "oh"}))


def test_after_a_prefill_all_that_is_said_is_new() -> None:
    joint = seam("Hello", prefilled=True)
    assert joint.pass_on(event({"role": "assistant", "content": ""})) == b""
    assert said(joint.pass_on(text("Hello"))) == "Hello"
    assert joint.delivered("Hello") == Delivered("HelloHello", FIRST)


@pytest.mark.parametrize(
    "other",
    [
        text("Hollo"),
        text("Hel") + DONE,
        event({}, finish="stop"),
        event({"tool_calls": [{"index": 0}]}),
        event({"refusal": "no"}),
        event({"content": "Hello!"}, index=1),
        event({"content": [{"type": "text", "text": "Hello!"}]}),
        b'data: {"choices": [{"index": 0, "text": "Hello!"}]}\n\n',
        b'data: {"choices": [5]}\n\n',
        b'data: {"choices": [{"delta": [5]}]}\n\n',
        b"data: 5\n\n",
        b"data: " + b"9" * 5000 + b"\n\n",
    ],
)
def test_what_cannot_be_told_to_go_on_is_not_used(other: bytes) -> None:
    with pytest.raises(TransportFailure) as caught:
        seam("Hello").pass_on(other)
    assert caught.value.signal == "diverged"


def test_a_character_may_come_in_halves() -> None:
    joint = seam("a\U0001f600")
    assert joint.pass_on(text("a\ud83d")) == b""
    assert said(joint.pass_on(text("\ude00b"))) == "b"
    assert said(seam("a").pass_on(text("a\ud83d") + text("\ude00"))) == "\U0001f600"


def test_data_of_several_lines_and_a_mark_at_the_start_are_read() -> None:
    assert said(seam("a").pass_on(b'\xef\xbb\xbfdata: {"choices":\ndata:[{"delta": {"content": "ab"}}]}\n\n')) == "b"


def test_an_identity_is_what_the_first_events_say() -> None:
    empty = b'data: {"id": "", "model": "", "created": 0, "choices": [], "prompt_filter_results": []}\n\n'
    assert identity_of(empty + text("x") + event({}, id="third")) == {"id": "second", "created": 2, "model": "n"}
    assert identity_of(b'data: {"choices": []}\n\n' + DONE) == {}
