"""Answers of chat as clients of messages get them, whole and in streams."""

from __future__ import annotations

from typing import Any

import pytest
from support.assembled import assemble_message, translate_stream
from support.chat_and_messages import CALL, completion, opened, to_message

from pyproxy.dialects.translation.events import DONE, Event
from pyproxy.dialects.translation.messages_over_chat import MESSAGES_OVER_CHAT
from pyproxy.dialects.translation.tool_ids import safe_id


def chunk(delta: dict[str, Any] | None = None, reason: str | None = None, **members: Any) -> dict[str, Any]:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": reason}]
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-x", "choices": choices, **members}


def piece(index: Any, arguments: Any, id_: str | None = None, name: str | None = None) -> dict[str, Any]:
    call: dict[str, Any] = {"index": index, "function": {"arguments": arguments}}
    if id_ is not None:
        call |= {"id": id_, "type": "function"}
    if name is not None:
        call["function"]["name"] = name
    return {"tool_calls": [call]}


def stream_to_message(*chunks: Any) -> dict[str, Any]:
    return assemble_message(translate_stream(MESSAGES_OVER_CHAT.stream(CALL), chunks))


def names(events: list[Event]) -> list[str | None]:
    return [event.name for event in events]


def test_a_completion_becomes_a_message_with_all_it_says() -> None:
    calls = [
        {"id": "functions.look:0", "type": "function", "function": {"name": "look", "arguments": '{"a": 1}'}},
        {"id": "", "type": "function", "function": {"name": "look", "arguments": ""}},
        {"function": {"name": "look", "arguments": {"b": 2}}},
    ]
    usage = {"prompt_tokens": 5, "completion_tokens": 2}
    assert to_message(completion("tool_calls", usage, content="I look", reasoning_content="hm", tool_calls=calls)) == {
        "id": "chatcmpl-1",
        "type": "message",
        "role": "assistant",
        "model": "gpt-x",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": ""},
            {"type": "text", "text": "I look"},
            {"type": "tool_use", "id": safe_id("functions.look:0"), "name": "look", "input": {"a": 1}},
            {"type": "tool_use", "id": "call_r1_1", "name": "look", "input": {}},
            {"type": "tool_use", "id": "call_r1_2", "name": "look", "input": {"b": 2}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 5, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 2},
    }


def test_signed_thinking_is_not_told_twice() -> None:
    blocks = [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "redacted_thinking", "data": "d"}]
    assert opened(to_message(completion(content="x", reasoning_content="hm", thinking_blocks=blocks))["content"]) == [
        *blocks,
        {"type": "text", "text": "x"},
    ]
    streamed = stream_to_message(
        chunk({"role": "assistant", "reasoning_content": "h"}),
        chunk({"reasoning_content": "m", "thinking_blocks": [{"type": "thinking", "thinking": "m"}]}),
        chunk({"thinking_blocks": blocks}),
        chunk({"thinking_blocks": [{"type": "thinking", "thinking": "second", "signature": "t"}]}),
        chunk({"content": "x"}, "stop"),
    )
    second = {"type": "thinking", "thinking": "second", "signature": "t"}
    assert opened(streamed["content"]) == [*blocks, second, {"type": "text", "text": "x"}]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("content_filter", "refusal"),
        ("tool_calls", "end_turn"),
        (None, "end_turn"),
        ("new", "end_turn"),
    ],
)
def test_why_a_completion_ended(theirs: Any, ours: str) -> None:
    assert to_message(completion(theirs, content="x"))["stop_reason"] == ours


def test_a_call_is_a_call_though_its_provider_says_stop_and_a_cut_call_is_cut() -> None:
    calls = [{"id": "a", "type": "function", "function": {"name": "look", "arguments": '{"x'}}]
    assert to_message(completion("stop", tool_calls=calls))["stop_reason"] == "tool_use"
    cut = MESSAGES_OVER_CHAT.response(completion("length", tool_calls=calls), CALL)
    assert (cut.body["stop_reason"], cut.body["content"][0]["input"]) == ("max_tokens", {"arguments": '{"x'})
    assert cut.lost == ("choices[].message.tool_calls[].function.arguments",)


def test_a_refusal_of_chat_is_one_of_messages() -> None:
    whole = to_message(completion("stop", refusal="I will not"))
    streamed = stream_to_message(chunk({"role": "assistant", "refusal": "I will"}), chunk({"refusal": " not"}), chunk({}, "stop"))
    for answer in (whole, streamed):
        assert (answer["content"], answer["stop_reason"]) == ([{"type": "text", "text": "I will not"}], "refusal")


def test_the_stop_that_was_found_is_told_where_the_provider_tells_it() -> None:
    body = completion("stop", content="x")
    body["choices"][0]["stop_reason"] = "END"
    answer = to_message(body)
    assert (answer["stop_reason"], answer["stop_sequence"]) == ("stop_sequence", "END")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"choices": []},
        {"choices": [7]},
        {"choices": [{"message": None}]},
        {"error": {"message": "x"}},
        completion(content=7),
        completion(tool_calls=[{"id": "x"}]),
    ],
)
def test_what_is_no_completion_is_no_answer(body: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        MESSAGES_OVER_CHAT.response(body, CALL)


def test_the_usage_that_comes_after_the_end_is_in_the_last_delta() -> None:
    stream = MESSAGES_OVER_CHAT.stream(CALL)
    first = stream.feed(Event(chunk({"role": "assistant", "content": ""})))
    assert first[0].data["message"]["usage"]["input_tokens"] == 0
    assert names(first) == ["message_start"]
    assert names(stream.feed(Event(chunk({"content": "x"})))) == ["content_block_start", "content_block_delta"]
    assert stream.feed(Event(chunk({}, "stop"))) == []
    assert stream.feed(Event(chunk(usage={"prompt_tokens": 8, "completion_tokens": 3}))) == []
    assert stream.feed(Event(DONE)) == []
    last = stream.finish()
    assert names(last) == ["content_block_stop", "message_delta", "message_stop"]
    assert last[1].data["usage"].items() >= {"input_tokens": 8, "output_tokens": 3}.items()


def test_calls_that_come_one_after_the_other_are_streamed_as_they_come() -> None:
    stream = MESSAGES_OVER_CHAT.stream(CALL)
    stream.feed(Event(chunk({"role": "assistant", "content": "x"})))
    got = stream.feed(Event(chunk(piece(0, '{"a": "}', "a", "look"))))
    assert names(got) == ["content_block_stop", "content_block_start", "content_block_delta"]
    assert names(stream.feed(Event(chunk(piece(0, '\\"{"}'))))) == ["content_block_delta"]
    got = stream.feed(Event(chunk(piece(1, "", "b", "look"))))
    assert names(got) == ["content_block_stop", "content_block_start"]
    assert names(stream.feed(Event(chunk(piece(1, "{}"))))) == ["content_block_delta"]


def test_pieces_of_calls_that_interleave_are_put_in_order() -> None:
    answer = stream_to_message(
        chunk({"role": "assistant", **piece(0, "", "a", "look")}),
        chunk(piece(1, "", "b", "hear")),
        chunk(piece(0, '{"x":')),
        chunk(piece(1, '{"y":')),
        chunk({"content": "meanwhile"}),
        chunk(piece(0, "1}")),
        chunk(piece(1, "2}"), "tool_calls"),
    )
    assert answer["content"] == [
        {"type": "tool_use", "id": "a", "name": "look", "input": {"x": 1}},
        {"type": "tool_use", "id": "b", "name": "hear", "input": {"y": 2}},
        {"type": "text", "text": "meanwhile"},
    ]
    assert answer["stop_reason"] == "tool_use"


def test_calls_under_one_index_or_none_are_told_apart() -> None:
    for index in (0, None):
        answer = stream_to_message(
            chunk({"role": "assistant", **piece(index, "{}", "a", "look")}), chunk(piece(index, "{}", "b", "hear")), chunk({}, "tool_calls")
        )
        assert [(block["id"], block["name"]) for block in answer["content"]] == [("a", "look"), ("b", "hear")]
    nameless = stream_to_message(chunk(piece(None, {"x": 1}, None, "look")), chunk(piece(None, "{}", "", "hear")), chunk({}, "stop"))
    assert [(block["id"], block["name"]) for block in nameless["content"]] == [("call_r1_0", "look"), ("call_r1_1", "hear")]


def test_a_name_that_is_repeated_is_no_new_call_and_one_that_comes_late_is_waited_for() -> None:
    answer = stream_to_message(
        chunk(piece(0, '{"x"', "a")), chunk(piece(0, ":1", "a", "look")), chunk(piece(0, "}", "a", "look"), "tool_calls")
    )
    assert answer["content"] == [{"type": "tool_use", "id": "a", "name": "look", "input": {"x": 1}}]
    stream = MESSAGES_OVER_CHAT.stream(CALL)
    stream.feed(Event(chunk(piece(0, "{}", "a"))))
    with pytest.raises(ValueError, match="without a name"):
        stream.finish()


def test_other_choices_than_the_first_are_passed_over() -> None:
    other = chunk({"content": "not this"}, "length")
    other["choices"][0]["index"] = 1
    answer = stream_to_message(chunk({"content": "this"}), other, chunk({}, "stop"))
    assert (answer["content"], answer["stop_reason"]) == ([{"type": "text", "text": "this"}], "end_turn")


def test_what_tells_of_the_prompt_alone_does_not_begin_the_answer() -> None:
    stream = MESSAGES_OVER_CHAT.stream(CALL)
    assert stream.feed(Event({"choices": [], "prompt_filter_results": [], "id": ""})) == []
    assert stream.feed(Event(chunk({"role": "assistant"})))[0].data["message"]["id"] == "chatcmpl-1"


@pytest.mark.parametrize(
    "data", [7, {}, {"error": {"message": "x"}}, {"choices": [7]}, chunk({"content": 7}), chunk(piece(0, 7, "a", "look"))]
)
def test_what_is_no_chunk_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        MESSAGES_OVER_CHAT.stream(CALL).feed(Event(data))
