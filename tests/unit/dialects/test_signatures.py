"""What a new provider would refuse goes; every other byte stays."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.reasoning import (
    ASKED,
    CALL,
    MISTRAL,
    PLAIN_DETAIL,
    REDACTED,
    SEALED_DETAIL,
    SIGNED_CALL,
    SIGNED_DETAIL,
    SUMMARY,
    TEXT,
    THINKING,
    TOOL_USE,
    TURNS,
    told,
    turn,
)

from pyproxy.dialects.signatures import strip_signatures


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


FOREIGN = (THINKING, REDACTED, SIGNED_DETAIL, SEALED_DETAIL)


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
