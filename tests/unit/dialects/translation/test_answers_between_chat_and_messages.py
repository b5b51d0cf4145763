"""Whole answers and streams, in both directions."""

from __future__ import annotations

from typing import Any

import pytest
from support.assembled import assemble_chat, assemble_message, check_completion, translate_stream

from pyproxy.dialects.translation.chat_over_messages import CHAT_OVER_MESSAGES
from pyproxy.dialects.translation.events import DONE, Event
from pyproxy.dialects.translation.messages_over_chat import MESSAGES_OVER_CHAT
from pyproxy.dialects.translation.tool_ids import safe_id
from pyproxy.dialects.translation.translator import Call

CALL = Call(model="upstream", id="r1", created=1_700_000_000)
NO_USAGE = Call(model="upstream", include_usage=False)


def message(*content: Any, **members: Any) -> dict[str, Any]:
    usage = {"input_tokens": 10, "output_tokens": 4}
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "content": list(content),
        "stop_reason": "end_turn",
        "usage": usage,
        **members,
    }


def completion(finish_reason: str | None = "stop", usage: Any = None, **members: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": None, **members}, "finish_reason": finish_reason}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-x", "choices": [choice], "usage": usage}


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


def to_chat(body: dict[str, Any]) -> dict[str, Any]:
    return check_completion(CHAT_OVER_MESSAGES.response(body, CALL).body)


def to_message(body: dict[str, Any], call: Call = CALL) -> dict[str, Any]:
    return MESSAGES_OVER_CHAT.response(body, call).body


def stream_to_message(*chunks: Any) -> dict[str, Any]:
    return assemble_message(translate_stream(MESSAGES_OVER_CHAT.stream(CALL), chunks))


def names(events: list[Event]) -> list[str | None]:
    return [event.name for event in events]


def test_a_message_becomes_a_completion_with_all_it_says() -> None:
    body = message(
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "redacted_thinking", "data": "d"},
        {"type": "text", "text": "I "},
        {"type": "text", "text": "look"},
        {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"ä": 1}},
        {"type": "tool_use", "id": "toolu_2", "name": "look", "input": {}},
        stop_reason="tool_use",
    )
    assert to_chat(body) == {
        "id": "msg_1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "claude-x",
        "choices": [
            {
                "index": 0,
                "logprobs": None,
                "finish_reason": "tool_calls",
                "message": {
                    "role": "assistant",
                    "content": "I look",
                    "refusal": None,
                    "reasoning_content": "hm",
                    "thinking_blocks": [
                        {"type": "thinking", "thinking": "hm", "signature": "s"},
                        {"type": "redacted_thinking", "data": "d"},
                    ],
                    "tool_calls": [
                        {"id": "toolu_1", "type": "function", "function": {"name": "look", "arguments": '{"ä":1}'}},
                        {"id": "toolu_2", "type": "function", "function": {"name": "look", "arguments": "{}"}},
                    ],
                },
            }
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14, "prompt_tokens_details": {"cached_tokens": 0}},
    }


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("something_new", "stop"),
        (None, "stop"),
    ],
)
def test_why_a_message_ended(theirs: Any, ours: str) -> None:
    assert to_chat(message(stop_reason=theirs))["choices"][0]["finish_reason"] == ours


def test_a_refusal_is_told_with_its_explanation() -> None:
    choice = to_chat(message(stop_reason="refusal", stop_details={"type": "refusal", "explanation": "no"}))["choices"][0]
    assert (choice["finish_reason"], choice["message"]["refusal"], choice["message"]["content"]) == ("content_filter", "no", None)


def test_the_prompt_of_chat_includes_the_cache_and_the_input_of_messages_does_not() -> None:
    theirs = {
        "input_tokens": 3,
        "cache_read_input_tokens": 50,
        "cache_creation_input_tokens": 7,
        "output_tokens": 9,
        "output_tokens_details": {"thinking_tokens": 5},
    }
    ours = {
        "prompt_tokens": 60,
        "completion_tokens": 9,
        "total_tokens": 69,
        "prompt_tokens_details": {"cached_tokens": 50, "cache_write_tokens": 7},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }
    assert to_chat(message(usage=theirs))["usage"] == ours
    assert to_message(completion(usage=ours))["usage"] == theirs
    assert to_message(completion(usage={"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 5}}))["usage"]["input_tokens"] == 0


def test_the_work_of_the_providers_own_tools_and_citations_are_told_as_lost() -> None:
    lost = CHAT_OVER_MESSAGES.response(
        message({"type": "server_tool_use"}, {"type": "text", "text": "x", "citations": [{"type": "char_location"}]}), CALL
    ).lost
    assert lost == ("content[].server_tool_use", "content[].citations")


@pytest.mark.parametrize(
    "body",
    [{}, {"type": "error", "error": {}}, message(7), message({"type": "text"}), message({"type": "tool_use"}), message(content=None)],
)
def test_what_is_no_message_is_no_answer(body: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        CHAT_OVER_MESSAGES.response(body, CALL)


def test_a_stream_of_messages_tells_the_role_first_and_the_usage_last() -> None:
    stream = CHAT_OVER_MESSAGES.stream(CALL)
    usage = {"input_tokens": 5, "cache_read_input_tokens": 2, "output_tokens": 1}
    got = translate_stream(
        stream,
        [
            {"type": "message_start", "message": message(usage=usage)},
            {"type": "ping"},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "s"}},
            {"type": "content_block_stop", "index": 0},
            {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "ok"}},
            {"type": "content_block_stop", "index": 1},
            {"type": "content_block_start", "index": 2, "content_block": {"type": "tool_use", "id": "t1", "name": "look", "input": {}}},
            {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": ""}},
            {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": '{"a":'}},
            {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": "1}"}},
            {"type": "content_block_stop", "index": 2},
            {"type": "content_block_start", "index": 3, "content_block": {"type": "tool_use", "id": "t2", "name": "look", "input": {}}},
            {"type": "content_block_delta", "index": 3, "delta": {"type": "input_json_delta", "partial_json": ""}},
            {"type": "content_block_stop", "index": 3},
            {
                "type": "message_delta",
                "delta": {"stop_reason": "tool_use", "stop_sequence": None},
                "usage": {"input_tokens": None, "output_tokens": 9},
            },
            {"type": "message_stop"},
        ],
    )
    deltas = [event.data["choices"][0]["delta"] for event in got[:-2]]
    assert deltas == [
        {"role": "assistant", "content": ""},
        {"reasoning_content": "hm"},
        {"thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "s"}]},
        {"content": "ok"},
        {"tool_calls": [{"index": 0, "id": "t1", "type": "function", "function": {"name": "look", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"a":'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]},
        {"tool_calls": [{"index": 1, "id": "t2", "type": "function", "function": {"name": "look", "arguments": ""}}]},
        {"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]},
        {},
    ]
    assert got[-3].data["choices"][0]["finish_reason"] == "tool_calls"
    assert got[-2].data["choices"] == []
    assert got[-2].data["usage"] | {"prompt_tokens_details": {}} == {
        "prompt_tokens": 7,
        "completion_tokens": 9,
        "total_tokens": 16,
        "prompt_tokens_details": {},
    }
    assert got[-1].data == DONE
    assert assemble_chat(got)["choices"][0]["finish_reason"] == "tool_calls"


def test_a_stream_tells_no_usage_to_a_client_that_does_not_want_it() -> None:
    start = {"type": "message_start", "message": message()}
    got = translate_stream(CHAT_OVER_MESSAGES.stream(NO_USAGE), [start, {"type": "message_stop"}])
    assert [event.data["choices"][0]["finish_reason"] for event in got[:-1]] == [None, "stop"]


@pytest.mark.parametrize(
    "data",
    [
        DONE,
        7,
        {},
        {"type": "error", "error": {"type": "overloaded_error"}},
        {"type": "message_start"},
        {"type": "message_start", "message": {}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x"}},
        {"type": "content_block_start", "index": [], "content_block": {}},
    ],
)
def test_what_is_no_event_of_messages_is_refused(data: Any) -> None:
    stream = CHAT_OVER_MESSAGES.stream(CALL)
    stream.feed(Event({"type": "message_start", "message": message()}))
    with pytest.raises(ValueError, match=r"."):
        stream.feed(Event(data))


def test_a_stream_without_a_message_has_no_end_either() -> None:
    for translator in (CHAT_OVER_MESSAGES, MESSAGES_OVER_CHAT):
        with pytest.raises(ValueError, match="the provider's stream"):
            translator.stream(CALL).finish()


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
    assert to_message(completion(content="x", reasoning_content="hm", thinking_blocks=blocks))["content"] == [
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
    assert streamed["content"] == [*blocks, second, {"type": "text", "text": "x"}]


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


def test_tiers_are_told_in_each_apis_words() -> None:
    assert to_chat(message(usage={"service_tier": "standard"}))["service_tier"] == "default"
    assert to_message({**completion(), "service_tier": "priority"})["usage"]["service_tier"] == "priority"


def test_a_text_is_there_where_nothing_is_called_and_nothing_refused() -> None:
    for members, content in (({}, ""), ({"stop_reason": "max_tokens"}, ""), ({"stop_details": {"explanation": "No."}}, None)):
        answer = to_chat({**message(), "content": [], **members})
        assert answer["choices"][0]["message"]["content"] == content
    call = {"type": "tool_use", "id": "t", "name": "look", "input": {}}
    assert to_chat({**message(), "content": [call]})["choices"][0]["message"]["content"] is None


def test_a_call_without_an_input_is_one_without_arguments() -> None:
    for call in ({"input": None}, {}):
        answer = to_chat({**message(), "content": [{"type": "tool_use", "id": "t", "name": "look", **call}]})
        assert answer["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] == "{}"
