"""The turns of a request to Gemini as chat has them: instructions, calls and results, thoughts with their signatures, and media."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
from support.gemini_over_chat import CALL, HELLO, asked, refused

from pyproxy.dialects.translation.gemini.signatures import seal, seal_signature
from pyproxy.dialects.translation.translator import Call, Translated, UntranslatableError
from pyproxy.domain.capabilities import Capabilities


def messages(*contents: Any, call: Call = CALL) -> Any:
    return asked(call, contents=list(contents)).body["messages"]


def test_a_plain_question_carries_nothing_but_itself() -> None:
    assert asked(model="models/x") == Translated({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]})


@pytest.mark.parametrize("instruction", ["Be brief", {"parts": [{"text": "Be brief"}]}, {"role": "user", "parts": {"text": "Be brief"}}])
@pytest.mark.parametrize("name", ["systemInstruction", "system_instruction"])
def test_instructions_become_the_first_message(name: str, instruction: Any) -> None:
    assert asked(**{name: instruction}).body["messages"][0] == {"role": "system", "content": "Be brief"}


@pytest.mark.parametrize("contents", ["Hi", ["Hi"], {"parts": {"text": "Hi"}}, HELLO])
def test_short_forms_of_a_question_are_read(contents: Any) -> None:
    assert asked(contents=contents).body["messages"] == [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize("contents", [[], None, [{"role": "model", "parts": []}], [{"parts": [{"executableCode": {"code": "1"}}]}]])
def test_a_conversation_without_a_word_is_refused(contents: Any) -> None:
    assert refused(contents=contents) == "contents"


def test_calls_and_results_without_ids_are_matched_by_name_and_order() -> None:
    made = messages(
        *HELLO,
        {
            "role": "model",
            "parts": [
                {"functionCall": {"name": "a", "args": {"n": 1}}},
                {"functionCall": {"name": "b"}},
                {"function_call": {"name": "a", "args": {"n": 2}}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"text": "done"},
                {"functionResponse": {"name": "b", "response": {"x": "ü"}}},
                {"functionResponse": {"name": "a", "response": {"result": "first"}}},
                {"functionResponse": {"name": "a", "response": {"output": "second"}}},
            ],
        },
    )
    calls = made[1]["tool_calls"]
    assert [call["function"] for call in calls] == [
        {"name": "a", "arguments": '{"n":1}'},
        {"name": "b", "arguments": "{}"},
        {"name": "a", "arguments": '{"n":2}'},
    ]
    first, other, second = (call["id"] for call in calls)
    assert made[1]["content"] is None
    assert made[2:] == [
        {"role": "tool", "tool_call_id": other, "content": '{"x": "ü"}'},
        {"role": "tool", "tool_call_id": first, "content": "first"},
        {"role": "tool", "tool_call_id": second, "content": "second"},
        {"role": "user", "content": "done"},
    ]


def test_ids_that_are_there_are_kept_and_go_before_names() -> None:
    parts = [{"functionCall": {"name": "a", "id": "1"}}, {"functionCall": {"name": "a", "id": "2"}}]
    results = [{"functionResponse": {"name": "a", "id": one, "response": {"error": "no"}}} for one in ("2", "1")]
    made = messages({"role": "model", "parts": parts}, {"role": "function", "parts": results})
    assert [call["id"] for call in made[0]["tool_calls"]] == ["1", "2"]
    assert [(one["tool_call_id"], one["content"]) for one in made[1:]] == [("2", '{"error": "no"}'), ("1", '{"error": "no"}')]


def test_made_ids_depend_on_the_conversation_alone_so_that_caches_know_it_again() -> None:
    contents = [{"role": "model", "parts": [{"functionCall": {"name": "a"}}]}]
    first = asked(replace(CALL, id="1"), contents=contents)
    longer = asked(replace(CALL, id="2"), contents=[*contents, *HELLO])
    assert first.body["messages"] == longer.body["messages"][:1]


def test_a_result_that_answers_no_call_is_refused() -> None:
    result = {"functionResponse": {"name": "a", "response": {}}}
    assert refused(contents=[*HELLO, {"role": "user", "parts": [result]}]) == "contents[1].parts[0].functionResponse"


def test_thoughts_and_signatures_go_where_they_are_taken_back() -> None:
    urlsafe = seal_signature("+/8=", "openai/p").replace("+", "-").replace("/", "_").rstrip("=")  # as Google's SDK writes it
    turn = {
        "role": "model",
        "parts": [
            {"text": "hm", "thought": True},
            {"text": "so", "thoughtSignature": seal_signature("QQ==", "openai/p")},
            {"functionCall": {"name": "a"}, "thought_signature": urlsafe},
            {"functionCall": {"name": "a"}, "thoughtSignature": "skip_thought_signature_validator"},
        ],
    }
    taken = asked(replace(CALL, signer="openai/p"), contents=[turn]).body["messages"][0]
    assert (taken["reasoning_content"], taken["content"]) == ("hm", "so")
    assert taken["extra_content"] == {"google": {"thought_signature": "QQ=="}}
    assert taken["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "+/8="}}
    assert "extra_content" not in taken["tool_calls"][1]
    other = asked(replace(CALL, signer="openai/q"), contents=[turn])
    assert other.lost == ("contents[].parts[].thoughtSignature",)
    assert set(other.body["messages"][0]) == {"role", "content", "reasoning_content", "tool_calls"}
    googles = {"role": "model", "parts": [{"functionCall": {"name": "a"}, "thoughtSignature": "QQ=="}]}
    assert asked(replace(CALL, signer="openai/p"), contents=[googles]).lost == ("contents[].parts[].thoughtSignature",)
    plain = asked(replace(CALL, capabilities=Capabilities(), signer="openai/q"), contents=[turn])
    assert plain.lost == ("contents[].parts[].thoughtSignature", "contents[].parts[].thought")
    assert set(plain.body["messages"][0]) == {"role", "content", "tool_calls"}


SIGNED = {"type": "thinking", "thinking": "hm", "signature": "EqoB"}


def sealed_turn() -> dict[str, Any]:
    seal_ = seal([SIGNED], "anthropic").replace("+", "-").replace("/", "_").rstrip("=")  # as Google's SDK writes it
    return {"role": "model", "parts": [{"text": "hm", "thought": True, "thoughtSignature": seal_}, {"text": "so"}]}


def test_thoughts_that_anthropic_signed_come_back_on_the_way_to_it() -> None:
    onward = replace(CALL, capabilities=Capabilities(), in_between=True, signer="anthropic")
    translated = asked(onward, contents=[sealed_turn()])
    assert translated.body["messages"] == [{"role": "assistant", "content": "so", "thinking_blocks": [SIGNED]}]
    assert translated.lost == ()


def test_thoughts_that_anthropic_signed_go_to_no_others_but_as_text_to_those_that_take_it() -> None:
    taken = messages(sealed_turn())[0]
    assert (taken["reasoning_content"], "thinking_blocks" in taken) == ("hm", False)
    translated = asked(replace(CALL, capabilities=Capabilities()), contents=[sealed_turn()])
    assert translated.body["messages"] == [{"role": "assistant", "content": "so"}]
    assert translated.lost == ("contents[].parts[].thoughtSignature", "contents[].parts[].thought")


def test_a_seal_that_somebody_wrote_to_is_worth_nothing() -> None:
    for data in (b"pyproxy..", b"pyproxy..5", b"pyproxy..[5]", b"pyproxy..\xff", b"pyproxy.." + b"[" * 20_000):
        part = {"text": "so", "thought": True, "thoughtSignature": base64.b64encode(data).decode()}
        assert "thinking_blocks" not in messages({"role": "model", "parts": [part, {"text": "x"}]})[0]


DATA = base64.b64encode(b"\xfb\xff\xfe!").decode()
URLSAFE = base64.urlsafe_b64encode(b"\xfb\xff\xfe!").decode()


@pytest.mark.parametrize(
    ("part", "made"),
    [
        (
            {"inlineData": {"mimeType": "image/png", "data": URLSAFE.rstrip("=")}},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DATA}"}},
        ),
        (
            {"inline_data": {"mime_type": "audio/mpeg", "data": URLSAFE}},
            {"type": "input_audio", "input_audio": {"data": DATA, "format": "mp3"}},
        ),
        (
            {"inlineData": {"mimeType": "application/pdf", "data": URLSAFE, "displayName": "a.pdf"}},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{DATA}"}},
        ),
        (
            {"inlineData": {"mimeType": "text/plain", "data": base64.b64encode("ü".encode()).decode()}},
            {"type": "text", "text": "ü"},
        ),
        (
            {"fileData": {"mimeType": "image/png", "fileUri": "https://x.test/a"}},
            {"type": "image_url", "image_url": {"url": "https://x.test/a"}},
        ),
        (
            {"fileData": {"fileUri": "https://x.test/a.webp?b"}},
            {"type": "image_url", "image_url": {"url": "https://x.test/a.webp?b"}},
        ),
    ],
)
def test_media_are_sent_as_the_chat_api_has_them(part: Any, made: Any) -> None:
    assert messages({"parts": [{"text": "see"}, part]})[0]["content"] == [{"type": "text", "text": "see"}, made]


@pytest.mark.parametrize(
    ("part", "param"),
    [
        ({"inlineData": {"mimeType": "video/mp4", "data": "AA=="}}, ".inlineData.mimeType"),
        ({"inlineData": {"mimeType": "audio/flac", "data": "AA=="}}, ".inlineData.mimeType"),
        ({"inlineData": {"mimeType": "text/plain", "data": "_w=="}}, ".inlineData.data"),
        ({"inlineData": {"data": "AA=="}}, ".inlineData.mimeType"),
        ({"fileData": {"mimeType": "application/pdf", "fileUri": "https://x.test/a.pdf"}}, ".fileData.fileUri"),
        ({"fileData": {"fileUri": "gs://bucket/a.png"}}, ".fileData.fileUri"),
        ({"fileData": {"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/1.png"}}, ".fileData.fileUri"),
        ({"fileData": {}}, ".fileData.fileUri"),
        ("text", ""),
    ],
)
def test_media_that_cannot_be_sent_are_refused_by_their_place(part: Any, param: str) -> None:
    assert refused(contents=[{"parts": [part]}]) == f"contents[0].parts[0]{param}"


def test_a_model_without_eyes_is_sent_no_images() -> None:
    with pytest.raises(UntranslatableError):
        messages(
            {"parts": [{"fileData": {"fileUri": "https://x.test/a.png"}}]}, call=replace(CALL, capabilities=Capabilities(vision=False))
        )


def test_an_image_in_the_result_of_a_tool_is_shown_by_the_user_behind_all_results() -> None:
    image = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
    results = [
        {"functionResponse": {"id": "a", "name": "look", "response": {"result": "seen"}, "parts": [image]}},
        {"functionResponse": {"id": "b", "name": "look", "response": {"result": "nothing"}}},
    ]
    calls = [{"functionCall": {"id": identifier, "name": "look"}} for identifier in "ab"]
    translated = asked(contents=[*HELLO, {"role": "model", "parts": calls}, {"role": "user", "parts": results}])
    *_, first, second, shown = translated.body["messages"]
    assert [(one["role"], one["content"]) for one in (first, second)] == [("tool", "seen"), ("tool", "nothing")]
    assert shown["role"] == "user"
    assert shown["content"] == [
        {"type": "text", "text": "The result of the tool call a:"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
    ]
    assert translated.lost == ()
