"""What a new provider would refuse goes; every other byte stays."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.dialects.signatures import strip_sealed, strip_signatures, strip_translated_items, strip_unsigned
from pyproxy.dialects.translation.chat import seals
from pyproxy.dialects.translation.gemini.signatures import seal

THINKING = {"type": "thinking", "thinking": "hm", "signature": "EqoB"}
UNSIGNED = {"type": "thinking", "thinking": "hm", "signature": ""}
REDACTED = {"type": "redacted_thinking", "data": "EmwK"}
TEXT = {"type": "text", "text": 'a [thinking] "signature" , } ]'}
TOOL_USE = {"type": "tool_use", "id": "t", "name": "f", "input": {"signature": "an argument", "type": "thinking"}}
SIGNED_DETAIL = {"type": "reasoning.text", "text": "hm", "signature": "EqoB", "format": "anthropic-claude-v1", "index": 0}
SEALED_DETAIL = {"type": "reasoning.encrypted", "data": "gAAA", "format": "openai-responses-v1", "id": "rs_1"}
PLAIN_DETAIL = {"type": "reasoning.text", "text": "hm", "signature": None}
SUMMARY = {"type": "reasoning.summary", "summary": "it thought"}
MISTRAL = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": True}
SIGNED_CALL = {
    "id": "c",
    "type": "function",
    "function": {"name": "f", "arguments": "{}"},
    "extra_content": {"google": {"thought_signature": "CsA"}},
}
CALL = {key: value for key, value in SIGNED_CALL.items() if key != "extra_content"}
ASKED = {"role": "user", "content": "go on"}


def told(*turns: dict[str, Any], key: str = "messages", **more: Any) -> bytes:
    return json.dumps({"model": "m", **more, key: [*turns, ASKED]}).encode()


def turn(**members: Any) -> dict[str, Any]:
    return {"role": "assistant", **members}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (turn(content=[THINKING, TEXT]), turn(content=[TEXT])),
        (turn(content=[THINKING, REDACTED, TEXT, THINKING, TOOL_USE, REDACTED]), turn(content=[TEXT, TOOL_USE])),
        (turn(content=[{"type": "thinking", "thinking": "unsigned"}, TEXT]), turn(content=[TEXT])),
        (turn(content="a", thinking_blocks=[THINKING, REDACTED]), turn(content="a")),
        (turn(thinking_blocks=[THINKING], content="a", reasoning_content="hm"), turn(content="a", reasoning_content="hm")),
        (turn(content="a", reasoning_details=[SIGNED_DETAIL, SEALED_DETAIL]), turn(content="a")),
        (turn(reasoning="hm", reasoning_details=[SUMMARY, SEALED_DETAIL]), turn(reasoning="hm", reasoning_details=[SUMMARY])),
        (turn(reasoning_details=[SEALED_DETAIL, PLAIN_DETAIL], content="a"), turn(reasoning_details=[PLAIN_DETAIL], content="a")),
        (turn(content="a", reasoning_content=[{"signature": "s", "text": "hm"}]), turn(content="a")),
        (turn(content=[THINKING], tool_calls=[CALL]), turn(content=None, tool_calls=[CALL])),
        (turn(content=None, tool_calls=[SIGNED_CALL, CALL]), turn(content=None, tool_calls=[CALL, CALL])),
        (turn(content="a", extra_content={"google": {"thought_signature": "CsA"}}), turn(content="a")),
        (turn(content="a", provider_specific_fields={"thought_signatures": ["CsA"]}), turn(content="a")),
    ],
)
def test_what_is_signed_or_sealed_goes(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert strip_signatures(told(before)) == told(after)


@pytest.mark.parametrize(
    "kept",
    [
        turn(content="thinking about a signature"),
        turn(content=[TEXT, TOOL_USE]),
        turn(content=[MISTRAL, TEXT]),
        turn(content="a", reasoning_content="hm, encrypted"),
        turn(content="a", reasoning_details=[SUMMARY, PLAIN_DETAIL]),
        turn(content=[], thinking_blocks=[]),
        turn(content="a", thinking_blocks=None, reasoning_details="signature"),
        turn(content="a", extra_content={"google": {"thought": True}}, tool_calls=[{"thinking": 1}, "x"]),
        {"role": "user", "content": [THINKING, TEXT]},
        {"role": "tool", "content": [TEXT], "reasoning_details": [SEALED_DETAIL]},
        {"content": [THINKING]},
    ],
)
def test_what_anybody_takes_stays(kept: dict[str, Any]) -> None:
    assert strip_signatures(told(kept)) is None


def test_a_turn_of_nothing_else_goes_as_a_whole() -> None:
    first, last = turn(content=[THINKING, REDACTED]), turn(content=[REDACTED])
    assert strip_signatures(told(first, ASKED, last)) == told(ASKED)


def test_a_conversation_of_nothing_else_stays_as_it_is() -> None:
    assert strip_signatures(json.dumps({"model": "m", "messages": [turn(content=[THINKING])]}).encode()) is None


def test_sealed_items_of_a_responses_input_go() -> None:
    sealed = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
    stored = {"type": "reasoning", "id": "rs_2", "summary": []}
    plain = {"type": "reasoning", "id": "rs_3", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]}
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    assert strip_signatures(told(sealed, call, stored, plain, key="input")) == told(call, plain, key="input")
    assert strip_signatures(json.dumps({"model": "m", "input": "reasoning, thinking"}).encode()) is None


OWN_ID = f"rs_req_{'0a' * 16}_0"
OWN_SEALED = {"type": "reasoning", "id": "rs_x", "summary": [], "encrypted_content": seals.seal([THINKING])}
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
    assert strip_translated_items(told(OWN_SEALED, THEIRS, OWN_PLAIN, *left[1:], key="input")) == told(*left, key="input")
    assert strip_translated_items(told(*left, key="input")) is None
    assert strip_translated_items(told(THEIRS, key="input")) is None
    assert strip_translated_items(b'{"input": "pyproxy. rs_req_"}') is None


def test_a_seal_of_ours_among_the_thinking_goes_before_anthropic_is_asked() -> None:
    own = {"type": "redacted_thinking", "data": seals.seal([seals.call_signature("c", "CsA=")])}
    assert strip_unsigned(told(turn(content=[THINKING, own, REDACTED, TOOL_USE]))) == told(turn(content=[THINKING, REDACTED, TOOL_USE]))
    assert strip_unsigned(told(turn(content=[own]))) == told()
    assert strip_unsigned(told({"role": "user", "content": [own]})) is None


SEALED = {"text": "hm", "thought": True, "thoughtSignature": seal([THINKING])}
SPOKEN = {"text": "so", "thoughtSignature": "CsA="}


@pytest.mark.parametrize("strip", [strip_sealed, strip_signatures])
def test_thoughts_that_a_translation_gave_a_gemini_client_go(strip: Any) -> None:
    before: list[Any] = [{"role": "model", "parts": [SEALED, SPOKEN]}, {"role": "model", "parts": [SEALED]}, {"role": "user"}, 5]
    after: list[Any] = [{"role": "model", "parts": [SPOKEN]}, {"role": "user"}, 5]
    assert strip(told(*before, key="contents")) == told(*after, key="contents")
    snake = {"text": "", "thought": True, "thought_signature": seal([REDACTED]).replace("+", "-")}
    assert strip(told({"parts": [SPOKEN, snake]}, key="contents")) == told({"parts": [SPOKEN]}, key="contents")


@pytest.mark.parametrize(
    "body", [b"", b'"cHlwcm94eS4u', b'["cHlwcm94eS4u"]', b'{"contents": "cHlwcm94eS4u"}', b'{"messages": ["cHlwcm94eS4u"]}']
)
def test_a_body_without_such_thoughts_is_not_written_anew(body: bytes) -> None:
    assert strip_sealed(body) is None
    assert strip_sealed(told({"parts": [SPOKEN]}, key="contents")) is None


def test_settings_of_the_request_stay() -> None:
    settings: dict[str, Any] = {
        "thinking": {"type": "adaptive"},
        "reasoning": {"effort": "high"},
        "include": ["reasoning.encrypted_content"],
    }
    assert strip_signatures(told(turn(content=[THINKING, TEXT]), **settings)) == told(turn(content=[TEXT]), **settings)
    assert strip_signatures(told(**settings)) is None


def test_the_layout_of_everything_else_stays() -> None:
    body = """
    { "model" : "m", "n":1e400, "é\\ud800":"\\u00e9\\/ü 漢",
      "messages" : [
        {"content": [ {"type":"thinking","signature":"s"} , {"type":"text" , "text":"x"}
          , {"type":"redacted_thinking"}   ],   "role":"assistant" , "thinking_blocks" : [ {"type":"redacted_thinking"} ] },
        {"thinking_blocks":[{"type":"redacted_thinking"}],  "role":"assistant"}
      ] , "seed":%s }
    """ % ("9" * 5_000)
    after = (
        body.replace('{"type":"thinking","signature":"s"} , ', "")
        .replace('\n          , {"type":"redacted_thinking"}', "")
        .replace(' , "thinking_blocks" : [ {"type":"redacted_thinking"} ]', "")
        .replace('"thinking_blocks":[{"type":"redacted_thinking"}],  ', "")
    )
    assert strip_signatures(body.encode()) == after.encode()


def test_of_two_members_with_one_name_both_are_looked_into() -> None:
    body = b'{"messages":[{"role":"assistant","content":[%b,1],"content":[2,%b]}],"messages":[{"role":"assistant","content":[%b,3]}]}'
    block = b'{"type":"redacted_thinking"}'
    after = b'{"messages":[{"role":"assistant","content":[1],"content":[2]}],"messages":[{"role":"assistant","content":[3]}]}'
    assert strip_signatures(body % (block, block, block)) == after


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"thinking",
        b'"thinking"',
        b'{"messages":[{"thinking"',
        b'{"messages":"thinking"}',
        b'{"messages":["thinking",1,null]}',
        b'{"thinking":1} x',
        b'{"thinking":"\xff"}',
        b'{"messages":' + b"[" * 200_000 + b'"thinking"',
        b'\xef\xbb\xbf{"messages":[{"role":"assistant","content":[{"type":"redacted_thinking"},1]}]}',
    ],
)
def test_a_body_that_is_none_of_ours_stays_as_it_is(body: bytes) -> None:
    assert strip_signatures(body) is None


BLOCKS = st.sampled_from(
    [THINKING, REDACTED, TEXT, TOOL_USE, MISTRAL, SIGNED_DETAIL, SEALED_DETAIL, PLAIN_DETAIL, SUMMARY, "text", 1, None]
)
FOREIGN = (THINKING, REDACTED, SIGNED_DETAIL, SEALED_DETAIL)
LISTS = st.lists(BLOCKS, max_size=5)
CALLS = st.lists(st.sampled_from([CALL, SIGNED_CALL]), max_size=2)
TURNS = st.fixed_dictionaries(
    {"role": st.sampled_from(["assistant", "user"])},
    optional={
        "content": LISTS | st.text(max_size=3) | st.none(),
        "thinking_blocks": LISTS,
        "reasoning_details": LISTS,
        "reasoning_content": st.text(max_size=3) | LISTS,
        "tool_calls": CALLS,
        "name": st.text(max_size=3),
    },
)


def modelled(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same, on values."""
    left = []
    for each in turns:
        if each["role"] != "assistant":
            left.append(each)
            continue
        kept: dict[str, Any] = {}
        for key, value in each.items():
            if key == "tool_calls":
                kept[key] = [CALL for _ in value]
            elif key in ("content", "thinking_blocks", "reasoning_details", "reasoning_content") and isinstance(value, list) and value:
                blocks = [block for block in value if block not in FOREIGN]
                if blocks:
                    kept[key] = blocks
                elif key == "content":
                    kept[key] = None
            else:
                kept[key] = value
        emptied = isinstance(each.get("content"), list) and each["content"] and kept["content"] is None and not each.get("tool_calls")
        if not emptied:
            left.append(kept)
    return left


@given(turns=st.lists(TURNS, max_size=5), indent=st.sampled_from([None, 1, "\t"]), ascii_only=st.booleans())
def test_any_conversation_is_left_with_what_the_model_leaves(
    turns: list[dict[str, Any]], indent: int | str | None, *, ascii_only: bool
) -> None:
    def written(messages: list[dict[str, Any]]) -> bytes:
        return json.dumps({"model": "m", "messages": [ASKED, *messages], "n": 1.50}, indent=indent, ensure_ascii=ascii_only).encode(
            "utf-8", "surrogatepass"
        )

    stripped, expected = strip_signatures(written(turns)), modelled(turns)
    if stripped is None:
        assert expected == turns
    else:
        assert expected != turns
        assert json.loads(stripped)["messages"] == [ASKED, *expected]
        assert strip_signatures(stripped) is None


@given(st.lists(TURNS, max_size=5))
def test_no_byte_is_changed_or_moved(turns: list[dict[str, Any]]) -> None:
    body = json.dumps({"messages": [ASKED, *turns]}).encode()
    stripped = strip_signatures(body)
    if stripped is not None:
        rest = iter(body)
        assert all(byte in rest for byte in stripped.replace(b'"content": null', b'"content": '))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([turn(content=[UNSIGNED, TEXT, TOOL_USE])], [turn(content=[TEXT, TOOL_USE])]),
        ([turn(content=[THINKING, UNSIGNED, REDACTED, TEXT])], [turn(content=[THINKING, REDACTED, TEXT])]),
        ([turn(content=[MISTRAL, UNSIGNED, TEXT])], [turn(content=[MISTRAL, TEXT])]),
        ([turn(content=[UNSIGNED]), ASKED, turn(content=[TEXT, UNSIGNED])], [ASKED, turn(content=[TEXT])]),
        ([turn(content=[UNSIGNED], role="user"), turn(content=[UNSIGNED, UNSIGNED])], [turn(content=[UNSIGNED], role="user")]),
    ],
)
def test_thinking_that_nobody_signed_goes_before_one_who_signs_is_asked(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    assert strip_unsigned(told(*before)) == told(*after)


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
    assert strip_unsigned(body) is None


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
    assert strip_unsigned(written(mixed)) == (written(turns) if places and lists else None)
