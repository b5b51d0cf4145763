"""What a translation made goes before who would refuse it is asked; every other byte stays."""

import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.reasoning import ASKED, MISTRAL, REDACTED, TEXT, THINKING, TOOL_USE, TURNS, UNSIGNED, told, turn

from pyproxy.dialects.signatures import strip_signatures
from pyproxy.dialects.translated_reasoning import strip_translated
from pyproxy.dialects.translation.chat import seals
from pyproxy.dialects.translation.gemini.signatures import seal, seal_signature

OWN_ID = f"rs_req_{'0a' * 16}_0"
OWN_SEALED = {"type": "reasoning", "id": "rs_x", "summary": [], "encrypted_content": seals.seal([THINKING], "anthropic")}
OWN_PLAIN = {"type": "reasoning", "id": OWN_ID, "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]}
THEIRS = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}


def test_items_of_reasoning_that_a_translation_made_go_before_openai_is_asked() -> None:
    said = {
        "type": "message",
        "role": "assistant",
        "id": OWN_ID.replace("rs", "msg"),
        "content": [{"type": "output_text", "text": "pyproxy."}],
    }
    quoted = {"type": "message", "role": "user", "id": OWN_ID, "content": "pyproxy."}
    odd: list[Any] = [{"type": "reasoning", "id": 5, "encrypted_content": 5}, {"type": "reasoning", "id": f"{OWN_ID}x"}, "rs_req_"]
    left = [THEIRS, said, quoted, *odd]
    assert strip_translated(told(OWN_SEALED, THEIRS, OWN_PLAIN, *left[1:], key="input"), "responses") == told(*left, key="input")
    assert strip_translated(told(*left, key="input"), "responses") is None
    assert strip_translated(told(THEIRS, key="input"), "responses") is None
    assert strip_translated(b'{"input": "pyproxy. rs_req_"}', "responses") is None


def test_a_seal_of_ours_among_the_thinking_goes_before_anthropic_is_asked() -> None:
    own = {"type": "redacted_thinking", "data": seals.seal([seals.call_signature("c", "CsA=")], "gemini")}
    assert strip_translated(told(turn(content=[THINKING, own, REDACTED, TOOL_USE])), "anthropic") == told(
        turn(content=[THINKING, REDACTED, TOOL_USE])
    )
    assert strip_translated(told(turn(content=[own])), "anthropic") == told()
    signed = {"type": "thinking", "thinking": "hm", "signature": seals.seal([{"type": "thinking", "signature": "s"}], "openai/x")}
    assert strip_translated(told(turn(content=[signed, TOOL_USE])), "anthropic") == told(turn(content=[TOOL_USE]))
    assert strip_translated(told({"role": "user", "content": [own]}), "anthropic") is None


SEALED = {"text": "hm", "thought": True, "thoughtSignature": seal([THINKING], "anthropic")}
SPOKEN = {"text": "so", "thoughtSignature": "CsA="}


@pytest.mark.parametrize("strip", [partial(strip_translated, wire="gemini"), strip_signatures])
def test_thoughts_that_a_translation_gave_a_gemini_client_go(strip: Any) -> None:
    before: list[Any] = [{"role": "model", "parts": [SEALED, SPOKEN]}, {"role": "model", "parts": [SEALED]}, {"role": "user"}, 5]
    after: list[Any] = [{"role": "model", "parts": [SPOKEN]}, {"role": "user"}, 5]
    assert strip(told(*before, key="contents")) == told(*after, key="contents")
    snake = {"text": "", "thought": True, "thought_signature": seal([REDACTED], "anthropic").replace("+", "-")}
    assert strip(told({"parts": [SPOKEN, snake]}, key="contents")) == told({"parts": [SPOKEN]}, key="contents")


@pytest.mark.parametrize(
    "body", [b"", b'"cHlwcm94eS4u', b'["cHlwcm94eS4u"]', b'{"contents": "cHlwcm94eS4u"}', b'{"messages": ["cHlwcm94eS4u"]}']
)
def test_a_body_without_such_thoughts_is_not_written_anew(body: bytes) -> None:
    assert strip_translated(body, "gemini") is None
    assert strip_translated(told({"parts": [SPOKEN]}, key="contents"), "gemini") is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([turn(content=[UNSIGNED, TEXT, TOOL_USE])], [turn(content=[TEXT, TOOL_USE])]),
        ([turn(content=[THINKING, UNSIGNED, REDACTED, TEXT])], [turn(content=[THINKING, REDACTED, TEXT])]),
        ([turn(content=[MISTRAL, UNSIGNED, TEXT])], [turn(content=[MISTRAL, TEXT])]),
        ([turn(content=[]), turn(content=[UNSIGNED, TEXT])], [turn(content=[]), turn(content=[TEXT])]),
        ([turn(content=[UNSIGNED]), ASKED, turn(content=[TEXT, UNSIGNED])], [ASKED, turn(content=[TEXT])]),
        ([turn(content=[UNSIGNED], role="user"), turn(content=[UNSIGNED, UNSIGNED])], [turn(content=[UNSIGNED], role="user")]),
    ],
)
def test_thinking_that_nobody_signed_goes_before_one_who_signs_is_asked(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    assert strip_translated(told(*before), "anthropic") == told(*after)


@pytest.mark.parametrize(
    "body",
    [
        told(turn(content=[THINKING, REDACTED, TEXT])),
        told(turn(content=[{**TOOL_USE, "input": {"signature": ""}}])),
        told(turn(content="a"), system=[UNSIGNED]),
        told(turn(content=[UNSIGNED]), key="input"),
        b'{"messages": [{"role": "assistant", "content": [{"type": "thinking", "signature": ""}',
        b'["signature", {"signature": ""}]',
    ],
)
def test_without_such_thinking_nothing_is_written_anew(body: bytes) -> None:
    assert strip_translated(body, "anthropic") is None


@given(turns=st.lists(TURNS, max_size=5), places=st.lists(st.integers(0, 9), max_size=4), indent=st.sampled_from([None, 1, "\t"]))
def test_what_is_put_among_a_conversation_without_a_signature_is_taken_out_again(
    turns: list[dict[str, Any]], places: list[int], indent: int | str | None
) -> None:
    def written(messages: list[dict[str, Any]]) -> bytes:
        return json.dumps({"messages": [ASKED, *messages], "n": 1.50}, indent=indent).encode()

    mixed = [{**each, "content": list(each["content"])} if isinstance(each.get("content"), list) else each for each in turns]
    lists = [each["content"] for each in mixed if each["role"] == "assistant" and isinstance(each.get("content"), list) and each["content"]]
    for place in places if lists else ():
        content = lists[place % len(lists)]
        content.insert(place % (len(content) + 1), UNSIGNED)
    assert strip_translated(written(mixed), "anthropic") == (written(turns) if places and lists else None)


def test_of_chat_nothing_is_taken_out_for_no_provider_of_it_signs() -> None:
    assert strip_translated(told(turn(content=[UNSIGNED, TEXT])), "openai") is None


def test_a_call_that_another_provider_signed_stays_for_gemini_as_one_that_no_gemini_made() -> None:
    call, said = {"functionCall": {"name": "f"}}, {"text": "so"}
    own = {"thoughtSignature": seal_signature("CsA=", "openai/x")}
    none = {"thoughtSignature": "skip_thought_signature_validator"}
    before = {"role": "model", "parts": [{**said, **own}, {**call, **own}, {**call, "thoughtSignature": "CsA="}, 5]}
    after = {"role": "model", "parts": [{**said, **none}, {**call, **none}, {**call, "thoughtSignature": "CsA="}, 5]}
    assert strip_translated(told(before, key="contents"), "gemini") == told(after, key="contents")
    assert strip_translated(told(after, key="contents"), "gemini") is None
