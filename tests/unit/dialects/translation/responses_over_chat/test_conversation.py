from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyproxy.dialects.continuation import continued, conversation_after
from pyproxy.dialects.translation.events import Event, encode
from pyproxy.dialects.translation.responses_over_chat import RESPONSES_OVER_CHAT
from pyproxy.dialects.translation.translator import Call, UntranslatableError

TOOLS = [{"type": "function", "name": "weather", "parameters": {}}, {"type": "custom", "name": "patch"}]

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
words = st.sampled_from(
    [
        *("input", "type", "message", "role", "user", "assistant", "content", "text", "input_text", "output_text", "refusal", "image_url"),
        *("function_call", "function_call_output", "custom_tool_call", "call_id", "name", "arguments", "output", "reasoning", "summary"),
        *(
            "tools",
            "function",
            "custom",
            "namespace",
            "tool_choice",
            "allowed_tools",
            "mode",
            "format",
            "json_schema",
            "include",
            "input_image",
        ),
        *("choices", "delta", "tool_calls", "index", "id", "finish_reason", "usage", "annotations", "logprobs", "model", "instructions"),
    ]
)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | st.text(max_size=2), inner, max_size=5),
    max_leaves=30,
)
objects = st.dictionaries(words, any_json, max_size=8)
items = st.fixed_dictionaries({"type": words}, optional={"role": words, "content": any_json, "call_id": any_json, "output": any_json})
requests = objects | st.fixed_dictionaries({"input": st.lists(items, max_size=4)}, optional={"tools": st.lists(items), "text": any_json})
chunks = any_json | st.builds(lambda delta: {"choices": [{"delta": delta, "message": delta}]}, objects)


def _chat(request: dict[str, Any]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = RESPONSES_OVER_CHAT.request(request, Call("m", asked=request)).body["messages"]
    return messages


def _answer(request: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    return RESPONSES_OVER_CHAT.response({"choices": [{"message": message, "finish_reason": "stop"}]}, Call("m", id="r", asked=request)).body


@given(texts, st.none() | texts, texts, st.lists(st.tuples(st.sampled_from(["weather", "patch"]), texts), max_size=3))
@settings(deadline=None)
def test_a_turn_that_goes_on_by_its_id_is_the_conversation_of_the_provider(
    asked: str, thought: str | None, said: str, calls: list[tuple[str, str]]
) -> None:
    first = {"input": asked, "tools": TOOLS, "instructions": "Be brief."}
    tool_calls = [
        {"id": f"c{i}", "type": "function", "function": {"name": name, "arguments": json.dumps({"input": text}, ensure_ascii=False)}}
        for i, (name, text) in enumerate(calls)
    ]
    message: dict[str, Any] = {"role": "assistant", "content": said}
    message |= {"tool_calls": tool_calls} if tool_calls else {}
    message |= {"reasoning_content": thought} if thought else {}
    kept = conversation_after(first, _answer(first, message))

    outputs = [
        {"type": "custom_tool_call_output" if name == "patch" else "function_call_output", "call_id": f"c{i}", "output": "done"}
        for i, (name, _) in enumerate(calls)
    ]
    second = {"previous_response_id": "resp_r", "input": [*outputs, {"role": "user", "content": "Go on."}], "tools": TOOLS}
    assert _chat(continued(second, kept)) == [
        {"role": "user", "content": asked},
        message,
        *({"role": "tool", "tool_call_id": f"c{i}", "content": "done"} for i in range(len(calls))),
        {"role": "user", "content": "Go on."},
    ]


SIGNED = [{"type": "thinking", "thinking": "Hm.", "signature": "ä"}, {"type": "redacted_thinking", "data": "x"}]


@pytest.mark.parametrize("thought", ["Hm.", None])
def test_signed_reasoning_comes_back_to_the_provider_that_signed_it(thought: str | None) -> None:
    message = {"role": "assistant", "content": "Hi", "thinking_blocks": SIGNED}
    message |= {"reasoning_content": thought} if thought else {}
    answer = _answer({"input": "x"}, message)
    assert [item["type"] for item in answer["output"]] == ["reasoning", "message"]
    assert answer["output"][0]["content"] == ([{"type": "reasoning_text", "text": thought}] if thought else [])
    assert _chat({"input": answer["output"]}) == [message]


@pytest.mark.parametrize("sealed", ["gAAAA", "W3sidHlwZSI6InRoaW5raW5nIn1d", "pyproxy.%", "pyproxy.AAAA", "pyproxy.e30=", 7])
def test_what_others_sealed_is_lost(sealed: Any) -> None:
    said = {"role": "assistant", "content": "Hi"}
    request = {"input": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}], "encrypted_content": sealed}, said]}
    told = RESPONSES_OVER_CHAT.request(request, Call("m"))
    assert (told.body["messages"], told.lost) == ([said], ("input[].encrypted_content",))


def test_a_conversation_grows_turn_by_turn() -> None:
    kept: list[dict[str, Any]] = []
    for number in range(3):
        request = continued({"previous_response_id": "resp_r", "input": f"question {number}", "store": True}, kept)
        assert "previous_response_id" not in request
        assert request["store"] is True
        kept = conversation_after(request, _answer(request, {"content": f"answer {number}"}))
    assert [message["content"] for message in _chat({"input": kept})] == [
        f"{kind} {n}" for n in range(3) for kind in ("question", "answer")
    ]


@given(requests, chunks, st.lists(chunks, max_size=3))
@settings(max_examples=150, deadline=None)
def test_whatever_comes_nothing_but_its_own_errors_are_raised(request: dict[str, Any], answer: Any, stream: list[Any]) -> None:
    call = Call("m", asked=request)
    with suppress(UntranslatableError):
        RESPONSES_OVER_CHAT.request(request, call)
    with suppress(ValueError):
        encode([Event(RESPONSES_OVER_CHAT.response(answer, call).body)])
    with suppress(ValueError):
        translator = RESPONSES_OVER_CHAT.stream(call)
        for chunk in stream:
            encode(translator.feed(Event(chunk)))
        encode(translator.finish())
    continued(request, conversation_after(request, answer if isinstance(answer, dict) else {}))
