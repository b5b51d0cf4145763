"""What a client of the messages API asks, as the chat API takes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.chat_and_messages import completion, to_message

from pyproxy.config.known_models import known_capabilities
from pyproxy.dialects.translation.messages_over_chat import MESSAGES_OVER_CHAT
from pyproxy.dialects.translation.translator import Call, Translated, UntranslatableError
from pyproxy.domain.capabilities import Capabilities

CALL = Call(model="gpt")
HI = {"role": "user", "content": "hi"}
TOOL = {"name": "look", "description": "looks", "input_schema": {"type": "object", "properties": {}}}
SEARCH = {"type": "web_search_20260318", "name": "web_search"}
MARK = {"cache_control": {"type": "ephemeral"}}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def ask(*turns: Any, call: Call = CALL, **members: Any) -> Translated:
    return MESSAGES_OVER_CHAT.request({"model": "group", "max_tokens": 9, "messages": list(turns) or [HI], **members}, call)


def able(**flags: Any) -> Call:
    return Call(model="gpt", capabilities=Capabilities(**flags))


def test_a_plain_request_loses_nothing() -> None:
    assert ask(stream=True) == Translated({"model": "gpt", "messages": [HI], "max_tokens": 9})


def test_a_stream_is_asked_to_tell_its_usage() -> None:
    body = ask(call=Call(model="gpt", stream=True, include_usage=False)).body
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})


def test_the_system_prompt_is_the_first_message_and_marks_for_the_cache_are_told() -> None:
    assert ask(system="be brief").body["messages"] == [{"role": "system", "content": "be brief"}, HI]
    body, lost = ask(system=[text("a"), {**text("b"), **MARK}])
    assert body["messages"][0] == {"role": "system", "content": "a\n\nb"}
    assert lost == ("system[].cache_control",)
    assert ask(system="") == ask(system=[]) == ask()


def test_a_system_message_in_mid_conversation_stays_where_it_is() -> None:
    assert ask(HI, {"role": "system", "content": [text("now")]}, HI).body["messages"] == [HI, {"role": "system", "content": "now"}, HI]


def test_results_of_tools_stand_right_behind_the_calls_and_their_images_are_shown_by_the_user() -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aa"}}
    body, lost = ask(
        HI,
        {
            "role": "assistant",
            "content": [
                text("I "),
                text("look"),
                {"type": "tool_use", "id": "a", "name": "look", "input": {"ä": [1]}},
                {"type": "tool_use", "id": "b", "name": "look", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                text("and?"),
                {"type": "tool_result", "tool_use_id": "a", "content": [text("one"), text("two"), image]},
                {"type": "tool_result", "tool_use_id": "b", "content": "gone", "is_error": True},
            ],
        },
    )
    functions = [
        {"id": "a", "type": "function", "function": {"name": "look", "arguments": '{"ä":[1]}'}},
        {"id": "b", "type": "function", "function": {"name": "look", "arguments": "{}"}},
    ]
    assert body["messages"][1:] == [
        {"role": "assistant", "content": "I look", "tool_calls": functions},
        {"role": "tool", "tool_call_id": "a", "content": "one\n\ntwo\n\n(The rest of this result is in the next message of the user.)"},
        {"role": "tool", "tool_call_id": "b", "content": "gone"},
        {
            "role": "user",
            "content": [
                text("The result of the tool call a:"),
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,aa"}},
                text("and?"),
            ],
        },
    ]
    assert lost == ("messages[].content[].is_error",)


def test_calls_without_words_have_no_content_and_answers_without_anything_have_an_empty_one() -> None:
    use = {"type": "tool_use", "id": "a", "name": "look", "input": {}}
    body = ask(HI, {"role": "assistant", "content": [use]}, HI, {"role": "assistant", "content": []}, HI).body
    assert [message["content"] for message in body["messages"]] == ["hi", None, "hi", "", "hi"]


def test_a_long_id_is_the_same_shorter_one_in_call_and_result() -> None:
    use = {"type": "tool_use", "id": "t" * 41, "name": "look", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t" * 41}
    messages = ask(HI, {"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}).body["messages"]
    assert messages[1]["tool_calls"][0]["id"] == messages[2]["tool_call_id"]
    assert len(messages[2]["tool_call_id"]) == 40


def test_images_and_documents_become_parts() -> None:
    blocks = [
        {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}},
        {"type": "document", "title": "t.pdf", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}},
        {"type": "document", "title": "T", "source": {"type": "text", "media_type": "text/plain", "data": "words"}},
        {
            "type": "document",
            "source": {"type": "content", "content": [text("inner"), {"type": "image", "source": {"type": "url", "url": "https://z"}}]},
        },
        {"type": "search_result", "title": "S", "source": "https://s", "content": [text("found")]},
    ]
    assert ask({"role": "user", "content": blocks}).body["messages"][0]["content"] == [
        {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
        {"type": "file", "file": {"filename": "t.pdf", "file_data": "data:application/pdf;base64,JVBE"}},
        text("T\n\nwords"),
        text("inner"),
        {"type": "image_url", "image_url": {"url": "https://z"}},
        text("S (https://s)\n\nfound"),
    ]


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"type": "container_upload"}]}]}, "messages[0].content[0].type"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "file", "file_id": "f"}}]}]},
            "messages[0].content[0].source.type",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "document", "source": {"type": "url", "url": "https://x"}}]}]},
            "messages[0].content[0].source",
        ),
        ({"messages": [{"role": "assistant", "content": [{"type": "tool_use", "name": "x", "input": {}}]}]}, "messages[0].content[0].id"),
        ({"system": [{"type": "image"}]}, "system[0].type"),
        ({"tools": [SEARCH], "tool_choice": {"type": "any"}}, "tool_choice"),
        ({"tools": [TOOL, SEARCH], "tool_choice": {"type": "tool", "name": "web_search"}}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": {"type": "maybe"}}, "tool_choice.type"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"output_config": {"format": {"type": "xml"}}}, "output_config.format.type"),
    ],
)
def test_what_has_no_meaning_is_refused_with_the_member_at_fault(members: dict[str, Any], param: str) -> None:
    with pytest.raises(UntranslatableError) as error:
        MESSAGES_OVER_CHAT.request({"messages": [HI], "max_tokens": 1, **members}, CALL)
    assert error.value.param == param


def test_a_model_without_eyes_refuses_images() -> None:
    with pytest.raises(UntranslatableError, match="takes no images"):
        ask({"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://x"}}]}, call=able(vision=False))


def test_tools_become_functions_and_the_providers_own_are_told() -> None:
    body, lost = ask(tools=[{**TOOL, "type": "custom", "strict": True, "defer_loading": True, **MARK}, SEARCH])
    closed = {"type": "object", "properties": {}, "additionalProperties": False, "required": []}
    function = {"name": "look", "description": "looks", "parameters": closed, "strict": True}
    assert body["tools"] == [{"type": "function", "function": function}]
    assert lost == ("tools[].web_search_20260318", "tools[].defer_loading", "tools[].cache_control")


def test_a_tool_whose_members_may_be_left_out_is_not_strict_where_none_may_be() -> None:
    optional = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
    body, lost = ask(tools=[{**TOOL, "input_schema": optional, "strict": True}])
    assert body["tools"][0]["function"] == {"name": "look", "description": "looks", "parameters": optional}
    assert lost == ("tools[].strict",)
    between = ask(tools=[{**TOOL, "input_schema": optional, "strict": True}], call=Call("gemini", in_between=True)).body
    assert between["tools"][0]["function"]["strict"] is True


@pytest.mark.parametrize("choice", [None, {"type": "auto"}, {"type": "none"}])
def test_a_request_with_nothing_but_tools_of_the_providers_own_is_asked_without_them(choice: Any) -> None:
    body, lost = ask(tools=[SEARCH], tool_choice=choice)
    assert not {"tools", "tool_choice"} & body.keys()
    assert lost == ("tools[].web_search_20260318",)


def test_any_of_the_client_s_own_tools_will_do_beside_one_of_the_provider_s() -> None:
    body, lost = ask(tools=[TOOL, SEARCH], tool_choice={"type": "any"})
    assert (len(body["tools"]), body["tool_choice"], lost) == (1, "required", ("tools[].web_search_20260318",))


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"type": "auto"}, {"tool_choice": "auto"}),
        ({"type": "any", "disable_parallel_tool_use": True}, {"tool_choice": "required", "parallel_tool_calls": False}),
        ({"type": "none"}, {"tool_choice": "none"}),
        ({"type": "tool", "name": "look"}, {"tool_choice": {"type": "function", "function": {"name": "look"}}}),
    ],
)
def test_choices_of_tools(choice: Any, expected: dict[str, Any]) -> None:
    body = ask(tools=[TOOL], tool_choice=choice).body
    assert {name: body[name] for name in ("tool_choice", "parallel_tool_calls") if name in body} == expected


def test_a_model_that_cannot_be_forced_chooses_itself_and_that_is_told() -> None:
    body, lost = ask(tools=[TOOL], tool_choice={"type": "any"}, call=able(forced_tools=False))
    assert (body["tool_choice"], lost) == ("auto", ("tool_choice",))


def test_reasoning_models_get_the_new_name_of_the_bound_and_no_sampling() -> None:
    body, lost = ask(temperature=0.3, top_p=1, call=able(sampling=False, thinking="effort", max_output=5))
    assert body == {"model": "gpt", "messages": [HI], "max_completion_tokens": 5}
    assert lost == ("max_tokens", "temperature")
    assert ask(temperature=0.3, top_k=4) == Translated({**ask().body, "temperature": 0.3}, ("top_k",))


def test_a_model_that_may_think_takes_sampling_as_long_as_it_does_not() -> None:
    may_think = able(sampling_while_thinking=False, thinking="effort")
    body, lost = ask(temperature=0.3, max_tokens=5, call=may_think)
    assert (body["temperature"], body["max_completion_tokens"], lost) == (0.3, 5, ())
    body, lost = ask(temperature=0.3, output_config={"effort": "low"}, call=may_think)
    assert ("temperature" in body, lost) == (False, ("temperature",))
    body, lost = ask(temperature=0.3, output_config={"effort": "low"}, call=able(thinking="effort"))
    assert (body["temperature"], lost) == (0.3, ())


def test_no_more_stops_than_chat_takes() -> None:
    assert ask(stop_sequences=["a"]).body["stop"] == ["a"]
    body, lost = ask(stop_sequences=list("abcde"))
    assert (body["stop"], lost) == (list("abcd"), ("stop_sequences",))


def test_models_of_openai_that_reason_are_given_no_stops_which_they_refuse() -> None:
    for refused in ({"sampling": False}, {"sampling_while_thinking": False}):
        body, lost = ask(stop_sequences=["a"], call=able(**refused, thinking="effort"))
        assert ("stop" in body, lost) == (False, ("stop_sequences",))
    between = replace(able(sampling=False, thinking="effort"), in_between=True)
    assert ask(stop_sequences=["a"], call=between).body["stop"] == ["a"]


@pytest.mark.parametrize(
    ("members", "effort"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 1_024}}, "low"),
        ({"thinking": {"type": "enabled", "budget_tokens": 10_000}}, "medium"),
        ({"thinking": {"type": "enabled", "budget_tokens": 31_999}}, "high"),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "xhigh"}}, "xhigh"),
        ({"output_config": {"effort": "low"}}, "low"),
        ({"output_config": {"effort": "max"}}, "xhigh"),
    ],
)
def test_thinking_is_an_effort_for_models_that_can_be_told_one(members: Any, effort: str) -> None:
    body, lost = ask(call=able(thinking="effort"), **members)
    assert (body["reasoning_effort"], lost) == (effort, ())
    body, lost = ask(**members)
    assert ("reasoning_effort" in body, len(lost)) == (False, 1)


def test_thinking_that_is_off_asks_for_nothing_of_a_model_that_does_not_think() -> None:
    assert ask(thinking={"type": "disabled"}).lost == ()
    assert ask(thinking={"type": "disabled"}, call=able(thinking="effort")).lost == ("thinking",)


@pytest.mark.parametrize(
    ("model", "members", "effort", "lost"),
    [
        ("gpt-5", {"output_config": {"effort": "max"}}, "high", ("output_config.effort",)),
        ("gpt-5.2", {"output_config": {"effort": "max"}}, "xhigh", ()),
        ("gpt-5.6", {"output_config": {"effort": "max"}}, "max", ()),
        ("o3", {"output_config": {"effort": "xhigh"}, "thinking": {"type": "adaptive"}}, "high", ("output_config.effort",)),
        ("gpt-5-pro", {"thinking": {"type": "enabled", "budget_tokens": 1_024}}, "high", ("thinking",)),
        ("gpt-5", {"thinking": {"type": "disabled"}}, "minimal", ("thinking",)),
        ("gpt-5.1", {"thinking": {"type": "disabled"}}, None, ()),
        ("gpt-5.6", {"thinking": {"type": "disabled"}}, "none", ()),
    ],
)
def test_a_model_is_told_the_closest_effort_that_it_takes(model: str, members: Any, effort: str | None, lost: tuple[str, ...]) -> None:
    body, told = ask(call=Call(model=model, capabilities=known_capabilities("openai", model)), **members)
    assert (body.get("reasoning_effort"), told) == (effort, lost)


def test_the_text_of_thinking_goes_to_providers_that_take_it_and_what_was_signed_to_who_signed_it() -> None:
    blocks = [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "redacted_thinking", "data": "d"}]
    given = to_message(completion(content="x", thinking_blocks=blocks), replace(CALL, signer="openai/p"))["content"]
    said, thought = {"role": "assistant", "content": "x"}, {"reasoning_content": "hm"}
    unread, untold = ("messages[].content[].thinking",), ("messages[].content[].signature",)
    cases: list[tuple[Any, str, bool, dict[str, Any], tuple[str, ...]]] = [
        (given, "openai/p", True, thought | {"thinking_blocks": blocks}, ()),
        (given, "openai/p", False, {"thinking_blocks": blocks}, ()),
        (given, "openai/q", True, thought, untold),
        (given, "openai/q", False, {}, unread),
        ([*blocks, text("x")], "openai/p", True, thought, untold),
        ([*blocks, text("x")], "openai/p", False, {}, unread),
        ([blocks[1], text("x")], "openai/p", True, {}, unread),
    ]
    for content, signer, history, expected, lost in cases:
        call = replace(able(reasoning_history=history), signer=signer)
        told = ask(HI, {"role": "assistant", "content": content}, HI, call=call)
        assert (told.body["messages"][1], told.lost) == (said | expected, lost)
    unsigned = {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": ""}, text("x")]}
    assert ask(HI, unsigned, HI).body["messages"][1] == {"role": "assistant", "content": "x", "reasoning_content": "hm"}


def test_the_work_of_the_providers_own_tools_is_told_as_lost() -> None:
    used = [
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
        {"type": "web_search_tool_result", "tool_use_id": "s"},
    ]
    body, lost = ask(HI, {"role": "assistant", "content": [*used, text("so it is")]}, HI)
    assert body["messages"][1] == {"role": "assistant", "content": "so it is"}
    assert lost == ("messages[].content[].server_tool_use", "messages[].content[].web_search_tool_result")


def test_a_schema_is_strict_where_chat_takes_it_for_such_and_words_where_nobody_holds_it() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
    held = ask(output_config={"format": {"type": "json_schema", "schema": schema}}).body["response_format"]
    assert held == {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    for looser in ({**schema, "required": []}, {**schema, "additionalProperties": True}, {"type": "array", "items": {"type": "object"}}):
        body, lost = ask(output_format={"type": "json_schema", "schema": looser})
        assert body["response_format"]["json_schema"] == {"name": "answer", "schema": looser, "strict": False}
        assert lost == ("output_config.format.schema",)
    bounded = {**schema, "properties": {"a": {"type": "string", "maxLength": 9}}}
    body, lost = ask(output_format={"type": "json_schema", "schema": bounded})
    assert (body["response_format"]["json_schema"]["strict"], lost) == (True, ("output_config.format.schema",))
    body, lost = ask(output_config={"format": {"type": "json_schema", "schema": schema}}, call=able(json_schema=False))
    assert body["messages"][0]["role"] == "system"
    assert '"additionalProperties":false' in body["messages"][0]["content"]
    assert ("response_format" in body, lost) == (False, ("output_config.format",))


def test_a_beginning_of_the_answer_is_told_where_the_model_does_not_go_on_with_it() -> None:
    begun = (HI, {"role": "assistant", "content": "It is"})
    assert ask(*begun).lost == ()
    assert ask(*begun, call=able(prefill=False)).lost == ("prefill",)


def test_who_asks_and_in_which_tier() -> None:
    body = ask(metadata={"user_id": "u"}, service_tier="standard_only").body
    assert (body["user"], body["service_tier"]) == ("u", "default")
    assert len(ask(metadata={"user_id": "u" * 65}).body["user"]) == 64


def test_what_chat_does_not_know_is_told_by_name_and_only_when_it_asks_for_something() -> None:
    assert ask(mcp_servers=[{"name": "x"}], container="c", top_k=None, speed="standard").lost == ("mcp_servers", "container")
    assert ask(mcp_servers=[]).lost == ()
