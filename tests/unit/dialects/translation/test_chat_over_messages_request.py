"""What a chat client asks, as the messages API takes it."""

from __future__ import annotations

from typing import Any

import pytest

from pyproxy.dialects.translation.chat_over_messages import CHAT_OVER_MESSAGES
from pyproxy.dialects.translation.tool_ids import safe_id
from pyproxy.dialects.translation.translator import Call, Translated, UntranslatableError
from pyproxy.domain.capabilities import Capabilities

CALL = Call(model="claude", capabilities=Capabilities(thinking="budget", max_output=64_000))
PNG = "data:image/png;base64,aGk="
HI = {"role": "user", "content": "hi"}
TOOL = {"type": "function", "function": {"name": "look", "description": "looks", "parameters": {"type": "object", "properties": {}}}}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def ask(*messages: Any, call: Call = CALL, **members: Any) -> Translated:
    return CHAT_OVER_MESSAGES.request({"model": "group", "messages": list(messages) or [HI], **members}, call)


def able(**flags: Any) -> Call:
    return Call(model="claude", capabilities=Capabilities(**{"thinking": "budget", **flags}))


def called(*calls: tuple[str, str, Any], **members: Any) -> dict[str, Any]:
    tool_calls = [{"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}} for id_, name, arguments in calls]
    return {"role": "assistant", "content": None, "tool_calls": tool_calls, **members}


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


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"n": 2}, "n"),
        ({"modalities": ["text", "audio"], "audio": {"voice": "x"}}, "modalities"),
        ({"functions": [{}]}, "functions"),
        ({"messages": []}, "messages"),
        ({"messages": None}, "messages"),
        ({"messages": [{"role": "narrator"}]}, "messages[0].role"),
        ({"messages": [{"role": ["user"]}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": [{"type": "video_url"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
        ({"messages": [{"role": "system", "content": [{"type": "image_url"}]}]}, "messages[0].content[0].type"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "file:///x"}}]}]},
            "messages[0].content[0].image_url.url",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "data:image/svg+xml,<svg/>"}]}]},
            "messages[0].content[0].image_url.url",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]}, "messages[0].content[0].file.file_id"),
        ({"messages": [{"role": "assistant", "audio": {"id": "a"}}]}, "messages[0].audio"),
        ({"messages": [{"role": "assistant", "tool_calls": [{"id": "a", "type": "custom"}]}]}, "messages[0].tool_calls[0].type"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "tools[0].type"),
        ({"tools": [{"type": "web_search"}], "tool_choice": "required"}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": "maybe"}, "tool_choice"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"temperature": "hot"}, "temperature"),
        ({"stop": [7]}, "stop[0]"),
        ({"reasoning_effort": "vast"}, "reasoning_effort"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
    ],
)
def test_what_has_no_meaning_is_refused_with_the_member_at_fault(members: dict[str, Any], param: str) -> None:
    with pytest.raises(UntranslatableError) as error:
        CHAT_OVER_MESSAGES.request({"messages": [HI], **members}, CALL)
    assert error.value.param == param


def test_a_model_without_eyes_refuses_images() -> None:
    with pytest.raises(UntranslatableError, match="takes no images"):
        ask({"role": "user", "content": [{"type": "image_url", "image_url": {"url": PNG}}]}, call=able(vision=False))


def test_tools_have_a_schema_of_an_object_whatever_the_client_says() -> None:
    bare = {"type": "function", "function": {"name": "bare"}}
    strict = {"type": "function", "function": {"name": "strict", "strict": True, "parameters": {"properties": {"a": {}}}}}
    body, lost = ask(tools=[TOOL, bare, strict])
    assert body["tools"] == [
        {"name": "look", "description": "looks", "input_schema": {"type": "object", "properties": {}}},
        {"name": "bare", "input_schema": {"type": "object", "properties": {}}},
        {"name": "strict", "strict": True, "input_schema": {"type": "object", "properties": {"a": {}}, "additionalProperties": False}},
    ]
    assert (lost, "tool_choice" in body) == ((), False)


@pytest.mark.parametrize(
    ("choice", "parallel", "expected"),
    [
        ("auto", None, {"type": "auto"}),
        ("none", False, {"type": "none"}),
        ("required", True, {"type": "any"}),
        ("required", False, {"type": "any", "disable_parallel_tool_use": True}),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        ({"type": "function", "function": {"name": "look"}}, None, {"type": "tool", "name": "look"}),
    ],
)
def test_choices_of_tools(choice: Any, parallel: bool | None, expected: dict[str, Any]) -> None:  # noqa: FBT001
    assert ask(tools=[TOOL], tool_choice=choice, parallel_tool_calls=parallel).body["tool_choice"] == expected


def test_tools_of_another_provider_s_own_are_left_out_and_told() -> None:
    body, lost = ask(tools=[{"type": "web_search"}, TOOL], tool_choice="required")
    assert ([tool["name"] for tool in body["tools"]], body["tool_choice"], lost) == (["look"], {"type": "any"}, ("tools[].web_search",))
    body, lost = ask(tools=[{"type": "web_search"}], tool_choice="auto")
    assert (body.keys() & {"tools", "tool_choice"}, lost) == (set(), ("tools[].web_search",))


def test_a_choice_without_tools_is_left_out_and_a_subset_of_tools_is_all_there_is() -> None:
    assert "tool_choice" not in ask(tool_choice="auto", parallel_tool_calls=False).body
    other = {"type": "function", "function": {"name": "other"}}
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [other]}}
    body = ask(tools=[TOOL, other], tool_choice=allowed).body
    assert ([tool["name"] for tool in body["tools"]], body["tool_choice"]) == (["other"], {"type": "any"})


def test_a_chat_with_calls_and_without_tools_names_those_that_were_called_and_lets_none_be() -> None:
    history = (
        HI,
        called(("a", "look", "{}"), ("b", "look", "{}"), ("c", "read", "{}")),
        {"role": "tool", "tool_call_id": "a", "content": "x"},
    )
    past = [{"name": name, "input_schema": {"type": "object", "properties": {}}} for name in ("look", "read")]
    silent: list[dict[str, Any]] = [{}, {"tools": []}, {"tools": None, "tool_choice": "auto"}]
    for members in silent:
        body, lost = ask(*history, **members)
        assert (body["tools"], body["tool_choice"], lost) == (past, {"type": "none"}, ())
    assert [tool["name"] for tool in ask(*history, tools=[TOOL]).body["tools"]] == ["look"]
    assert "tools" not in ask().body


def test_a_model_that_cannot_be_forced_chooses_itself_and_that_is_told() -> None:
    other = {"type": "function", "function": {"name": "other"}}
    body, lost = ask(tools=[TOOL, other], tool_choice="required", call=able(forced_tools=False))
    assert (body["tool_choice"], len(body["tools"]), lost) == ({"type": "auto"}, 2, ("tool_choice",))
    assert body["system"] == [{"type": "text", "text": "Answer by calling one of the tools."}]


def test_a_model_that_cannot_be_forced_is_offered_none_but_the_tool_that_was_named_and_asked_in_words_to_call_it() -> None:
    other = {"type": "function", "function": {"name": "other"}}
    named = {"type": "function", "function": {"name": "other"}}
    body, lost = ask(tools=[TOOL, other], tool_choice=named, call=able(forced_tools=False))
    assert (body["tool_choice"], [tool["name"] for tool in body["tools"]], lost) == ({"type": "auto"}, ["other"], ("tool_choice",))
    assert body["system"] == [{"type": "text", "text": "Answer by calling the tool other."}]
    assert "system" not in ask(tools=[TOOL, other], tool_choice=named).body


def test_temperature_is_clamped_and_what_repeats_the_default_is_left_out() -> None:
    assert ask(temperature=1.7) == Translated({**ask().body, "temperature": 1}, ("temperature",))
    assert ask(temperature=0.2, top_p=1).body["temperature"] == 0.2
    assert ask(temperature=1, top_p=0.5) == Translated({**ask().body, "top_p": 0.5})
    assert ask(temperature=0.2, top_p=0.5, top_k=4) == Translated({**ask().body, "temperature": 0.2, "top_k": 4}, ("top_p",))


def test_a_model_that_refuses_sampling_gets_none_and_that_is_told() -> None:
    body, lost = ask(temperature=0, top_p=0.5, top_k=4, call=able(sampling=False))
    assert not {"temperature", "top_p", "top_k"} & set(body)
    assert lost == ("temperature", "top_p", "top_k")
    assert ask(temperature=1, top_p=1, call=able(sampling=False)).lost == ()


def test_the_bound_of_an_answer_is_the_clients_or_the_models() -> None:
    assert ask(max_tokens=7).body["max_tokens"] == 7
    assert ask(max_tokens=7, max_completion_tokens=9.0).body["max_tokens"] == 9
    assert ask().body["max_tokens"] == 64_000
    assert ask(call=able()).body["max_tokens"] == 4_096
    assert ask(max_tokens=70_000) == Translated(ask().body, ("max_tokens",))


def test_stops_are_a_list_without_blank_ones() -> None:
    assert ask(stop="END").body["stop_sequences"] == ["END"]
    assert ask(stop=["a", "\n"]) == Translated({**ask().body, "stop_sequences": ["a"]}, ("stop",))
    assert "stop_sequences" not in ask(stop=[]).body


def test_a_last_message_of_the_assistant_is_a_prefill_where_the_model_takes_one() -> None:
    begun = {"role": "assistant", "content": "It is "}
    assert ask(HI, begun).body["messages"][-1] == {"role": "assistant", "content": [text("It is")]}
    body, lost = ask(HI, begun, call=able(prefill=False))
    assert (body["messages"][-1], lost) == ({"role": "user", "content": [text("Continue.")]}, ("prefill",))


def test_effort_is_adaptive_thinking_for_models_that_are_told_it() -> None:
    body, lost = ask(reasoning_effort="high", call=able(thinking="effort"))
    assert (body["thinking"], body["output_config"], lost) == ({"type": "adaptive"}, {"effort": "high"}, ())
    assert ask(reasoning_effort="none", call=able(thinking="effort")).body["thinking"] == {"type": "disabled"}


def test_effort_is_a_budget_for_older_models_and_leaves_room_for_the_answer() -> None:
    body, lost = ask(reasoning_effort="medium", temperature=0, top_p=0.9)
    assert (body["thinking"], body["max_tokens"]) == ({"type": "enabled", "budget_tokens": 8_192}, 64_000)
    assert lost == ("temperature", "top_p")
    assert ask(reasoning_effort="low", call=able()).body["max_tokens"] == 4_096 + 2_048
    assert ask(reasoning_effort="high", max_tokens=4_000).body["thinking"]["budget_tokens"] == 2_000
    assert ask(reasoning_effort="high", max_tokens=1_500) == Translated({**ask(max_tokens=1_500).body}, ("reasoning_effort",))
    assert "thinking" not in ask(reasoning_effort="none").body


def test_thinking_as_other_providers_of_chat_take_it_goes_first() -> None:
    asked = {"type": "enabled", "budget_tokens": 2_000}
    assert ask(thinking=asked, reasoning_effort="low").body["thinking"] == asked
    assert ask(thinking={"type": "enabled"}).body["thinking"] == {"type": "enabled", "budget_tokens": 8_192}
    assert ask(thinking={"type": "enabled"}, call=able(thinking="effort")).body["thinking"] == {"type": "adaptive"}
    assert ask(thinking={"type": "disabled"}).body["thinking"] == {"type": "disabled"}


@pytest.mark.parametrize(("budget", "effort"), [(1_024, "low"), (8_192, "medium"), (8_193, "high")])
def test_a_budget_is_an_effort_for_models_that_take_no_budget(budget: int, effort: str) -> None:
    body = ask(thinking={"type": "enabled", "budget_tokens": budget, "display": "omitted"}, call=able(thinking="effort")).body
    assert (body["thinking"], body["output_config"]) == ({"type": "adaptive", "display": "omitted"}, {"effort": effort})


def test_models_that_need_a_budget_are_given_one_where_a_client_leaves_it_to_them() -> None:
    assert ask(thinking={"type": "adaptive"}).body["thinking"] == {"type": "enabled", "budget_tokens": 8_192}
    assert ask(thinking={"type": "adaptive"}, call=able(thinking="effort")).body["thinking"] == {"type": "adaptive"}


@pytest.mark.parametrize("members", [{"thinking": {"type": "enabled", "budget_tokens": 2_000}}, {"reasoning_effort": "low"}])
def test_a_model_that_does_not_think_is_not_told_to(members: dict[str, Any]) -> None:
    body, lost = ask(temperature=0.5, call=able(thinking="none"), **members)
    assert (body.keys() & {"thinking", "output_config"}, lost) == (set(), tuple(members))
    assert body["temperature"] == 0.5
    assert ask(reasoning_effort="none", call=able(thinking="none")).lost == ()


def test_thinking_gives_way_to_what_it_cannot_go_with() -> None:
    forced = ask(tools=[TOOL], tool_choice="required", reasoning_effort="low")
    begun = ask(HI, {"role": "assistant", "content": "It"}, reasoning_effort="low")
    unsigned = ask(HI, called(("a", "look", "{}")), {"role": "tool", "tool_call_id": "a", "content": "x"}, reasoning_effort="low")
    for body, lost in (forced, begun, unsigned):
        assert ("thinking" in body, lost) == (False, ("reasoning_effort",))


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


def test_a_schema_is_held_by_the_provider_or_asked_for_in_words() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "object", "properties": {"properties": {"type": "string"}}}}}
    asked = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    body, lost = ask(response_format=asked)
    inner = {"type": "object", "properties": {"properties": {"type": "string"}}, "additionalProperties": False}
    closed = {"type": "object", "properties": {"a": inner}, "additionalProperties": False}
    assert (body["output_config"], lost) == ({"format": {"type": "json_schema", "schema": closed}}, ())
    body, lost = ask({"role": "system", "content": "s"}, HI, response_format=asked, call=able(json_schema=False))
    assert '{"type":"object"' in body["system"][1]["text"]
    assert ("output_config" in body, lost) == (False, ("response_format",))
    assert "JSON object" in ask(response_format={"type": "json_object"}).body["system"][0]["text"]
    assert ask(response_format={"type": "text"}) == ask()


CONSTRAINED = {
    "type": "object",
    "properties": {
        "minimum": {"type": "integer", "minimum": 1, "description": "at least"},
        "days": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "string", "format": "email"}},
        "weeks": {"type": "array", "minItems": 2},
        "unit": {"oneOf": [{"type": "string", "format": "roman"}, {"type": "null"}]},
        "either": {"anyOf": [{"type": "string"}], "oneOf": [{}]},
    },
    "additionalProperties": True,
}
IN_WORDS = {
    "type": "object",
    "properties": {
        "minimum": {"type": "integer", "description": 'at least\n\n{"minimum":1}'},
        "days": {"type": "array", "minItems": 1, "items": {"type": "string", "format": "email"}, "description": '{"maxItems":3}'},
        "weeks": {"type": "array", "description": '{"minItems":2}'},
        "unit": {"anyOf": [{"type": "string", "description": '{"format":"roman"}'}, {"type": "null"}]},
        "either": {"anyOf": [{"type": "string"}], "description": '{"oneOf":[{}]}'},
    },
    "additionalProperties": False,
}


def test_constraints_that_the_provider_refuses_in_a_schema_are_told_in_words() -> None:
    body, lost = ask(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": CONSTRAINED}})
    assert (body["output_config"]["format"]["schema"], lost) == (IN_WORDS, ("response_format.json_schema.schema",))
    tool = {"type": "function", "function": {"name": "look", "strict": True, "parameters": CONSTRAINED}}
    body, lost = ask(tools=[tool])
    assert (body["tools"], lost) == ([{"name": "look", "strict": True, "input_schema": IN_WORDS}], ("tools[].function.strict",))
    body, lost = ask(tools=[tool], call=able(json_schema=False))
    assert (body["tools"], lost) == ([{"name": "look", "input_schema": CONSTRAINED}], ("tools[].function.strict",))
    loose = {"type": "function", "function": {"name": "look", "parameters": CONSTRAINED}}
    assert ask(tools=[loose]) == ({**ask().body, "tools": [{"name": "look", "input_schema": CONSTRAINED}]}, ())


@pytest.mark.parametrize(
    "members",
    [
        {"additionalProperties": {"type": "string"}},
        {"properties": {}, "additionalProperties": {}},
        {"properties": {"a": {"type": "object"}}},
        {},
    ],
    ids=str,
)
def test_objects_whose_members_have_no_names_are_not_closed_but_asked_for_in_words(members: dict[str, Any]) -> None:
    schema = {"type": "object", **members}
    body, lost = ask(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}})
    assert ("output_config" in body, lost) == (False, ("response_format",))
    assert '{"type":"object"' in body["system"][0]["text"]
    body, lost = ask(tools=[{"type": "function", "function": {"name": "look", "strict": True, "parameters": schema}}])
    assert ("strict" in body["tools"][0], lost) == (False, ("tools[].function.strict",))


def test_effort_and_format_share_their_place() -> None:
    asked = {"type": "json_schema", "json_schema": {"schema": {"type": "string"}}}
    config = ask(response_format=asked, reasoning_effort="low", call=able(thinking="effort")).body["output_config"]
    assert config == {"effort": "low", "format": {"type": "json_schema", "schema": {"type": "string"}}}


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


def test_who_asks_and_in_which_tier() -> None:
    assert ask(user="u", service_tier="default").body.items() >= {"metadata": {"user_id": "u"}, "service_tier": "standard_only"}.items()
    assert ask(safety_identifier="s").body["metadata"] == {"user_id": "s"}
    both = ask(user="u", safety_identifier="s")
    assert (both.body["metadata"], both.lost) == ({"user_id": "u"}, ("safety_identifier",))
    assert ask(user="u", safety_identifier="u").lost == ask(safety_identifier="s").lost == ()
    assert len(ask(user="u" * 257).body["metadata"]["user_id"]) == 64
    assert ask(service_tier="flex") == Translated(ask().body, ("service_tier",))


def test_what_the_provider_does_not_know_is_told_by_name_and_only_when_it_asks_for_something() -> None:
    _, lost = ask(
        {**HI, "name": "ann"},
        seed=7,
        logprobs=True,
        logit_bias={"1": 1},
        frequency_penalty=0.5,
        presence_penalty=0,
        store=False,
        prediction=None,
    )
    assert lost == ("messages[].name", "seed", "logprobs", "logit_bias", "frequency_penalty")


def test_names_of_what_is_lost_are_fit_for_a_header() -> None:
    odd: dict[str, Any] = {"x\r\nevil: 1, é": 1, "y" * 999: 2, **{f"z{n}": n for n in range(99)}}
    _, lost = ask(**odd)
    assert lost[:2] == ("x??evil??1???", "y" * 64)
    assert len(lost) == 32


def test_tools_that_were_called_are_named_where_none_is_offered_any_more_for_the_provider_wants_to_know_them() -> None:
    history = [HI, called(("1", "look", ""), ("2", "go", "{}"), ("3", "look", "{}"))]
    history += [{"role": "tool", "tool_call_id": identifier, "content": "x"} for identifier in "123"]
    for body, lost in (ask(*history), ask(*history, tools=[], tool_choice="auto")):
        assert body["tools"] == [{"name": name, "input_schema": {"type": "object", "properties": {}}} for name in ("look", "go")]
        assert (body["tool_choice"], lost) == ({"type": "none"}, ())
    assert [tool["name"] for tool in ask(*history, tools=[TOOL]).body["tools"]] == ["look"]
    assert "tools" not in ask(HI).body


def test_a_turn_of_thoughts_alone_is_left_out_for_it_is_refused() -> None:
    thoughts = [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "redacted_thinking", "data": "d"}]
    body, lost = ask(HI, {"role": "assistant", "content": "", "thinking_blocks": thoughts}, {"role": "user", "content": "Go on."})
    assert body["messages"] == [{"role": "user", "content": [text("hi"), text("Go on.")]}]
    assert lost == ("messages[].thinking_blocks",)


@pytest.mark.parametrize("content", ["", " \n", [], [text(" ")], None])
def test_a_result_without_a_word_has_no_content(content: Any) -> None:
    body, _ = ask(HI, called(("1", "look", "")), {"role": "tool", "tool_call_id": "1", "content": content})
    assert body["messages"][-1]["content"] == [{"type": "tool_result", "tool_use_id": "1"}]


def formed(schema: Any, **members: Any) -> Translated:
    return ask(response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}, **members)


NODE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "object", "properties": {"any": {"type": "object", "additionalProperties": True}}},
        {"$defs": {"Node": NODE}, "type": "object", "properties": {"first": {"$ref": "#/$defs/Node"}}},
        {"$defs": {"Node": {"$ref": "#/$defs/Other"}, "Other": {"anyOf": [NODE, {"type": "null"}]}}, "$ref": "#/$defs/Node"},
        {"type": "object", "properties": {"child": {"$ref": "#"}}},
    ],
)
def test_a_schema_that_the_provider_cannot_hold_an_answer_to_is_asked_for_in_words(schema: Any) -> None:
    body, lost = formed(schema)
    assert (lost, "output_config" in body) == (("response_format",), False)
    assert "JSON schema" in body["system"][-1]["text"]


def test_definitions_that_do_not_hold_themselves_are_no_obstacle() -> None:
    leaf = {"type": "object", "properties": {"x": {"type": "string"}}, "additionalProperties": False}
    branch = {"type": "object", "properties": {"a": {"$ref": "#/$defs/Leaf"}, "b": {"$ref": "#/$defs/Leaf"}}, "additionalProperties": False}
    schema = {**branch, "$defs": {"Leaf": leaf, "Branch": branch}}
    body, lost = formed(schema)
    assert (body["output_config"]["format"]["schema"], lost) == (schema, ())
