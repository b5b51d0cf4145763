"""What holds of the translation between chat and messages for every conversation, answer and stream."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from support.assembled import assemble_chat, assemble_message, check_completion, translate_stream
from support.chat_and_messages import opened
from support.conversations import calls_of, chats, chunks_of, completions, events_of, json_values, messages, spoilt

from pyproxy.dialects.translation.arguments import JsonEnd, arguments_text, read_arguments
from pyproxy.dialects.translation.chat_over_messages import CHAT_OVER_MESSAGES
from pyproxy.dialects.translation.events import Event
from pyproxy.dialects.translation.messages_over_chat import MESSAGES_OVER_CHAT
from pyproxy.dialects.translation.messages_over_chat.answer import read_thinking_blocks
from pyproxy.dialects.translation.tool_ids import CHAT_LONGEST, safe_id
from pyproxy.dialects.translation.translator import Call, UntranslatableError
from pyproxy.domain.capabilities import Capabilities

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Translated, Translator

CALL = Call(model="upstream", id="r1", created=1)
calls = st.builds(
    Call,
    model=st.just("upstream"),
    stream=st.booleans(),
    include_usage=st.booleans(),
    capabilities=st.builds(Capabilities, max_output=st.none() | st.integers(1, 10_000)),
)
both = st.sampled_from([CHAT_OVER_MESSAGES, MESSAGES_OVER_CHAT])

TOOLS = [{"type": "function", "function": {"name": "look", "description": "d", "parameters": {"type": "object"}}}]
SCHEMA = {"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}]}}, "required": ["a"], "additionalProperties": False}
chat_requests = st.fixed_dictionaries(
    {"messages": chats()},
    optional={
        "tools": st.just(TOOLS),
        "tool_choice": st.sampled_from(["auto", "required", {"type": "function", "function": {"name": "look"}}]),
        "max_tokens": st.integers(1, 9_000),
        "reasoning_effort": st.sampled_from(["none", "low", "high"]),
        "temperature": st.floats(0, 2),
        "stop": st.sampled_from(["x", ["x", "y"]]),
        "response_format": st.just({"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}),
        "user": st.text(max_size=300),
    },
)
message_requests = st.builds(
    lambda body, extra: CHAT_OVER_MESSAGES.request(body, CALL).body | extra,
    chat_requests,
    st.fixed_dictionaries(
        {},
        optional={
            "thinking": st.sampled_from([{"type": "adaptive"}, {"type": "enabled", "budget_tokens": 2_048}, {"type": "disabled"}]),
            "system": st.sampled_from(["s", [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]]),
            "mcp_servers": st.just([{"name": "m"}]),
        },
    ),
)


def said(messages_: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Who says what in which order; texts of one speaker that stand side by side, and the system's, are one."""
    told: list[tuple[Any, ...]] = []
    system = []
    for message in messages_:
        role = message["role"]
        content = message["content"] or []
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if role in {"system", "developer"}:
            system += [part["text"] for part in parts]
            continue
        told += [(role, "thinking", block) for block in message.get("thinking_blocks", ())]
        if role == "tool":
            told.append((role, safe_id(message["tool_call_id"], CHAT_LONGEST), "".join(part["text"] for part in parts)))
            continue
        for part in parts:
            if part["type"] == "text" and told and told[-1][:2] == (role, "text"):
                told[-1] = (role, "text", told[-1][2] + part["text"])
            else:
                told.append((role, part["type"], part.get("text") or part["image_url"]))
        for call in calls_of(message):
            told.append((role, safe_id(call["id"]), call["function"]["name"], json.loads(call["function"]["arguments"])))
    return [("system", "\n\n".join(system)), *told]


def _sealed(block: dict[str, Any]) -> dict[str, Any]:
    """A block as a client has it from a provider that signed it."""
    return read_thinking_blocks({"thinking_blocks": [block]}, CALL)[0] if "thinking" in block["type"] else block


@given(chats())
def test_a_chat_that_goes_through_messages_and_back_means_what_it_meant(chat: list[dict[str, Any]]) -> None:
    there = CHAT_OVER_MESSAGES.request({"messages": chat}, CALL)
    for turn in there.body["messages"]:
        turn["content"] = [_sealed(block) for block in turn["content"]]
    back = MESSAGES_OVER_CHAT.request(there.body, CALL)
    assert said(back.body["messages"]) == said(chat)
    assert (there.lost, back.lost) == ((), ())


@given(chats())
def test_turns_alternate_and_results_follow_their_calls(chat: list[dict[str, Any]]) -> None:
    turns = CHAT_OVER_MESSAGES.request({"messages": chat}, CALL).body["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * (len(turns) // 2) + ["user"]
    for turn, following in pairwise(turns):
        wanted = [block["id"] for block in turn["content"] if block["type"] == "tool_use"]
        assert [block.get("tool_use_id") for block in following["content"]][: len(wanted)] == wanted


@given(st.data())
def test_a_streamed_message_says_what_the_whole_one_says(data: st.DataObject) -> None:
    message = data.draw(messages)
    whole = CHAT_OVER_MESSAGES.response(message, CALL)
    stream = CHAT_OVER_MESSAGES.stream(CALL)
    assert assemble_chat(translate_stream(stream, data.draw(events_of(message)))) == check_completion(whole.body)
    assert stream.lost == whole.lost


@given(st.data())
def test_a_streamed_completion_says_what_the_whole_one_says(data: st.DataObject) -> None:
    completion = data.draw(completions())
    whole = MESSAGES_OVER_CHAT.response(completion, CALL)
    stream = MESSAGES_OVER_CHAT.stream(CALL)
    assert assemble_message(translate_stream(stream, data.draw(chunks_of(completion)))) == whole.body
    assert stream.lost == whole.lost


@given(st.data())
def test_an_answer_and_its_stream_come_back_through_the_other_api(data: st.DataObject) -> None:
    message = data.draw(messages)
    there = CHAT_OVER_MESSAGES.response(message, CALL).body
    back = MESSAGES_OVER_CHAT.response(there, CALL).body
    back["content"] = opened(back["content"])
    told = [
        "".join(block["text"] for block in message["content"] if block["type"] == "text"),
        [block for block in message["content"] if "thinking" in block["type"]],
        [block for block in message["content"] if block["type"] == "tool_use"],
    ]
    if (refusal := there["choices"][0]["message"]["refusal"]) is not None:
        told[0] += refusal
    assert [
        "".join(block["text"] for block in back["content"] if block["type"] == "text"),
        [block for block in back["content"] if "thinking" in block["type"]],
        [block for block in back["content"] if block["type"] == "tool_use"],
    ] == told
    chunks = [event.data for event in translate_stream(CHAT_OVER_MESSAGES.stream(CALL), data.draw(events_of(message)))]
    streamed = assemble_message(translate_stream(MESSAGES_OVER_CHAT.stream(CALL), chunks))
    assert in_any_order(opened(streamed["content"])) == in_any_order(_runs_joined(message["content"], refusal))


def in_any_order(content: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(block, sort_keys=True) for block in content)


def _runs_joined(content: list[dict[str, Any]], refusal: str | None) -> list[dict[str, Any]]:
    """The blocks of a message as a stream tells them: texts that stand side by side are one; the provider's own tools are not told."""
    joined: list[dict[str, Any]] = []
    for block in [*content, *([{"type": "text", "text": refusal}] if refusal else [])]:
        if block["type"] == "text" and joined and joined[-1]["type"] == "text":
            joined[-1] = {"type": "text", "text": joined[-1]["text"] + block["text"]}
        elif block["type"] != "server_tool_use":
            joined.append(block)
    return joined


@given(both, calls, spoilt(chat_requests) | spoilt(message_requests) | st.dictionaries(st.text(max_size=5), json_values))
def test_a_request_is_translated_or_refused_whatever_it_is(translator: Translator, call: Call, body: Any) -> None:
    if isinstance(body, dict):
        with suppress(UntranslatableError):
            check_sound(translator.request(body, call))


@given(both, calls, spoilt(messages) | spoilt(completions()))
def test_an_answer_is_translated_or_refused_whatever_it_is(translator: Translator, call: Call, body: Any) -> None:
    if isinstance(body, dict):
        with suppress(ValueError):
            check_sound(translator.response(body, call))


@given(both, calls, spoilt(messages.flatmap(events_of)) | spoilt(completions().flatmap(chunks_of)))
def test_a_stream_is_translated_or_refused_whatever_it_is(translator: Translator, call: Call, events: Any) -> None:
    stream = translator.stream(call)
    with suppress(ValueError):
        for data in events if isinstance(events, list) else [events]:
            json.dumps([event.data for event in stream.feed(Event(data))], allow_nan=False)
        stream.finish()


def check_sound(translated: Translated) -> None:
    json.dumps(translated.body, allow_nan=False)
    assert all(re.fullmatch(r"[A-Za-z0-9_.?\[\]-]*", name) for name in translated.lost)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), json_values), st.data())
def test_the_end_of_arguments_is_seen_at_their_last_character_and_not_before(value: dict[str, Any], data: st.DataObject) -> None:
    written = data.draw(st.sampled_from([json.dumps(value), arguments_text(value), json.dumps(value, indent=1)]))
    assert read_arguments(written) == (value, True)
    end = JsonEnd()
    at = data.draw(st.integers(0, len(written) - 1))
    for piece in (written[:at], written[at:-1]):
        end.feed(piece)
        assert not end.ended
    end.feed(written[-1])
    assert end.ended
