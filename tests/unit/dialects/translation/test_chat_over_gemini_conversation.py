"""The turns of a chat as Gemini has them: instructions, calls and results, signatures, and media."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
from support.chat_over_gemini import CALL, HELLO, asked, call_of, refused

from pyproxy.dialects.translation.translator import Call, Translated, UntranslatableError
from pyproxy.domain.capabilities import Capabilities


def contents(*messages: dict[str, Any], call: Call = CALL) -> list[dict[str, Any]]:
    body = asked(call, messages=list(messages)).body
    return list(body["contents"])


def test_a_plain_question_carries_nothing_but_itself() -> None:
    assert asked(stream=True, stream_options={"include_usage": True}, user=None, store=False) == Translated(
        {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
    )


def test_instructions_are_taken_out_wherever_they_stand() -> None:
    translated = asked(
        messages=[
            {"role": "system", "content": "a"},
            *HELLO,
            {"role": "developer", "content": [{"type": "text", "text": "b"}, {"type": "text", "text": "c"}]},
        ]
    )
    assert translated.body["systemInstruction"] == {"parts": [{"text": "a"}, {"text": "b"}, {"text": "c"}]}
    assert translated.body["contents"] == [{"role": "user", "parts": [{"text": "Hi"}]}]


def test_instructions_alone_are_said_by_the_user_since_gemini_wants_something_to_answer() -> None:
    assert asked(messages=[{"role": "system", "content": "Tell a joke"}]).body == {
        "contents": [{"role": "user", "parts": [{"text": "Tell a joke"}]}]
    }


@pytest.mark.parametrize("messages", [[], None, [{"role": "system", "content": ""}], [{"role": "assistant", "content": None}]])
def test_a_conversation_without_a_word_is_refused(messages: Any) -> None:
    assert refused(messages=messages) == "messages"


def test_messages_of_the_same_side_become_one_turn() -> None:
    assert contents(
        {"role": "user", "content": "a"},
        {"role": "user", "content": [{"type": "text", "text": "b"}]},
        {"role": "assistant", "content": "c"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "d"}]},
        {"role": "assistant", "content": ""},
        {"role": "user", "content": ""},
    ) == [
        {"role": "user", "parts": [{"text": "a"}, {"text": "b"}]},
        {"role": "model", "parts": [{"text": "c"}, {"text": "d"}]},
        {"role": "user", "parts": [{"text": ""}]},
    ]


def test_results_of_parallel_calls_stand_in_one_turn_before_what_the_user_says() -> None:
    assert contents(
        *HELLO,
        {"role": "assistant", "content": None, "tool_calls": [call_of("1", '{"a": 1}'), call_of("2", "")]},
        {"role": "tool", "tool_call_id": "2", "content": "two"},
        {"role": "user", "content": "and?"},
        {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "o"}, {"type": "text", "text": "ne"}]},
    )[1:] == [
        {
            "role": "model",
            "parts": [
                {"functionCall": {"id": "1", "name": "tool_1", "args": {"a": 1}}},
                {"functionCall": {"id": "2", "name": "tool_2", "args": {}}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"id": "2", "name": "tool_2", "response": {"result": "two"}}},
                {"functionResponse": {"id": "1", "name": "tool_1", "response": {"result": "one"}}},
                {"text": "and?"},
            ],
        },
    ]


def test_a_result_without_its_call_needs_the_tools_name() -> None:
    tool = {"role": "tool", "tool_call_id": "x", "content": "5"}
    assert contents({**tool, "name": "look"})[0]["parts"][0]["functionResponse"]["name"] == "look"
    assert refused(messages=[tool]) == "messages[0].tool_call_id"
    made = contents({"role": "assistant", "tool_calls": [call_of("x")]}, {**tool, "name": "look"})
    assert made[1]["parts"][0]["functionResponse"]["name"] == "tool_x"


@pytest.mark.parametrize(
    ("written", "read"),
    [("", {}), ("  ", {}), (None, {}), ("null", {}), ({"a": 1}, {"a": 1}), ('{"a": [1.5, "ü"]}', {"a": [1.5, "ü"]})],
)
def test_arguments_become_an_object(written: Any, read: Any) -> None:
    part = contents({"role": "assistant", "tool_calls": [call_of("1", written)]})[0]["parts"][0]
    assert part["functionCall"]["args"] == read


@pytest.mark.parametrize("written", ["{", "[1]", "5", '{"a": NaN}', "[" * 100_000])
def test_arguments_that_are_no_object_are_handed_on_as_they_were_written(written: str) -> None:
    translated = asked(messages=[{"role": "assistant", "tool_calls": [call_of("1", written)]}])
    assert translated.body["contents"][0]["parts"][0]["functionCall"]["args"] == {"arguments": written}
    assert translated.lost == ("messages[].tool_calls[].function.arguments",)


def test_signatures_go_back_to_the_parts_that_they_came_with() -> None:
    def signed(signature: str) -> dict[str, Any]:
        return {"extra_content": {"google": {"thought_signature": signature}}}

    message = {
        "role": "assistant",
        "content": "so",
        "reasoning_content": "hm",
        "tool_calls": [call_of("1", **signed("QQ==")), call_of("2")],
        **signed("Qg=="),
    }
    parts = contents(message, call=Call("gemini-3-pro-preview"))[0]["parts"]
    assert parts[:2] == [{"text": "hm", "thought": True}, {"text": "so", "thoughtSignature": "Qg=="}]
    assert [part.get("thoughtSignature") for part in parts[2:]] == ["QQ==", None]
    texts = [{"type": "text", "text": text} for text in "ab"]
    last = contents({"role": "assistant", "content": texts, **signed("Qg==")})[0]["parts"]
    assert last == [{"text": "a"}, {"text": "b", "thoughtSignature": "Qg=="}]
    silent = contents({"role": "assistant", "content": None, **signed("Qg==")})
    assert silent == [{"role": "model", "parts": [{"text": "", "thoughtSignature": "Qg=="}]}]


@pytest.mark.parametrize(
    ("model", "signatures"),
    [
        ("gemini-3.1-pro-preview", ["skip_thought_signature_validator", None]),
        ("gemini-flash-latest", ["skip_thought_signature_validator", None]),
        ("gemini-2.5-pro", [None, None]),
        ("tuned", [None, None]),
    ],
)
def test_calls_whose_signature_was_not_kept_are_marked_for_the_models_that_ask_for_one(model: str, signatures: list[str | None]) -> None:
    parts = contents({"role": "assistant", "tool_calls": [call_of("1"), call_of("2")]}, call=Call(model))[0]["parts"]
    assert [part.get("thoughtSignature") for part in parts] == signatures


PIXEL = base64.b64encode(b"pixel").decode()


@pytest.mark.parametrize(
    ("part", "made"),
    [
        (
            {"type": "image_url", "image_url": {"url": f"data:image/PNG;base64,{PIXEL}", "detail": "auto"}},
            {"inlineData": {"mimeType": "image/png", "data": PIXEL}},
        ),
        (
            {"type": "image_url", "image_url": {"url": "data:image/svg+xml,%3Csvg%3E"}},
            {"inlineData": {"mimeType": "image/svg+xml", "data": base64.b64encode(b"<svg>").decode()}},
        ),
        (
            {"type": "image_url", "image_url": {"url": "https://x.test/a/b.JPG?size=1"}},
            {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://x.test/a/b.JPG?size=1"}},
        ),
        (
            {"type": "image_url", "image_url": {"url": "https://x.test/png"}},
            {"fileData": {"fileUri": "https://x.test/png"}},
        ),
        (
            {"type": "video_url", "video_url": {"url": "gs://bucket/film.mp4"}},
            {"fileData": {"mimeType": "video/mp4", "fileUri": "gs://bucket/film.mp4"}},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": PIXEL, "format": "mp3"}},
            {"inlineData": {"mimeType": "audio/mp3", "data": PIXEL}},
        ),
        (
            {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PIXEL}"}},
            {"inlineData": {"mimeType": "application/pdf", "data": PIXEL}},
        ),
        (
            {"type": "file", "file": {"filename": "a.csv", "file_data": PIXEL}},
            {"inlineData": {"mimeType": "text/csv", "data": PIXEL}},
        ),
    ],
)
def test_media_are_sent_as_data_or_by_their_url_and_never_fetched(part: Any, made: Any) -> None:
    translated = asked(messages=[{"role": "user", "content": [{"type": "text", "text": "see"}, part]}])
    assert translated.body["contents"][0]["parts"] == [{"text": "see"}, made]
    assert translated.lost == ()


@pytest.mark.parametrize(
    ("part", "param"),
    [
        ({"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}, ".image_url.url"),
        ({"type": "image_url", "image_url": {"url": "https://[bad"}}, ".image_url.url"),
        ({"type": "image_url", "image_url": {"url": "data:;base64,AA=="}}, ".image_url.url"),
        ({"type": "image_url", "image_url": {}}, ".image_url.url"),
        ({"type": "image_url"}, ".image_url"),
        ({"type": "file", "file": {"file_id": "file-123"}}, ".file.file_id"),
        ({"type": "hologram"}, ".type"),
        ("text", ""),
    ],
)
def test_media_that_cannot_be_sent_are_refused_by_their_place(part: Any, param: str) -> None:
    assert refused(messages=[*HELLO, {"role": "user", "content": [part]}]) == f"messages[1].content[0]{param}"


def test_a_model_without_eyes_is_sent_no_images() -> None:
    part = {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}
    with pytest.raises(UntranslatableError) as caught:
        asked(replace(CALL, capabilities=Capabilities(vision=False)), messages=[{"role": "user", "content": [part]}])
    assert caught.value.param == "messages[0].content[0]"
