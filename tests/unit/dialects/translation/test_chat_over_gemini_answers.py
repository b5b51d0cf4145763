"""Gemini's answers as those of the chat API, whole and as streams: valid for its SDK, complete, and the same either way."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from pyproxy.dialects.translation.chat_over_gemini import CHAT_OVER_GEMINI
from pyproxy.dialects.translation.events import DONE, Event
from pyproxy.dialects.translation.translator import Call

CALL = Call("gemini-2.5-flash", id="req-1", created=1_700_000_000)


def said(*parts: Any, **more: Any) -> dict[str, Any]:
    return {"content": {"role": "model", "parts": list(parts)}, "finishReason": "STOP", "index": 0, **more}


def answer(*candidates: Any, **more: Any) -> Any:
    body = CHAT_OVER_GEMINI.response({"candidates": list(candidates), **more}, CALL).body
    ChatCompletion.model_validate(body, strict=True)
    return body


def message(*parts: Any) -> Any:
    return answer(said(*parts))["choices"][0]["message"]


def stream(*chunks: Any, call: Call = CALL) -> list[Any]:
    translator = CHAT_OVER_GEMINI.stream(call)
    events = [event for chunk in chunks for event in translator.feed(Event(chunk))] + translator.finish()
    assert events[-1] == Event(DONE)
    assert all(event.name is None for event in events)
    for event in events[:-1]:
        ChatCompletionChunk.model_validate(event.data, strict=True)
    return [event.data for event in events[:-1]]


def called(name: str, args: Any = None, **more: Any) -> dict[str, Any]:
    return {"functionCall": {"name": name, **({} if args is None else {"args": args}), **more}}


def test_a_whole_answer_is_one_of_the_chat_api() -> None:
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7}
    assert answer(said({"text": "Hel"}, {"text": "lo"}), usageMetadata=usage, modelVersion="gemini-2.5-flash-001", responseId="r") == {
        "id": "chatcmpl-r",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "gemini-2.5-flash-001",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 5,
            "completion_tokens": 2,
            "total_tokens": 7,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    }


def test_what_the_provider_leaves_out_is_taken_from_the_call() -> None:
    body = answer({"content": {}})
    assert (body["id"], body["model"]) == ("chatcmpl-req-1", "gemini-2.5-flash")
    assert body["choices"][0]["message"]["content"] == ""
    assert "usage" not in body


def test_calls_that_end_as_stop_are_calls_of_tools() -> None:
    body = answer(said(called("a", {"x": "ü"}, id="kept"), called("b"), called("b")))
    choice = body["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    calls = choice["message"]["tool_calls"]
    assert [call["function"] for call in calls] == [{"name": "a", "arguments": '{"x":"ü"}'}] + 2 * [{"name": "b", "arguments": "{}"}]
    ids = [call["id"] for call in calls]
    assert ids[0] == "kept"
    assert len(set(ids)) == 3
    assert all(len(identifier) <= 40 for identifier in ids)


def test_made_ids_are_the_same_for_the_same_call_and_others_for_others() -> None:
    def ids(call: Call) -> Any:
        body = CHAT_OVER_GEMINI.response({"candidates": [said(called("a")), said(called("a"), index=1)]}, call).body
        return [choice["message"]["tool_calls"][0]["id"] for choice in body["choices"]]

    first = ids(CALL)
    assert first == ids(CALL)
    assert len({*first, *ids(replace(CALL, id="req-2"))}) == 4


def test_thoughts_and_signatures_are_kept_apart_from_what_is_said() -> None:
    made = message(
        {"text": "hm", "thought": True},
        {"text": "so", "thoughtSignature": "Qg=="},
        {**called("a"), "thoughtSignature": "QQ=="},
    )
    assert (made["reasoning_content"], made["content"]) == ("hm", "so")
    assert made["extra_content"] == {"google": {"thought_signature": "Qg=="}}
    assert made["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "QQ=="}}


def test_of_two_signatures_of_what_is_said_the_last_is_kept_and_the_other_told_as_lost() -> None:
    body = {"candidates": [said({"text": "a", "thoughtSignature": "QQ=="}, {"text": "b", "thoughtSignature": "Qg=="})]}
    translated = CHAT_OVER_GEMINI.response(body, CALL)
    assert translated.body["choices"][0]["message"]["extra_content"] == {"google": {"thought_signature": "Qg=="}}
    assert translated.lost == ("candidates[].content.parts[].thoughtSignature",)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        *(
            (reason, "content_filter")
            for reason in ("SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "LANGUAGE", "OTHER")
        ),
        ("A_REASON_OF_TOMORROW", "content_filter"),
    ],
)
def test_only_a_natural_end_is_told_as_one(reason: str, finish: str) -> None:
    assert answer(said({"text": "x"}, finishReason=reason))["choices"][0]["finish_reason"] == finish
    assert stream({"candidates": [said({"text": "x"}, finishReason=reason)]})[-1]["choices"][0]["finish_reason"] == finish


def test_calls_that_were_cut_off_do_not_end_as_calls() -> None:
    assert answer(said(called("a"), finishReason="MAX_TOKENS"))["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize("reason", ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE"])
def test_an_end_that_is_no_answer_is_an_error_so_that_it_is_asked_again(reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        answer(said(finishReason=reason))
    with pytest.raises(ValueError, match=reason):
        stream({"candidates": [said(finishReason=reason)]})


def test_a_blocked_prompt_is_an_answer_that_says_so() -> None:
    blocked = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 4, "totalTokenCount": 4}}
    choice = answer(**blocked)["choices"][0]
    assert choice["finish_reason"] == "content_filter"
    assert choice["message"]["refusal"] == "The provider blocked the prompt: PROHIBITED_CONTENT."
    chunks = stream(blocked)
    assert chunks[1]["choices"][0]["delta"] == {"refusal": choice["message"]["refusal"]}
    assert chunks[-2]["choices"][0]["finish_reason"] == "content_filter"


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        ({"promptTokenCount": 10, "cachedContentTokenCount": 8, "candidatesTokenCount": 3, "thoughtsTokenCount": 4}, (10, 7, 8, 4)),
        ({"promptTokenCount": 10, "toolUsePromptTokenCount": 5, "candidatesTokenCount": 3, "totalTokenCount": 18}, (15, 3, 0, 0)),
        # Thoughts counted among the candidates, as some models do.
        ({"promptTokenCount": 10, "candidatesTokenCount": 7, "thoughtsTokenCount": 4, "totalTokenCount": 17}, (10, 7, 0, 4)),
        # Nothing said before the thoughts used up all there was.
        ({"promptTokenCount": 10, "thoughtsTokenCount": 4, "totalTokenCount": 14}, (10, 4, 0, 4)),
        # A total that cannot be right.
        ({"promptTokenCount": 10, "thoughtsTokenCount": 4, "totalTokenCount": 12}, (10, 4, 0, 4)),
        ({}, (0, 0, 0, 0)),
    ],
)
def test_usage_counts_thoughts_as_completion_and_cached_tokens_as_prompt(told: Any, counted: tuple[int, ...]) -> None:
    usage = answer(said(), usageMetadata=told)["usage"]
    details = usage["prompt_tokens_details"]["cached_tokens"], usage["completion_tokens_details"]["reasoning_tokens"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], *details) == counted
    assert usage["total_tokens"] == counted[0] + counted[1]


def test_probabilities_of_tokens_are_carried() -> None:
    result = {
        "chosenCandidates": [{"token": "ü", "tokenId": 7, "logProbability": -0.5}],
        "topCandidates": [{"candidates": [{"token": "u", "logProbability": -1}]}],
    }
    candidate = said({"text": "ü"}, logprobsResult=result)
    logprobs = answer(candidate)["choices"][0]["logprobs"]
    top = {"token": "u", "logprob": -1, "bytes": [117]}
    assert logprobs["content"] == [{"token": "ü", "logprob": -0.5, "bytes": [195, 188], "top_logprobs": [top]}]
    assert stream({"candidates": [candidate]})[1]["choices"][0]["logprobs"] == logprobs


def test_what_chat_has_no_place_for_is_told_by_name() -> None:
    body = {
        "candidates": [
            said({"inlineData": {}, "text": "x"}, {"executableCode": {"code": "1"}}, groundingMetadata={"a": 1}, safetyRatings=[{}])
        ]
    }
    lost = ("candidates[].content.parts[].executableCode", "candidates[].groundingMetadata")
    assert CHAT_OVER_GEMINI.response(body, CALL).lost == lost
    translator = CHAT_OVER_GEMINI.stream(CALL)
    translator.feed(Event(body))
    assert translator.lost == lost


def test_a_stream_begins_with_the_role_and_ends_with_finish_usage_and_done() -> None:
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7}
    chunks = stream(
        {"candidates": [{"content": {"parts": [{"text": "Hel"}], "role": "model"}, "index": 0}], "responseId": "r", "usageMetadata": {}},
        {"candidates": [said({"text": "lo"})], "usageMetadata": usage, "responseId": "r"},
    )
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks[:-1]]
    assert deltas == [{"role": "assistant", "content": ""}, {"content": "Hel"}, {"content": "lo"}, {}]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[:-1]] == [None, None, None, "stop"]
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["total_tokens"] == 7
    assert {chunk["id"] for chunk in chunks} == {"chatcmpl-r"}


def test_usage_is_told_only_to_those_who_want_it() -> None:
    call = replace(CALL, include_usage=False)
    chunks = stream({"candidates": [said({"text": "x"})], "usageMetadata": {"promptTokenCount": 1}}, call=call)
    assert all("usage" not in chunk for chunk in chunks)


def test_parallel_calls_of_a_stream_have_indices_of_their_own_and_finish_as_calls() -> None:
    chunks = stream(
        {"candidates": [said(called("a", {"x": 1}), called("b"))]},
        {"candidates": [{**said(called("a")), "finishReason": None}]},
        {"candidates": [said({"text": "", "thoughtSignature": "QQ=="})]},
    )
    calls = [call for chunk in chunks for choice in chunk["choices"] for call in choice["delta"].get("tool_calls", [])]
    assert [(call["index"], call["function"]["name"]) for call in calls] == [(0, "a"), (1, "b"), (2, "a")]
    assert len({call["id"] for call in calls}) == 3
    assert [json.loads(call["function"]["arguments"]) for call in calls] == [{"x": 1}, {}, {}]
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert chunks[-1]["choices"][0]["delta"] == {"extra_content": {"google": {"thought_signature": "QQ=="}}}


BEGUN = {"content": {"parts": [{"text": "x"}]}, "index": 1}


@pytest.mark.parametrize("chunks", [[], [{"candidates": [BEGUN]}], [{"candidates": [said(), BEGUN]}], [{"usageMetadata": {}}]])
def test_a_stream_without_its_end_is_none(chunks: list[Any]) -> None:
    with pytest.raises(ValueError, match="without a finishReason"):
        stream(*chunks)


@pytest.mark.parametrize(
    "chunk",
    [
        "[DONE]",
        None,
        [],
        {"error": {"code": 503}},
        {"candidates": 1},
        {"candidates": [1]},
        {"candidates": [{"content": "x"}]},
        {"candidates": [said({"text": 1})]},
        {"candidates": [said(called(""))]},
        {"candidates": [said(called("a", [1]))]},
        {"usageMetadata": {"promptTokenCount": "x"}},
    ],
)
def test_what_is_no_answer_is_an_error(chunk: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each in words of its own
        stream(chunk)
    with pytest.raises(ValueError):  # noqa: PT011
        answer_of(chunk)


def answer_of(body: Any) -> Any:
    return CHAT_OVER_GEMINI.response(body, CALL)


def test_an_answer_in_snake_case_is_read_too() -> None:
    body = answer(said({"function_call": {"name": "a"}}, finish_reason="STOP"), usage_metadata={"prompt_token_count": 3})
    assert body["choices"][0]["finish_reason"] == "tool_calls"
    assert body["usage"]["prompt_tokens"] == 3
