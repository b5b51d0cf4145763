"""What the framer keeps back of a stream, and what it knows of the answer it has delivered."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import SseFramer

USAGE = {"prompt_tokens": 9, "completion_tokens": 12}
DONE = b"data: [DONE]\n\n"


def event(**members: Any) -> bytes:
    return b"data: " + json.dumps(members).encode() + b"\n\n"


def choice(index: int = 0, **delta: Any) -> dict[str, Any]:
    return {"index": index, "delta": delta}


def text(content: str) -> bytes:
    return event(choices=[choice(content=content)], usage=None)


def fed(*events: bytes, hide_usage: bool = False) -> SseFramer:
    framer = SseFramer(hide_usage=hide_usage, keep_text=True)
    for each in events:
        framer.feed(each)
    return framer


strings = st.text(max_size=6)
deltas = st.fixed_dictionaries(
    {},
    optional={
        "content": strings | st.none(),
        "reasoning_content": strings,
        "tool_calls": st.sampled_from([None, [], [{"index": 0}]]),
        "function_call": st.sampled_from([None, {"name": "f"}]),
    },
)
choices = st.builds(lambda index, delta: choice(index, **delta), st.sampled_from([0, 0, 0, 1]), deltas)
usages = st.sampled_from([None, {}, USAGE, {"strange": 1}])
chunks = st.fixed_dictionaries({}, optional={"choices": st.none() | st.lists(choices, max_size=2), "usage": usages})


def is_usage_only(chunk: dict[str, Any]) -> bool:
    return not chunk.get("choices") and bool(chunk.get("usage"))


@given(st.lists(chunks, max_size=8), st.lists(st.integers(0, 1000)), st.booleans(), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_all_but_the_usage_is_passed_on_and_what_is_known_is_of_what_was_passed_on(
    stream: list[dict[str, Any]],
    cuts: list[int],
    hide_usage: bool,  # noqa: FBT001
    end: bytes,
) -> None:
    events = [event(**chunk).replace(b"\n", end) for chunk in stream]
    whole = b"".join(events)
    framer = SseFramer(hide_usage=hide_usage, keep_text=True)
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    frames = [framer.feed(whole[begin:stop]) for begin, stop in pairwise(edges)]
    shown = [each for each, chunk in zip(events, stream, strict=True) if not (hide_usage and is_usage_only(chunk))]
    assert b"".join(frame.data for frame in frames) == b"".join(shown)
    assert sum(frame.events for frame in frames) == len(shown)
    parts = [part for chunk in stream for part in chunk.get("choices") or []]
    assert framer.text() == "".join(part["delta"].get("content") or "" for part in parts if part["index"] == 0)
    assert framer.tool_calls == any(part["delta"].get("tool_calls") or part["delta"].get("function_call") for part in parts)
    assert framer.other_choices == any(part["index"] != 0 for part in parts)
    assert framer.usage == ((9, 12, 0, 0, 0) if any(chunk.get("usage") == USAGE for chunk in stream) else None)


def test_the_usage_is_kept_back_and_known() -> None:
    usage = event(choices=[], usage=USAGE)
    framer = SseFramer(hide_usage=True)
    frames = framer.feed(text("a") + usage + DONE)
    assert (frames.data, frames.events) == (text("a") + DONE, 2)
    assert (framer.usage, framer.terminal) == ((9, 12, 0, 0, 0), True)
    assert SseFramer().feed(usage).data == usage


@pytest.mark.parametrize(
    "kept",
    [
        event(choices=[], prompt_filter_results=[{}]),
        event(choices=[], usage=None),
        event(choices=[choice(content="x")], usage=USAGE),
        event(choices=[choice()], usage=USAGE),
        b": comment\n\n",
    ],
)
def test_whatever_holds_more_than_the_usage_is_passed_on(kept: bytes) -> None:
    assert SseFramer(hide_usage=True).feed(kept).data == kept


def test_a_usage_that_lacks_its_empty_line_is_kept_back_too() -> None:
    framer = fed(event(choices=[], usage=USAGE)[:-2], hide_usage=True)
    assert framer.finish() == b""
    assert framer.usage == (9, 12, 0, 0, 0)


def test_no_byte_of_the_usages_line_end_gets_through() -> None:
    usage = event(choices=[], usage=USAGE).replace(b"\n", b"\r\n")
    framer = SseFramer(hide_usage=True)
    passed = [framer.feed(usage[at : at + 1]).data for at in range(len(usage))]
    assert b"".join(passed) == b""
    assert framer.feed(text("x")).data == text("x")


def test_text_counts_only_once_it_has_been_returned() -> None:
    framer = fed(text("one "), text("two")[:-1])
    assert framer.text() == "one "
    framer.feed(b"\n")
    assert framer.text() == "one two"
    framer.feed(text(" three")[:-2])
    assert framer.finish() != b""
    assert framer.text() == "one two three"


def test_what_is_withheld_is_not_delivered() -> None:
    last = event(choices=[choice(1, content="no", tool_calls=[{}])], error={"message": "x"})
    for end in (last, b'data: {"choices":[{"delta":{"content":"no","tool_calls":[{}]}}]\n\n', DONE + text("no")):
        framer = fed(text("yes"), end, text("no"))
        assert (framer.text(), framer.tool_calls, framer.other_choices) == ("yes", False, False)
    framer = fed(text("yes"), text("no")[:-6])
    framer.finish()
    assert framer.text() == "yes"


def test_a_completions_text_is_text_too() -> None:
    assert fed(event(choices=[{"index": 0, "text": "a"}]), event(choices=[{"text": "b"}])).text() == "ab"


def test_a_pair_that_came_in_halves_is_a_pair_again() -> None:
    framer = fed(text("\ud83d"))
    assert framer.text() is None
    framer.feed(text("\ude00"))
    assert framer.text() == "\U0001f600"


def test_text_is_kept_only_if_asked_for() -> None:
    framer = SseFramer()
    framer.feed(text("x"))
    assert framer.text() is None
    assert SseFramer(keep_text=True).text() == ""


@pytest.mark.parametrize("delta", [{"content": [{"type": "text", "text": "x"}]}, {"refusal": "no"}, {"audio": {"data": "A"}}])
def test_what_is_no_text_cannot_be_gone_on_from(delta: dict[str, Any]) -> None:
    assert fed(text("a"), event(choices=[choice(**delta)]), text("b")).text() is None
    assert fed(text("a"), event(choices=[choice(1, **delta)]), text("b")).text() == "ab"


def test_text_without_bound_is_not_kept() -> None:
    framer = fed(*[text("x" * (1 << 20))] * 4)
    assert len(framer.text() or "") == 4 << 20
    framer.feed(text("x"))
    assert framer.text() is None


def test_it_is_known_that_every_choice_has_ended_whatever_comes_after() -> None:
    end = event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
    for after in (b"", b"data: no JSON\n\n", event(error={"message": "x"}), DONE):
        assert fed(text("a"), end, after).finished
    assert not fed(text("a"), DONE).finished
    assert not fed(event(choices=[choice(1)]), end).finished
    assert not SseFramer().finished


def test_choices_are_counted_as_they_come() -> None:
    assert SseFramer().choices == 0
    assert fed(text("a"), text("b")).choices == 1
    assert fed(text("a"), event(choices=[choice(1), choice(5)])).choices == 3
