"""The turns of a chat as the messages API takes them: their order, their parts, calls and results, and thinking that comes back."""

from __future__ import annotations

from typing import Any

import pytest
from support.chat_over_messages import HI, TOOL, able, ask, called, text

from pyproxy.dialects.translation.tool_ids import safe_id
from pyproxy.dialects.translation.translator import Call, Translated, UntranslatableError

PNG = "data:image/png;base64,aGk="


def test_what_gemini_signed_with_a_call_is_lost() -> None:
    call = called(("a", "look", "{}"))
    call["tool_calls"][0]["extra_content"] = {"google": {"thought_signature": "CsA="}}
    body, lost = ask(HI, call, {"role": "tool", "tool_call_id": "a", "content": "x"})
    assert body["messages"][1]["content"] == [{"type": "tool_use", "id": "a", "name": "look", "input": {}}]
    assert lost == ("messages[].tool_calls[].extra_content",)


def test_a_plain_request_loses_nothing() -> None:
    assert ask(HI, max_tokens=5, stream=True, stream_options={"include_usage": True}, n=1, logprobs=False, temperature=1) == Translated(
        {"model": "claude", "max_tokens": 5, "messages": [{"role": "user", "content": [text("hi")]}]}
    )
    assert ask(call=Call(model="claude", stream=True)).body["stream"] is True


def test_system_and_developer_messages_become_the_system_prompt_in_their_order() -> None:
    body, lost = ask({"role": "developer", "content": "a"}, {"role": "system", "content": [text("b"), text("c")]}, HI)
    assert body["system"] == [text("a"), text("b"), text("c")]
    assert lost == ()


def test_a_system_message_in_mid_conversation_moves_to_the_beginning_and_is_told() -> None:
    body, lost = ask(HI, {"role": "system", "content": "be brief"}, {"role": "user", "content": "now"})
    assert body["system"] == [text("be brief")]
    assert body["messages"] == [{"role": "user", "content": [text("hi"), text("now")]}]
    assert lost == ("messages[].role",)


def test_a_system_message_alone_is_what_is_asked() -> None:
    body, lost = ask({"role": "system", "content": "a"}, {"role": "system", "content": "say hi"})
    assert (body["system"], body["messages"]) == ([text("a")], [{"role": "user", "content": [text("say hi")]}])
    assert lost == ("messages[].role",)


def test_turns_alternate_and_begin_with_the_user() -> None:
    answer = {"role": "assistant", "content": "welcome"}
    body, lost = ask(answer, HI, {"role": "user", "content": "there"}, answer, answer, HI)
    assert lost == ("messages[].content",)
    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant", "user", "assistant", "user"]
    assert body["messages"][0]["content"] == [text("(no text)")]
    assert body["messages"][2]["content"] == [text("hi"), text("there")]


@pytest.mark.parametrize("nothing", ["", "  \n", None, [], [{"type": "text", "text": ""}]])
def test_no_empty_text_reaches_the_provider(nothing: Any) -> None:
    silent = ({"role": role, "content": nothing} for role in ("user", "assistant", "system"))
    body, lost = ask(*silent)
    assert body["messages"] == [{"role": "user", "content": [text("(no text)")]}]
    assert lost == ("messages[].content",)
    assert ask({"role": "user", "content": nothing}, HI).lost == ()
    assert "system" not in body


def test_calls_and_their_results_keep_ids_and_arguments_and_results_come_first() -> None:
    body, lost = ask(
        HI,
        called(("a", "look", '{"x": [1]}'), ("b", "look", ""), ("c", "look", "null"), content="let me look"),
        {"role": "tool", "tool_call_id": "a", "content": "one"},
        {"role": "user", "content": "and?"},
        {"role": "tool", "tool_call_id": "b", "content": [text("two"), {"type": "image_url", "image_url": {"url": PNG}}], "is_error": True},
        {"role": "tool", "tool_call_id": "c", "content": ""},
        tools=[TOOL],
    )
    assert body["messages"][1]["content"] == [
        text("let me look"),
        {"type": "tool_use", "id": "a", "name": "look", "input": {"x": [1]}},
        {"type": "tool_use", "id": "b", "name": "look", "input": {}},
        {"type": "tool_use", "id": "c", "name": "look", "input": {}},
    ]
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
    assert body["messages"][2] == {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "a", "content": "one"},
            {"type": "tool_result", "tool_use_id": "b", "content": [text("two"), image], "is_error": True},
            {"type": "tool_result", "tool_use_id": "c"},
            text("and?"),
        ],
    }
    assert lost == ()


@pytest.mark.parametrize("broken", ['{"x": ', "[1]", '"x"', "7", "NaN", '{"x": 1e999}', '{"x": "\\ud800"}', "[" * 100_000])
def test_arguments_that_are_no_object_are_handed_on_as_they_are_and_told(broken: str) -> None:
    body, lost = ask(HI, called(("a", "look", broken)), {"role": "tool", "tool_call_id": "a", "content": "bad"})
    assert body["messages"][1]["content"][0]["input"] == {"arguments": broken}
    assert lost == ("messages[].tool_calls[].function.arguments",)


def test_an_id_the_provider_refuses_is_the_same_other_one_in_call_and_result() -> None:
    body = ask(HI, called(("functions.look:0", "look", "{}")), {"role": "tool", "tool_call_id": "functions.look:0", "content": ""}).body
    use, result = body["messages"][1]["content"][0], body["messages"][2]["content"][0]
    assert use["id"] == result["tool_use_id"] == safe_id("functions.look:0")
    assert safe_id("functions.look:0") != safe_id("functions.look.0")
    assert safe_id("toolu_01-Az") == "toolu_01-Az"
    assert 0 < len(safe_id("ä" * 99)) <= 40


def test_images_are_urls_or_data_and_never_fetched() -> None:
    parts = [{"type": "image_url", "image_url": {"url": url, "detail": "high"}} for url in ("https://x/y.png", "data:image/jpg;base64,aa")]
    body, lost = ask({"role": "user", "content": parts})
    assert [block["source"] for block in body["messages"][0]["content"]] == [
        {"type": "url", "url": "https://x/y.png"},
        {"type": "base64", "media_type": "image/jpeg", "data": "aa"},
    ]
    assert lost == ("messages[].content[].image_url.detail",)


def test_files_become_documents() -> None:
    pdf = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"}}
    plain = {"type": "file", "file": {"file_data": "data:text/csv;base64,YSxi"}}
    content = ask({"role": "user", "content": [pdf, plain]}).body["messages"][0]["content"]
    assert content == [
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}, "title": "a.pdf"},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a,b"}},
    ]


def test_a_model_without_eyes_refuses_images() -> None:
    with pytest.raises(UntranslatableError, match="takes no images"):
        ask({"role": "user", "content": [{"type": "image_url", "image_url": {"url": PNG}}]}, call=able(vision=False))


def test_signed_thinking_comes_back_in_front_of_the_calls_it_led_to() -> None:
    blocks = [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "redacted_thinking", "data": "d"}]
    answer = called(("a", "look", "{}"), thinking_blocks=blocks, reasoning_content="hm")
    body, lost = ask(HI, answer, {"role": "tool", "tool_call_id": "a", "content": "x"}, reasoning_effort="low")
    assert body["messages"][1]["content"][:2] == blocks
    assert (body["thinking"]["type"], lost) == ("enabled", ())


def test_thinking_without_a_signature_cannot_come_back() -> None:
    for told in ({"reasoning_content": "hm"}, {"thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": ""}, 7]}):
        body, lost = ask(HI, {"role": "assistant", "content": "x", **told}, HI)
        assert (body["messages"][1]["content"], lost) == ([text("x")], ("messages[].reasoning_content",))


def test_marks_for_the_cache_are_kept() -> None:
    mark = {"type": "ephemeral", "ttl": "1h"}
    body, lost = ask(
        {"role": "system", "content": [{**text("s"), "cache_control": mark}]},
        {"role": "user", "content": "hi", "cache_control": mark},
        {"role": "assistant", "content": "x"},
        {"role": "tool", "tool_call_id": "a", "content": "r", "cache_control": mark},
        tools=[{**TOOL, "cache_control": mark}],
        cache_control=mark,
    )
    turns = body["messages"]
    for holder in (body, body["system"][0], turns[0]["content"][0], turns[2]["content"][0], body["tools"][0]):
        assert holder["cache_control"] == mark
    assert lost == ()


def test_a_turn_of_thoughts_alone_is_left_out_for_it_is_refused() -> None:
    thoughts = [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "redacted_thinking", "data": "d"}]
    body, lost = ask(HI, {"role": "assistant", "content": "", "thinking_blocks": thoughts}, {"role": "user", "content": "Go on."})
    assert body["messages"] == [{"role": "user", "content": [text("hi"), text("Go on.")]}]
    assert lost == ("messages[].thinking_blocks",)


@pytest.mark.parametrize("content", ["", " \n", [], [text(" ")], None])
def test_a_result_without_a_word_has_no_content(content: Any) -> None:
    body, _ = ask(HI, called(("1", "look", "")), {"role": "tool", "tool_call_id": "1", "content": content})
    assert body["messages"][-1]["content"] == [{"type": "tool_result", "tool_use_id": "1"}]
