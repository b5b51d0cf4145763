"""The calls of tools in a stream of chat, put together however their provider tells them apart."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.dialects.translation.chat.calls import StreamedCall, StreamedCalls, call_pieces
from pyproxy.dialects.translation.events import Event
from pyproxy.dialects.translation.gemini_over_chat import GEMINI_OVER_CHAT
from pyproxy.dialects.translation.messages_over_chat import MESSAGES_OVER_CHAT
from pyproxy.dialects.translation.responses_over_chat import RESPONSES_OVER_CHAT
from pyproxy.dialects.translation.translator import Call

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]


def piece(position: int | None, identifier: str | None, name: str | None, arguments: Any) -> Json:
    told = {"index": position, "id": identifier, "function": {"name": name, "arguments": arguments}}
    return {member: value for member, value in told.items() if value is not None}


def put_together(pieces: list[Json]) -> list[tuple[str, str]]:
    calls = StreamedCalls()
    told: dict[StreamedCall, list[str]] = {}
    for one in call_pieces({"tool_calls": pieces}):
        told.setdefault(calls.take(one), []).append(one.arguments)
    return [(call.name, "".join(texts)) for call, texts in told.items()]


def _by_index(position: int, identifier: str, name: str, texts: list[str]) -> list[Json]:
    return [piece(position, identifier, name, ""), *(piece(position, None, None, text) for text in texts)]


def _all_at_once(position: int, identifier: str, name: str, texts: list[str]) -> list[Json]:
    return [piece(position, identifier, name, "".join(texts))]


def _all_at_zero(_position: int, identifier: str, name: str, texts: list[str]) -> list[Json]:
    return [piece(0, identifier, name, texts[0]), *(piece(0, None, None, text) for text in texts[1:])]


def _all_at_zero_without_ids(_position: int, _identifier: str, name: str, texts: list[str]) -> list[Json]:
    return [piece(0, "", name, texts[0]), *(piece(0, "", "", text) for text in texts[1:])]


def _by_id(_position: int, identifier: str, name: str, texts: list[str]) -> list[Json]:
    return [piece(None, identifier, name if text is texts[0] else None, text) for text in texts]


def _by_order(_position: int, _identifier: str, name: str, texts: list[str]) -> list[Json]:
    return [piece(None, None, name, texts[0]), *(piece(None, None, None, text) for text in texts[1:])]


def _all_repeated(position: int, identifier: str, name: str, texts: list[str]) -> list[Json]:
    return [*(piece(position, identifier, name, text) for text in texts), piece(position, identifier, name, "")]


def _with_new_ids_in_each_piece(position: int, identifier: str, name: str, texts: list[str]) -> list[Json]:
    return [piece(position, f"{identifier}-{number}", None if number else name, text) for number, text in enumerate(texts)]


IN_ORDER = [
    _by_index,
    _all_at_once,
    _all_at_zero,
    _all_at_zero_without_ids,
    _by_id,
    _by_order,
    _all_repeated,
    _with_new_ids_in_each_piece,
]
INTERLEAVED = [_by_index, _by_id]
arguments = st.dictionaries(st.text(max_size=3), st.text(max_size=5) | st.lists(st.integers(), max_size=2), min_size=1, max_size=3)


@st.composite
def calls(draw: st.DrawFn) -> list[tuple[str, list[str]]]:
    """Names, and arguments in pieces; the same tool may be called again and again."""
    made = []
    for _ in range(draw(st.integers(1, 4))):
        text = json.dumps(draw(arguments))
        cuts = sorted(draw(st.sets(st.integers(1, len(text) - 1), max_size=3)))
        made.append((draw(st.sampled_from("abc")), [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]))
    return made


@pytest.mark.parametrize("style", IN_ORDER)
@given(calls())
def test_calls_one_after_the_other_are_told_apart(
    style: Callable[[int, str, str, list[str]], list[Json]], made: list[tuple[str, list[str]]]
) -> None:
    pieces = [one for number, (name, texts) in enumerate(made) for one in style(number, f"id{number}", name, texts)]
    assert put_together(pieces) == [(name, "".join(texts)) for name, texts in made]


@pytest.mark.parametrize("style", INTERLEAVED)
@given(calls(), st.randoms(use_true_random=False))
def test_calls_whose_pieces_come_in_turns_are_told_apart(
    style: Callable[[int, str, str, list[str]], list[Json]], made: list[tuple[str, list[str]]], chance: Any
) -> None:
    heads = [style(number, f"id{number}", name, texts) for number, (name, texts) in enumerate(made)]
    pieces = [told.pop(0) for told in heads]
    while any(heads):
        pieces.append(chance.choice([told for told in heads if told]).pop(0))
    assert put_together(pieces) == [(name, "".join(texts)) for name, texts in made]


def test_a_name_and_an_id_may_come_late() -> None:
    assert put_together([piece(0, None, None, '{"a"'), piece(0, "1", None, ":"), piece(0, "1", "f", "1}")]) == [("f", '{"a":1}')]


def test_calls_without_arguments_are_told_apart_by_what_they_call() -> None:
    assert put_together([piece(0, None, "f", ""), piece(0, None, "g", "")]) == [("f", ""), ("g", "")]
    assert put_together([piece(None, None, "f", "{}"), piece(None, None, "f", "{}")]) == [("f", "{}")] * 2


def test_a_name_that_is_told_again_at_the_end_calls_nothing_more() -> None:
    assert put_together([piece(0, None, "f", "{}"), piece(0, None, "f", "")]) == [("f", "{}")]


def test_arguments_that_are_no_text_are_written_as_one() -> None:
    assert put_together([piece(0, "1", "f", {"a": 1})]) == [("f", '{"a":1}')]


@pytest.mark.parametrize("told", [3, [3], [{"function": 3}], [{"function": {"name": 3}}], [{"function": {"arguments": 3}}]])
def test_what_is_no_call_is_an_error(told: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        list(call_pieces({"tool_calls": told}))


def _of_messages(events: list[Event]) -> list[tuple[str, Any]]:
    names: dict[int, str] = {}
    texts: dict[int, str] = {}
    for event in events:
        if event.name == "content_block_start":
            names[event.data["index"]] = event.data["content_block"]["name"]
        elif event.name == "content_block_delta":
            texts[event.data["index"]] = texts.get(event.data["index"], "") + event.data["delta"]["partial_json"]
    return [(name, json.loads(texts[index])) for index, name in names.items()]


def _of_gemini(events: list[Event]) -> list[tuple[str, Any]]:
    called = [part["functionCall"] for part in events[-1].data["candidates"][0]["content"]["parts"]]
    return [(call["name"], call["args"]) for call in called]


def _of_responses(events: list[Event]) -> list[tuple[str, Any]]:
    return [(item["name"], json.loads(item["arguments"])) for item in events[-1].data["response"]["output"]]


@pytest.mark.parametrize(
    ("translator", "calls_of"),
    [(MESSAGES_OVER_CHAT, _of_messages), (GEMINI_OVER_CHAT, _of_gemini), (RESPONSES_OVER_CHAT, _of_responses)],
    ids=["messages", "gemini", "responses"],
)
@pytest.mark.parametrize("style", IN_ORDER)
def test_every_client_is_told_of_each_call(
    translator: Any, calls_of: Callable[[list[Event]], list[tuple[str, Any]]], style: Callable[[int, str, str, list[str]], list[Json]]
) -> None:
    stream = translator.stream(Call("m", stream=True))
    events: list[Event] = []
    for number, city in enumerate(("Rome", "Oslo")):
        for one in style(number, f"id{number}", "weather", ['{"city":', f'"{city}"}}']):
            events += stream.feed(Event({"choices": [{"index": 0, "delta": {"tool_calls": [one]}}]}))
    events += stream.feed(Event({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}))
    assert calls_of(events + stream.finish()) == [("weather", {"city": "Rome"}), ("weather", {"city": "Oslo"})]
