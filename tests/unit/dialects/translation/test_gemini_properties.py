"""What holds of every conversation and every answer between chat and Gemini."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion

from pyproxy.dialects.translation.chat_over_gemini import CHAT_OVER_GEMINI
from pyproxy.dialects.translation.chat_over_gemini.embeddings import EMBEDDINGS_OVER_GEMINI
from pyproxy.dialects.translation.events import DONE, Event, encode
from pyproxy.dialects.translation.gemini.signatures import UNSIGNED, seal_signature
from pyproxy.dialects.translation.gemini_over_chat import GEMINI_OVER_CHAT
from pyproxy.dialects.translation.gemini_over_chat.embeddings import GEMINI_EMBEDDINGS_OVER_CHAT
from pyproxy.dialects.translation.translator import Call, UntranslatableError

Message = dict[str, Any]

CALL = Call("gemini-2.5-pro", id="req-1")

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
names = st.text("abcdef_", min_size=1, max_size=6)
signatures = st.none() | st.binary(min_size=1, max_size=6).map(lambda data: base64.b64encode(data).decode())
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
arguments = st.dictionaries(words, values, max_size=3)
urls = st.sampled_from(["https://x.test/a.png", "https://x.test/b.webp?c=1"])
images = (urls | st.binary(min_size=1, max_size=5).map(lambda data: "data:image/png;base64," + base64.b64encode(data).decode())).map(
    lambda url: {"type": "image_url", "image_url": {"url": url}}
)
texts = words.map(lambda text: {"type": "text", "text": text})


def signed(signature: str | None) -> Message:
    return {} if signature is None else {"extra_content": {"google": {"thought_signature": signature}}}


@st.composite
def rounds(draw: st.DrawFn, number: int) -> list[Message]:
    """What the user says, what the model answers and calls, and what comes of the calls, in any order."""
    said = draw(st.lists(texts | images, min_size=1, max_size=3))
    calls = draw(st.lists(st.tuples(names, arguments, signatures), max_size=3))
    answer: Message = {"role": "assistant", "content": draw(words | st.none() if calls else words), **signed(draw(signatures))}
    if draw(st.booleans()):
        answer["reasoning_content"] = draw(words)
    results: list[Message] = []
    if calls:
        answer["tool_calls"] = [
            {
                "id": f"c{number}-{place}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(value)},
                **signed(signature),
            }
            for place, (name, value, signature) in enumerate(calls)
        ]
        results = [
            {"role": "tool", "tool_call_id": call["id"], "content": draw(words)} for call in draw(st.permutations(answer["tool_calls"]))
        ]
    return [{"role": "user", "content": said}, answer, *results]


@st.composite
def conversations(draw: st.DrawFn) -> list[Message]:
    messages: list[Message] = [{"role": "system", "content": draw(words)}] if draw(st.booleans()) else []
    for number in range(draw(st.integers(1, 3))):
        messages += draw(rounds(number))
    return messages


def content_of(message: Message) -> list[Any]:
    """A content, whichever way it is written: neighbouring texts are one."""
    content = message.get("content") or []
    parts: list[Message] = [{"type": "text", "text": content}] if isinstance(content, str) else content
    pieces: list[Any] = []
    for part in parts:
        if part["type"] == "text" and pieces and isinstance(pieces[-1], str):
            pieces[-1] += part["text"]
        else:
            pieces.append(part["text"] if part["type"] == "text" else part["image_url"]["url"].encode())
    return [piece for piece in pieces if piece]


def meaning(messages: list[Message]) -> list[Any]:
    """Who says, calls and answers what, in order. The results of one turn stand together; what the user says next follows them."""
    told: list[Any] = []
    for message in messages:
        calls = [
            (call["id"], call["function"]["name"], json.loads(call["function"]["arguments"]), call.get("extra_content"))
            for call in message.get("tool_calls", [])
        ]
        signature = message.get("extra_content")
        told.append((message["role"], message.get("tool_call_id"), content_of(message), message.get("reasoning_content"), calls, signature))
    return told


def _sealed(body: Message) -> Message:
    """A request as a client makes it who has the signatures from a provider of chat."""
    for part in (part for content in body["contents"] for part in content["parts"]):
        if "thoughtSignature" in part and part["thoughtSignature"] != UNSIGNED:
            part["thoughtSignature"] = seal_signature(part["thoughtSignature"], CALL.signer)
    return body


@settings(deadline=None)
@given(conversations())
def test_a_conversation_comes_back_from_gemini_with_the_meaning_that_it_had(messages: list[Message]) -> None:
    there = CHAT_OVER_GEMINI.request({"messages": messages}, CALL)
    back = GEMINI_OVER_CHAT.request(_sealed(json.loads(json.dumps(there.body))), CALL)
    assert (there.lost, back.lost) == ((), ())
    assert meaning(back.body["messages"]) == meaning(messages)
    roles = [content["role"] for content in there.body["contents"]]
    assert all(one != other for one, other in pairwise(roles))


gemini_parts = st.one_of(
    words.map(lambda text: {"text": text}),
    words.map(lambda text: {"text": text, "thought": True}),
    st.builds(lambda name, args: {"functionCall": {"name": name, "args": args}}, names, arguments),
    st.just({"text": "", "thoughtSignature": "QQ=="}),
)
gemini_reasons = st.sampled_from(["STOP", "MAX_TOKENS", "SAFETY"])
gemini_usage = st.fixed_dictionaries(
    {"promptTokenCount": st.integers(0, 99)}, optional={"candidatesTokenCount": st.integers(0, 99), "thoughtsTokenCount": st.integers(0, 9)}
)


def merged(target: Message, delta: Message) -> None:
    """Add a delta as the chat API's SDK does."""
    for name, value in delta.items():
        if name == "tool_calls":
            for call in value:
                assert call["index"] == len(target.setdefault("tool_calls", []))
                target["tool_calls"].append({key: item for key, item in call.items() if key != "index"})
        elif isinstance(value, str) and name != "role":
            target[name] = target.get(name, "") + value
        else:
            target[name] = value


@given(st.lists(st.lists(gemini_parts, max_size=3), min_size=1, max_size=4), gemini_reasons, gemini_usage)
def test_a_stream_of_geminis_put_together_is_the_whole_answer_translated(groups: list[Any], reason: str, usage: Message) -> None:
    whole = {
        "candidates": [{"content": {"parts": [part for group in groups for part in group]}, "finishReason": reason}],
        "usageMetadata": usage,
    }
    expected = CHAT_OVER_GEMINI.response(whole, CALL).body
    ChatCompletion.model_validate(expected)
    translator = CHAT_OVER_GEMINI.stream(CALL)
    events = [event for group in groups for event in translator.feed(Event({"candidates": [{"content": {"parts": group}}]}))]
    events += translator.feed(Event({"candidates": [{"finishReason": reason}], "usageMetadata": usage})) + translator.finish()
    message: Message = {"refusal": None}
    finishes = []
    for event in events[:-2]:
        merged(message, event.data["choices"][0]["delta"])
        finishes.append(event.data["choices"][0]["finish_reason"])
    message["content"] = message["content"] or (None if "tool_calls" in message else "")
    assert message == expected["choices"][0]["message"]
    assert finishes == [None] * (len(finishes) - 1) + [expected["choices"][0]["finish_reason"]]
    assert events[-2].data["usage"] == expected["usage"]
    assert events[-1].data == DONE


def cut(text: str, draw: st.DrawFn) -> list[str]:
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=2)))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


@settings(deadline=None)
@given(st.data())
def test_a_stream_of_the_chat_api_put_together_is_the_whole_answer_translated(data: st.DataObject) -> None:
    draw = cast("st.DrawFn", data.draw)
    content, thought = draw(words), draw(st.none() | words)
    calls: list[Message] = [
        {"id": f"c{place}", "type": "function", "function": {"name": name, "arguments": json.dumps(value)}}
        for place, (name, value) in enumerate(draw(st.lists(st.tuples(names, arguments), max_size=2)))
    ]
    usage = {"prompt_tokens": 3, "completion_tokens": 5}
    finish = draw(st.sampled_from(["stop", "length", "tool_calls"]))
    message = {"role": "assistant", "content": content, "reasoning_content": thought, "tool_calls": calls, **signed(draw(signatures))}
    expected = GEMINI_OVER_CHAT.response({"choices": [{"message": message, "finish_reason": finish}], "usage": usage}, CALL).body

    deltas: list[Message] = [] if thought is None else [{"reasoning_content": piece} for piece in cut(thought, draw)]
    deltas += [{"content": piece} for piece in cut(content, draw)]
    pieces: list[list[Message]] = []
    for index, call in enumerate(calls):
        first, *more = cut(call["function"]["arguments"], draw)
        head = {**call, "index": index, "function": {**call["function"], "arguments": first}}
        pieces.append([head, *({"index": index, "function": {"arguments": piece}} for piece in more)])
    while any(pieces):
        deltas.append({"tool_calls": [draw(st.sampled_from([piece for piece in pieces if piece])).pop(0)]})
    translator = GEMINI_OVER_CHAT.stream(CALL)
    chunks: list[Message] = [{"choices": [{"delta": delta}]} for delta in deltas]
    chunks += [{"choices": [{"delta": signed_delta(message), "finish_reason": finish}]}, {"choices": [], "usage": usage}]
    events = [event for chunk in chunks for event in translator.feed(Event(chunk))] + translator.finish()
    parts = [part for event in events for part in event.data["candidates"][0]["content"]["parts"]]
    last = events[-1].data
    assert glued(parts) == glued(expected["candidates"][0]["content"]["parts"])
    assert last["candidates"][0]["finishReason"] == expected["candidates"][0]["finishReason"]
    assert last["usageMetadata"] == expected["usageMetadata"]
    assert encode(events).count(b"\n\n") == len(events)


def signed_delta(message: Message) -> Message:
    return {"extra_content": message["extra_content"]} if "extra_content" in message else {}


def glued(parts: list[Message]) -> list[Message]:
    """Neighbouring texts of the same kind as one, with the signature of the last; calls by the order of their ids, not which came first."""
    glue: list[Message] = []
    for told in parts:
        part = {name: value for name, value in told.items() if value != UNSIGNED}
        if "text" in part and glue and "text" in glue[-1] and glue[-1].get("thought") == part.get("thought"):
            glue[-1] = {**glue[-1], **part, "text": glue[-1]["text"] + part["text"]}
        else:
            glue.append(part)
    return sorted((part for part in glue if part != {"text": ""}), key=lambda part: part.get("functionCall", {}).get("id", ""))


# Bodies that hold the right names at about the right places, and anything beneath.
_NAMES = """role content parts text thought functionCall function_call functionResponse name args id response inlineData mimeType data
fileData fileUri thoughtSignature messages contents systemInstruction tools functionDeclarations parameters toolConfig functionCallingConfig
mode allowedFunctionNames generationConfig temperature stopSequences stop responseSchema responseMimeType responseJsonSchema thinkingConfig
thinkingBudget thinkingLevel type function tool_calls tool_call_id arguments index image_url url input_audio format file file_data filename
tool_choice response_format json_schema schema extra_content google thought_signature extra_body thinking_config max_tokens n logprobs
reasoning_effort candidates finishReason promptFeedback blockReason usageMetadata promptTokenCount choices message delta finish_reason usage
prompt_tokens logprobsResult chosenCandidates token logProbability embeddings values embedding input requests dimensions error""".split()  # noqa: SIM905
_TEXTS = """user model assistant tool system function text image_url input_audio file STOP ANY auto required data:image/png;base64,AA==
https://x.test/a.png https://[ { {"a":1} json_schema application/json high a""".split()  # noqa: SIM905
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(_TEXTS) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=5),
    max_leaves=30,
)
bodies = st.dictionaries(st.sampled_from(_NAMES), anything, max_size=6)


@settings(deadline=None, max_examples=150)
@given(bodies, anything)
def test_whatever_comes_is_translated_or_refused_in_words(body: Message, inner: Any) -> None:
    odd = [
        body,
        {"messages": [inner, {"role": "user", "content": [inner]}], **body},
        {"contents": [inner, {"parts": [inner]}], **body},
        {"messages": [{"role": "assistant", "content": "a", "tool_calls": [inner]}], "tools": [inner]},
        {"contents": [{"role": "model", "parts": [{"functionCall": inner}]}], "tools": [inner], "generationConfig": inner},
    ]
    for one in odd:
        for translator in (CHAT_OVER_GEMINI, GEMINI_OVER_CHAT):
            translated_or(UntranslatableError, lambda one=one, translator=translator: translator.request(one, CALL).body)
        for embeddings in (EMBEDDINGS_OVER_GEMINI, GEMINI_EMBEDDINGS_OVER_CHAT):
            translated_or(UntranslatableError, lambda one=one, embeddings=embeddings: embeddings.request(one, CALL).body)
            translated_or(ValueError, lambda one=one, embeddings=embeddings: embeddings.response(one, replace(CALL, asked=body)).body)


@settings(deadline=None, max_examples=150)
@given(bodies, anything)
def test_whatever_a_provider_answers_is_translated_or_an_error(body: Message, inner: Any) -> None:
    odd = [
        body,
        {"candidates": [inner, {"content": inner}, {"content": {"parts": [inner]}}], **body},
        {"choices": [{"message": inner, "delta": inner, "finish_reason": "stop"}, {"delta": {"tool_calls": [inner]}}], **body},
    ]
    for one in odd:
        for translator in (CHAT_OVER_GEMINI, GEMINI_OVER_CHAT):
            translated_or(ValueError, lambda one=one, translator=translator: translator.response(one, CALL).body)
            translated_or(ValueError, lambda one=one, translator=translator: streamed(translator.stream(CALL), one))
    translated_or(ValueError, lambda: streamed(CHAT_OVER_GEMINI.stream(CALL), inner))
    translated_or(ValueError, lambda: streamed(GEMINI_OVER_CHAT.stream(CALL), inner))


def streamed(stream: Any, data: Any) -> list[Any]:
    return [event.data for event in [*stream.feed(Event(data)), *stream.finish()]]


def translated_or(error: type[ValueError], translate: Any) -> None:
    try:
        translated = translate()
    except error:
        return
    json.dumps(translated)


@pytest.mark.parametrize("depth", [200, 900])
def test_what_is_nested_as_deeply_as_a_reader_allows_ends_in_no_other_error(depth: int) -> None:
    deep: Any = {"type": "OBJECT"}
    for _ in range(depth):
        deep = {"type": "OBJECT", "properties": {"a": deep}}
    call = {"functionCall": {"name": "a", "args": deep}}
    for body in (
        {"contents": "x", "tools": [{"functionDeclarations": [{"name": "a", "parameters": deep}]}]},
        {"contents": [{"role": "model", "parts": [call]}]},
        {"contents": "x", "generationConfig": {"responseMimeType": "application/json", "responseSchema": deep}},
    ):
        translated_or_deep(lambda body=body: GEMINI_OVER_CHAT.request(body, CALL))
    translated_or_deep(lambda: CHAT_OVER_GEMINI.response({"candidates": [{"content": {"parts": [call]}}]}, CALL))


def translated_or_deep(translate: Any) -> None:
    try:
        translate()
    except UntranslatableError as caught:
        refusal = caught.message
    else:
        refusal = "too deeply"
    assert "too deeply" in refusal
