"""Answers of the chat API as Gemini's, whole and as streams."""

from __future__ import annotations

from typing import Any

import pytest

from pyproxy.dialects.translation.events import DONE, Event, encode
from pyproxy.dialects.translation.gemini.signatures import carried, seal_signature, unseal
from pyproxy.dialects.translation.gemini_over_chat import GEMINI_OVER_CHAT
from pyproxy.dialects.translation.translator import Call

CALL = Call("gpt-4o", id="req-1")


def chat(finish: str | None = "stop", /, **message: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}]}


def answer(body: Any) -> Any:
    return GEMINI_OVER_CHAT.response(body, CALL).body


def parts(finish: str | None = "stop", /, **message: Any) -> Any:
    return answer(chat(finish, **message))["candidates"][0]["content"]["parts"]


def stream(*chunks: Any) -> list[Any]:
    translator = GEMINI_OVER_CHAT.stream(CALL)
    events = [event for chunk in chunks for event in translator.feed(Event(chunk))] + translator.finish()
    assert all(event.name is None and event.data != DONE for event in events)
    assert encode(events).startswith(b"data: {")
    return [event.data for event in events]


def delta(finish: str | None = None, /, index: int = 0, **members: Any) -> dict[str, Any]:
    return {"id": "c-1", "model": "m", "choices": [{"index": index, "delta": members, "finish_reason": finish}]}


def called(name: str | None = None, arguments: Any = None, **more: Any) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"type": "function", "function": {key: value for key, value in function.items() if value is not None}, **more}


def test_a_whole_answer_is_one_of_geminis() -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7, "prompt_tokens_details": None}
    assert answer({**chat(content="Hello"), "id": "c-1", "model": "gpt-4o-2024", "usage": usage}) == {
        "candidates": [{"content": {"role": "model", "parts": [{"text": "Hello"}]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7},
        "modelVersion": "gpt-4o-2024",
        "responseId": "c-1",
    }


def test_calls_of_tools_are_objects_with_their_ids_and_end_as_stop() -> None:
    body = answer(chat("tool_calls", content=None, tool_calls=[called("a", '{"x": 1}', id="1"), called("b", "", id="2"), called("b")]))
    candidate = body["candidates"][0]
    assert candidate["finishReason"] == "STOP"
    calls = [part["functionCall"] for part in candidate["content"]["parts"]]
    assert calls[:2] == [{"id": "1", "name": "a", "args": {"x": 1}}, {"id": "2", "name": "b", "args": {}}]
    assert calls[2]["id"].startswith("call_")


QQ = seal_signature("QQ==", CALL.signer)


def test_thoughts_come_first_and_signatures_return_to_their_parts() -> None:
    extra = {"google": {"thought_signature": "QQ=="}}
    assert parts(
        "tool_calls", reasoning_content="hm", content="so", extra_content=extra, tool_calls=[called("a", id="1", extra_content=extra)]
    ) == [
        {"text": "hm", "thought": True},
        {"text": "so", "thoughtSignature": QQ},
        {"functionCall": {"id": "1", "name": "a", "args": {}}, "thoughtSignature": QQ},
    ]
    assert parts(reasoning="hm", content=[{"type": "text", "text": "so"}]) == [{"text": "hm", "thought": True}, {"text": "so"}]


@pytest.mark.parametrize(
    ("calls", "signatures"),
    [
        ([called("a", id="1"), called("b", id="2")], ["skip_thought_signature_validator", None]),
        ([called("a", id="1", extra_content={"google": {"thought_signature": "QQ=="}}), called("b", id="2")], [QQ, None]),
    ],
)
def test_calls_that_no_gemini_made_are_marked_so_that_one_takes_the_conversation_on(calls: Any, signatures: list[str | None]) -> None:
    assert [part.get("thoughtSignature") for part in parts("tool_calls", tool_calls=calls)] == signatures
    deltas = [delta(tool_calls=[{**call, "index": number}]) for number, call in enumerate(calls)]
    streamed = stream(*deltas, delta("tool_calls"))[-1]["candidates"][0]["content"]["parts"]
    assert [part.get("thoughtSignature") for part in streamed if "functionCall" in part] == signatures


SIGNED = {"type": "thinking", "thinking": "hm", "signature": "EqoB"}
REDACTED = {"type": "redacted_thinking", "data": "EmwK"}


def test_thoughts_that_anthropic_signed_carry_its_signature_sealed() -> None:
    told = parts(content="so", reasoning_content="hm", thinking_blocks=[SIGNED, REDACTED])
    assert told[0].keys() == {"text", "thought", "thoughtSignature"}
    assert (told[0]["text"], told[1]) == ("hm", {"text": "so"})
    assert carried(told[0]["thoughtSignature"]) == told[0]["thoughtSignature"]
    assert unseal(told[0]["thoughtSignature"]) == (CALL.signer, [SIGNED, REDACTED])
    alone = parts(content="so", thinking_blocks=[REDACTED])
    assert (alone[0]["text"], alone[0]["thought"], unseal(alone[0]["thoughtSignature"])) == ("", True, (CALL.signer, [REDACTED]))
    assert parts(content="so", thinking_blocks=[{"type": "thinking", "thinking": "hm", "signature": ""}, 5]) == [{"text": "so"}]


def test_in_a_stream_the_seal_follows_the_thought() -> None:
    chunks = stream(delta(reasoning_content="hm"), delta(thinking_blocks=[SIGNED]), delta("stop", content="so"))
    told = [part for chunk in chunks for part in chunk["candidates"][0]["content"]["parts"]]
    assert told[0] == {"text": "hm", "thought": True}
    assert (told[1]["text"], told[1]["thought"], unseal(told[1]["thoughtSignature"])) == ("", True, (CALL.signer, [SIGNED]))
    assert told[2] == {"text": "so"}


def test_googles_sdk_can_read_any_signature_for_it_is_sealed() -> None:
    translated = GEMINI_OVER_CHAT.response(chat(content="x", extra_content={"google": {"thought_signature": "?"}}), CALL)
    (part,) = translated.body["candidates"][0]["content"]["parts"]
    assert carried(part["thoughtSignature"]) == part["thoughtSignature"] == seal_signature("?", CALL.signer)
    assert translated.lost == ()


@pytest.mark.parametrize(
    ("finish", "reason"),
    [("stop", "STOP"), (None, "STOP"), ("length", "MAX_TOKENS"), ("tool_calls", "STOP"), ("content_filter", "SAFETY"), ("abort", "OTHER")],
)
def test_finishes_have_geminis_names(finish: str | None, reason: str) -> None:
    assert answer(chat(finish, content="x"))["candidates"][0]["finishReason"] == reason


def test_a_refusal_is_told_in_its_words() -> None:
    assert parts(content=None, refusal="No.") == [{"text": "No."}]
    assert parts(content="") == [{"text": ""}]


def test_arguments_that_are_no_object_are_handed_on_unless_they_were_cut_off() -> None:
    broken = [called("a", '{"x": ', id="1")]
    handed_on = {"id": "1", "name": "a", "args": {"arguments": '{"x": '}}
    assert [part["functionCall"] for part in parts("tool_calls", tool_calls=broken)] == [handed_on]
    assert parts("length", tool_calls=broken) == [{"text": ""}]


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        (
            {"completion_tokens": 7, "completion_tokens_details": {"reasoning_tokens": 4}, "total_tokens": 17},
            {"candidates": 3, "thoughts": 4},
        ),
        # Thoughts told beside the completion, as some do.
        (
            {"completion_tokens": 3, "completion_tokens_details": {"reasoning_tokens": 4}, "total_tokens": 17},
            {"candidates": 3, "thoughts": 4},
        ),
        ({"completion_tokens": 7}, {"candidates": 7}),
        ({"completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 8}}, {"candidates": 7, "cachedContent": 8}),
    ],
)
def test_usage_tells_thoughts_apart_from_candidates(told: Any, counted: Any) -> None:
    usage = answer({**chat(content="x"), "usage": {"prompt_tokens": 10, **told}})["usageMetadata"]
    total = usage.pop("totalTokenCount")
    assert total == 10 + counted["candidates"] + counted.get("thoughts", 0)
    assert usage == {"promptTokenCount": 10, **{f"{name}TokenCount": value for name, value in counted.items()}}


def test_probabilities_of_tokens_are_carried() -> None:
    token = {"token": "x", "logprob": -0.5, "bytes": [120], "top_logprobs": [{"token": "y", "logprob": -1, "bytes": None}]}
    body = chat(content="x")
    body["choices"][0]["logprobs"] = {"content": [token], "refusal": None}
    assert answer(body)["candidates"][0]["logprobsResult"] == {
        "chosenCandidates": [{"token": "x", "logProbability": -0.5}],
        "topCandidates": [{"candidates": [{"token": "y", "logProbability": -1}]}],
    }


def test_texts_of_a_stream_go_on_as_they_come_and_the_last_chunk_tells_the_end() -> None:
    chunks = stream(
        delta(role="assistant", content=""),
        {**delta(reasoning_content="hm"), "usage": {"prompt_tokens": 5, "completion_tokens": 1}},
        delta(content="Hel"),
        delta(content="lo"),
        delta("stop"),
        {"id": "c-1", "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}},
        DONE,
    )
    assert [chunk["candidates"][0]["content"]["parts"] for chunk in chunks] == [
        [{"text": "hm", "thought": True}],
        [{"text": "Hel"}],
        [{"text": "lo"}],
        [{"text": ""}],
    ]
    assert ["finishReason" in chunk["candidates"][0] for chunk in chunks] == [False, False, False, True]
    assert ["usageMetadata" in chunk for chunk in chunks] == [False, False, False, True]
    assert chunks[-1]["usageMetadata"]["totalTokenCount"] == 7
    assert {(chunk["responseId"], chunk["modelVersion"]) for chunk in chunks} == {("c-1", "m")}


def test_calls_of_a_stream_are_told_whole_however_their_pieces_come() -> None:
    chunks = stream(
        delta(tool_calls=[called("a", "", index=0, id="1"), called("b", '{"y"', index=1, id="2")]),
        delta(tool_calls=[called(None, '{"x": ', index=0)]),
        delta(tool_calls=[called(None, ": 2}", index=1), called(None, "1}", index=0)]),
        delta("tool_calls"),
    )
    assert len(chunks) == 1
    assert [part["functionCall"] for part in chunks[0]["candidates"][0]["content"]["parts"]] == [
        {"id": "1", "name": "a", "args": {"x": 1}},
        {"id": "2", "name": "b", "args": {"y": 2}},
    ]


def test_calls_without_an_index_are_told_apart_by_their_ids() -> None:
    chunks = stream(
        delta(tool_calls=[called("a", '{"x": ', id="1")]),
        delta(tool_calls=[called(None, "1}")]),
        delta(tool_calls=[called("b", "{}", id="2")]),
        delta("tool_calls"),
    )
    calls = [part["functionCall"] for part in chunks[0]["candidates"][0]["content"]["parts"]]
    assert calls == [{"id": "1", "name": "a", "args": {"x": 1}}, {"id": "2", "name": "b", "args": {}}]


def test_calls_that_all_have_the_same_index_are_told_apart_by_their_ids() -> None:
    chunks = stream(delta(tool_calls=[called("a", "{}", id="1", index=0), called("b", "{}", id="2", index=0)]), delta("tool_calls"))
    assert [part["functionCall"]["name"] for part in chunks[0]["candidates"][0]["content"]["parts"]] == ["a", "b"]


def test_a_signature_in_a_stream_comes_with_the_last_chunk() -> None:
    chunks = stream(delta(content="x"), delta("stop", extra_content={"google": {"thought_signature": "QQ=="}}))
    assert chunks[-1]["candidates"][0]["content"]["parts"] == [{"text": "", "thoughtSignature": QQ}]


def test_choices_of_a_stream_are_kept_apart() -> None:
    chunks = stream(delta(index=1, content="b"), delta(content="a"), delta("stop", index=1), delta("length"))
    assert [(one["index"], one["finishReason"]) for one in chunks[-1]["candidates"]] == [(1, "STOP"), (0, "MAX_TOKENS")]


@pytest.mark.parametrize("chunks", [[], [delta(content="x")], [delta("stop"), delta(index=1, content="y")], [DONE]])
def test_a_stream_without_its_end_is_none(chunks: list[Any]) -> None:
    with pytest.raises(ValueError, match="without a finish_reason"):
        stream(*chunks)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"choices": []},
        {"choices": 1},
        {"choices": [{}]},
        chat(content=1),
        chat(tool_calls=[called(None, "{}")]),
    ],
)
def test_what_is_no_answer_is_an_error(body: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each in words of its own
        answer(body)


@pytest.mark.parametrize("chunk", [None, {"error": {"message": "x"}}, delta(content=1), delta(tool_calls=[1]), {"choices": [{"delta": 1}]}])
def test_what_is_no_chunk_is_an_error(chunk: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        stream(chunk)


def test_what_gemini_has_no_place_for_is_told_by_name() -> None:
    assert GEMINI_OVER_CHAT.response(chat(content="x", annotations=[{}], audio=None), CALL).lost == ("choices[].message.annotations",)
    translator = GEMINI_OVER_CHAT.stream(CALL)
    translator.feed(Event(delta(annotations=[{"a": 1}])))
    assert translator.lost == ("choices[].delta.annotations",)
