from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.responses_events import accumulated, checked, ended

from pyproxy.dialects.translation.events import DONE, Event
from pyproxy.dialects.translation.responses_over_chat import RESPONSES_OVER_CHAT
from pyproxy.dialects.translation.translator import Call

TOOLS = [{"type": "function", "name": "weather", "parameters": {}}, {"type": "custom", "name": "patch"}]
CALL = Call("m", stream=True, id="req_1", created=7, asked={"tools": TOOLS, "store": False, "metadata": {"a": "b"}})
SUMMARY = Call("m", stream=True, id="req_1", asked={"reasoning": {"summary": "auto"}})

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def _told(*chunks: Any, call: Call = CALL) -> list[Event]:
    stream = RESPONSES_OVER_CHAT.stream(call)
    events = [told for chunk in chunks for told in stream.feed(Event(chunk))]
    events += stream.feed(Event(DONE))
    events += stream.finish()
    return checked(events)


def _delta(finish_reason: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"model": "real", "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}


def _piece(index: int | None, identifier: str | None = None, name: str | None = None, arguments: str | None = None) -> dict[str, Any]:
    piece: dict[str, Any] = {"index": index, "id": identifier, "function": {"name": name, "arguments": arguments}}
    return _delta(tool_calls=[{key: value for key, value in piece.items() if value is not None}])


def _plain(call: Call = CALL, finish_reason: str = "stop", **message: Any) -> dict[str, Any]:
    body = {"model": "real", "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish_reason}]}
    return RESPONSES_OVER_CHAT.response(body, call).body


def _kinds(response: dict[str, Any]) -> list[str]:
    return [item["type"] for item in response["output"]]


@st.composite
def answers(draw: st.DrawFn) -> dict[str, Any]:
    """A plain answer of chat completions."""
    names = st.sampled_from(["weather", "patch", "unheard_of"])
    arguments = st.just("") | texts | st.builds(json.dumps, st.fixed_dictionaries({"input": texts}))
    calls = draw(st.lists(st.tuples(names, arguments), max_size=3))
    message = {
        "content": draw(st.none() | texts),
        "reasoning_content": draw(st.none() | texts),
        "refusal": draw(st.none() | st.just("No.")),
        "tool_calls": [{"id": f"c{i}", "function": {"name": name, "arguments": text}} for i, (name, text) in enumerate(calls)],
    }
    usage = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
    reason = draw(st.sampled_from(["stop", "length", "content_filter", "tool_calls", "odd"]))
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return {"model": "real", "choices": [choice], "usage": draw(st.none() | st.just(usage))}


@st.composite
def split(draw: st.DrawFn, answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Chunks that say the same: texts in pieces, and the calls' pieces in turns."""

    def pieces(text: str | None) -> list[str]:
        cuts = sorted(draw(st.lists(st.integers(0, len(text or "")), max_size=3)))
        return [(text or "")[start:end] for start, end in zip([0, *cuts], [*cuts, len(text or "")], strict=True)]

    choice = answer["choices"][0]
    message = choice["message"]
    chunks = [_delta(role="assistant", content="")]
    for member in ("reasoning_content", "content", "refusal"):
        chunks += [_delta(**{member: piece}) for piece in pieces(message[member])]
    chunks += [_piece(i, call["id"], call["function"]["name"]) for i, call in enumerate(message["tool_calls"])]
    waiting = [[(i, piece) for piece in pieces(call["function"]["arguments"])] for i, call in enumerate(message["tool_calls"])]
    while waiting := [queue for queue in waiting if queue]:
        place, piece = draw(st.sampled_from(waiting)).pop(0)
        chunks.append(_piece(place, arguments=piece))
    chunks.append(_delta(choice["finish_reason"]))
    if answer["usage"]:
        chunks.append({"choices": [], "usage": answer["usage"]})
    return chunks


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_a_stream_is_the_plain_answer_however_it_comes(data: st.DataObject) -> None:
    answer = data.draw(answers())
    events = _told(*data.draw(split(answer)))
    assert ended(events) == RESPONSES_OVER_CHAT.response(answer, CALL).body


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_openais_client_puts_a_stream_together_to_the_answer_that_ends_it(data: st.DataObject) -> None:
    answer = data.draw(answers().filter(lambda answer: answer["choices"][0]["finish_reason"] not in ("length", "content_filter")))
    events = _told(*data.draw(split(answer)))
    response = accumulated(events)
    output = ended(events)["output"]
    assert [item.type for item in response.output] == [item["type"] for item in output]
    assert [item.to_dict()["id"] for item in response.output] == [item["id"] for item in output]
    assert response.output_text == (answer["choices"][0]["message"]["content"] or "")


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_the_pieces_of_an_item_are_the_whole_of_it(data: st.DataObject) -> None:
    events = _told(*data.draw(split(data.draw(answers()))))
    pieces: dict[tuple[str, str, int], str] = {}
    for event in events:
        if (event.name or "").endswith(".delta"):
            kind = (event.name or "").removesuffix(".delta")
            key = (kind, event.data["item_id"], event.data.get("content_index", 0))
            pieces[key] = pieces.get(key, "") + event.data["delta"]
    whole: dict[tuple[str, str, int], str] = {}
    for event in events:
        if (event.name or "").endswith(".done") and (event.name or "").removesuffix(".done") in {kind for kind, _, _ in pieces}:
            member = next(member for member in ("text", "refusal", "arguments", "input") if member in event.data)
            key = ((event.name or "").removesuffix(".done"), event.data["item_id"], event.data.get("content_index", 0))
            whole[key] = event.data[member]
    assert {key: text for key, text in whole.items() if text} == {key: text for key, text in pieces.items() if text}


def test_the_events_of_a_stream_come_in_the_order_of_the_api() -> None:
    events = _told(
        _delta(role="assistant", content=""),
        _delta(reasoning_content="Hm."),
        _delta(content="Hel"),
        _delta(content="lo"),
        _piece(0, "c1", "weather", "{}"),
        _delta("tool_calls"),
    )
    assert [event.name for event in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.reasoning_text.delta",
        "response.reasoning_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ]


def test_what_has_been_told_does_not_change_afterwards() -> None:
    stream = RESPONSES_OVER_CHAT.stream(CALL)
    events = stream.feed(Event(_delta(content="a", reasoning_content="b"))) + stream.feed(Event(_piece(0, "c1", "weather")))
    before = json.dumps([event.data for event in events])
    stream.feed(Event(_delta(content="c", annotations=[{"url_citation": {}}], tool_calls=[{"index": 0, "function": {"arguments": "{}"}}])))
    stream.finish()
    assert json.dumps([event.data for event in events]) == before


def test_a_response_repeats_what_was_asked_for() -> None:
    asked = {
        "instructions": "Be brief.",
        "tools": TOOLS,
        "tool_choice": "required",
        "parallel_tool_calls": False,
        "max_output_tokens": 9,
        "temperature": 0.2,
        "store": False,
        "metadata": {"a": "b"},
        "reasoning": {"effort": "low"},
        "text": {"verbosity": "low"},
        "unheard_of": 1,
    }
    response = _plain(Call("m", id="req_1", created=7, asked=asked, continues="resp_0"), content="Hello")
    assert response["previous_response_id"] == "resp_0"
    assert {name: response[name] for name in asked if name not in ("reasoning", "text", "unheard_of")} == {
        name: value for name, value in asked.items() if name not in ("reasoning", "text", "unheard_of")
    }
    assert response["reasoning"] == {"effort": "low", "summary": None}
    assert response["text"] == {"format": {"type": "text"}, "verbosity": "low"}
    assert "unheard_of" not in response
    assert (response["id"], response["object"], response["created_at"], response["model"]) == ("resp_req_1", "response", 7, "real")


def test_a_response_to_a_bare_request_has_the_apis_own_defaults() -> None:
    response = _plain(Call("m"), content="Hello")
    assert (response["tools"], response["tool_choice"], response["parallel_tool_calls"]) == ([], "auto", True)
    assert (response["text"], response["truncation"], response["temperature"]) == ({"format": {"type": "text"}}, "disabled", 1.0)
    nameless = RESPONSES_OVER_CHAT.response({"choices": [{"message": {"content": "x"}}], "service_tier": "flex"}, Call("m"))
    assert (nameless.body["model"], nameless.body["service_tier"], nameless.body["status"]) == ("m", "flex", "completed")


def test_ids_are_safe_and_not_too_long_whatever_the_requests_id() -> None:
    response = _plain(Call("m", id="ä/" + "x" * 200), content="Hello")
    for identifier in (response["id"], response["output"][0]["id"]):
        assert identifier.replace("_", "").isalnum()
        assert identifier.isascii()
        assert len(identifier) <= 64


@pytest.mark.parametrize(
    ("reason", "status", "details"),
    [
        ("stop", "completed", None),
        ("tool_calls", "completed", None),
        ("length", "incomplete", {"reason": "max_output_tokens"}),
        ("content_filter", "incomplete", {"reason": "content_filter"}),
    ],
)
def test_an_answer_cut_short_is_incomplete_and_so_is_its_last_item(reason: str, status: str, details: Any) -> None:
    events = _told(_delta(reasoning_content="Hm."), _delta(content="Hel"), _delta(reason))
    response = ended(events)
    assert (events[-1].name, response["status"], response["incomplete_details"]) == (f"response.{status}", status, details)
    assert [item["status"] for item in response["output"]] == ["completed", status]
    calls = [{"id": "c1", "function": {"name": "weather"}}, {"id": "c2", "function": {"name": "weather"}}]
    assert [item["status"] for item in _plain(finish_reason=reason, content="x", tool_calls=calls)["output"]] == [
        "completed",
        "completed",
        status,
    ]


def test_a_model_that_says_nothing_has_answered_all_the_same() -> None:
    for response in (ended(_told(_delta("stop", role="assistant", content=""))), ended(_told()), _plain(content=None)):
        assert [item["content"][0]["text"] for item in response["output"]] == [""]
    assert _plain(finish_reason="length", content="")["output"] == []


def test_reasoning_is_a_summary_for_clients_that_ask_for_one() -> None:
    events = _told(_delta(reasoning_content="H"), _delta(reasoning="m"), _delta(content="Hi"), call=SUMMARY)
    assert [event.name for event in events[3:7]] == [
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
    ]
    reasoning, _ = ended(events)["output"]
    assert (reasoning["summary"], reasoning["content"]) == ([{"type": "summary_text", "text": "Hm"}], [])
    plain, _ = ended(_told(_delta(reasoning_content="Hm"), _delta(content="Hi")))["output"]
    assert (plain["summary"], plain["content"]) == ([], [{"type": "reasoning_text", "text": "Hm"}])


def test_what_was_signed_of_a_thought_is_sealed_with_its_item() -> None:
    block = {"type": "thinking", "thinking": "Hm", "signature": "s"}
    events = _told(_delta(reasoning_content="Hm"), _delta(thinking_blocks=[block]), _delta(content="Hi"))
    reasoning, _ = ended(events)["output"]
    assert reasoning["content"] == [{"type": "reasoning_text", "text": "Hm"}]
    assert reasoning["encrypted_content"].startswith("pyproxy.")
    assert "encrypted_content" not in ended(_told(_delta(reasoning_content="Hm")))["output"][0]


def test_thoughts_among_the_parts_of_a_content_are_reasoning() -> None:
    content = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "Hi"}]
    assert _kinds(_plain(content=content)) == ["reasoning", "message"]
    assert _kinds(ended(_told(_delta(content=content[:1]), _delta(content="Hi")))) == ["reasoning", "message"]


def test_speech_thoughts_and_speech_again_are_items_of_their_own() -> None:
    response = ended(
        _told(_delta(content="a"), _delta(reasoning_content="b"), _delta(content="c"), _piece(0, "c1", "weather"), _delta(content="d"))
    )
    assert _kinds(response) == ["message", "reasoning", "message", "function_call", "message"]


def test_a_call_is_told_once_its_name_is_known() -> None:
    events = _told(_piece(0, "c1", arguments='{"a"'), _piece(0, name="weather", arguments=":1}"), _piece(0, name="weather"))
    (call,) = ended(events)["output"]
    assert (call["call_id"], call["name"], call["arguments"]) == ("c1", "weather", '{"a":1}')


@pytest.mark.parametrize("indices", [(0, 0), (None, None)])
def test_calls_are_told_apart_by_their_ids_where_their_places_do_not_do_it(indices: tuple[int | None, int | None]) -> None:
    first, second = indices
    events = _told(_piece(first, "c1", "weather", "{}"), _piece(second, "c2", "weather", '{"a"'), _piece(second, "c2", arguments=":1}"))
    assert [(call["call_id"], call["arguments"]) for call in ended(events)["output"]] == [("c1", "{}"), ("c2", '{"a":1}')]


def test_calls_without_ids_or_with_the_same_get_some_of_their_own() -> None:
    output = ended(_told(_piece(0, None, "weather"), _piece(1, "c", "weather"), _piece(2, "c", "weather")))["output"]
    assert [call["call_id"] for call in output] == ["call_req_1_0", "c", "call_req_1_2"]


@pytest.mark.parametrize("index", [0, None])
def test_an_id_that_is_another_with_each_piece_is_the_first(index: int | None) -> None:
    events = _told(_piece(index, "c1", "weather", "{"), _piece(index, "c2", None, "}"))
    assert [(call["call_id"], call["arguments"]) for call in ended(events)["output"]] == [("c1", "{}")]


def test_calls_of_a_plain_answer_stay_apart_without_ids() -> None:
    calls = [{"function": {"name": "weather", "arguments": arguments}} for arguments in ('{"a":1}', '{"a":2}')]
    assert [call["arguments"] for call in _plain(tool_calls=calls)["output"]] == ['{"a":1}', '{"a":2}']


def test_a_call_without_a_name_is_lost() -> None:
    stream = RESPONSES_OVER_CHAT.stream(CALL)
    stream.feed(Event(_piece(0, "c1", arguments="{}")))
    assert _kinds(ended(stream.finish())) == ["message"]
    assert stream.lost == ("tool_calls[]",)


def test_a_custom_tools_text_is_told_when_its_json_has_ended() -> None:
    events = _told(_piece(0, "c1", "patch", '{"inp'), _piece(0, arguments='ut":"*** \\n"}'))
    (delta,) = [event for event in events if event.name == "response.custom_tool_call_input.delta"]
    (item,) = ended(events)["output"]
    assert (delta.data["delta"], item["input"], item["id"]) == ("*** \n", "*** \n", "ctc_req_1_0")


def test_sources_and_probabilities_of_a_text_are_told() -> None:
    citation = {"type": "url_citation", "url_citation": {"start_index": 0, "end_index": 2, "title": "t", "url": "u"}}
    logprobs = {"content": [{"token": "Hi", "logprob": -0.1, "bytes": None, "top_logprobs": [{"token": "Ho", "logprob": -2.0}]}]}
    chunk = {"choices": [{"index": 0, "delta": {"content": "Hi", "annotations": [citation, {"type": "odd"}]}, "logprobs": logprobs}]}
    (message,) = ended(_told(chunk))["output"]
    assert message["content"][0]["annotations"] == [{"type": "url_citation", "start_index": 0, "end_index": 2, "title": "t", "url": "u"}]
    assert message["content"][0]["logprobs"] == [
        {"token": "Hi", "logprob": -0.1, "bytes": [], "top_logprobs": [{"token": "Ho", "logprob": -2.0, "bytes": []}]}
    ]


@pytest.mark.parametrize(
    ("usage", "told"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}, (9, 0, 4, 0, 13)),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 4,
                "prompt_tokens_details": {"cached_tokens": 5},
                "completion_tokens_details": {"reasoning_tokens": 2},
            },
            (9, 5, 4, 2, 13),
        ),
        ({"prompt_tokens": 9, "completion_tokens": 4, "prompt_cache_hit_tokens": 6, "prompt_tokens_details": None}, (9, 6, 4, 0, 13)),
        ({"prompt_tokens": "9", "completion_tokens": True, "prompt_tokens_details": 3}, (0, 0, 0, 0, 0)),
    ],
)
def test_usage_has_other_names(usage: dict[str, Any], told: tuple[int, ...]) -> None:
    read = ended(_told(_delta(content="Hi"), {"choices": [], "usage": usage}, {"choices": [], "usage": None}))["usage"]
    assert told == (
        read["input_tokens"],
        read["input_tokens_details"]["cached_tokens"],
        read["output_tokens"],
        read["output_tokens_details"]["reasoning_tokens"],
        read["total_tokens"],
    )
    assert ended(_told(_delta(content="Hi")))["usage"] is None


def test_other_choices_than_the_first_are_not_told() -> None:
    other = {"choices": [{"index": 1, "delta": {"content": "x"}}]}
    assert ended(_told(other, _delta(content="a"), other))["output"][0]["content"][0]["text"] == "a"


@pytest.mark.parametrize(
    "chunk",
    [
        None,
        [],
        {"error": {"message": "x"}},
        {"choices": "x"},
        {"choices": [3]},
        _delta(content=3),
        _delta(content=[3]),
        _delta(refusal=[]),
        _delta(tool_calls={}),
        _delta(tool_calls=[3]),
        _delta(tool_calls=[{"function": 3}]),
        _delta(tool_calls=[{"function": {"name": 3}}]),
        _delta(tool_calls=[{"function": {"arguments": 3}}]),
    ],
)
def test_what_is_no_chunk_of_a_chat_completion_is_an_error(chunk: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        RESPONSES_OVER_CHAT.stream(CALL).feed(Event(chunk))


@pytest.mark.parametrize("body", [None, {}, {"choices": []}, {"choices": [{}]}, {"choices": [{"message": {"tool_calls": 3}}]}])
def test_what_is_no_chat_completion_is_an_error(body: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        RESPONSES_OVER_CHAT.response(body, CALL)


@pytest.mark.parametrize("choices", [[], None])
def test_the_usage_may_come_in_a_chunk_without_choices(choices: Any) -> None:
    events = _told(_delta(content="Hi"), {"choices": choices, "usage": {"prompt_tokens": 5, "completion_tokens": 3}})
    assert ended(events)["usage"]["total_tokens"] == 8
