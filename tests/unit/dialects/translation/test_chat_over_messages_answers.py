"""Answers of the messages API as chat clients get them, whole and in streams; and what both directions count and call alike."""

from __future__ import annotations

from typing import Any

import pytest
from support.assembled import assemble_chat, check_completion, translate_stream
from support.chat_and_messages import CALL, completion, to_message

from pyproxy.dialects.translation.chat_over_messages import CHAT_OVER_MESSAGES
from pyproxy.dialects.translation.events import DONE, Event
from pyproxy.dialects.translation.messages_over_chat import MESSAGES_OVER_CHAT
from pyproxy.dialects.translation.translator import Call

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


def to_chat(body: dict[str, Any]) -> dict[str, Any]:
    return check_completion(CHAT_OVER_MESSAGES.response(body, CALL).body)


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
