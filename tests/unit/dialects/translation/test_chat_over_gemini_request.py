"""Chat requests as Gemini's: what each member becomes, what is lost, and what cannot be asked."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from pyproxy.config.known_models import known_capabilities
from pyproxy.dialects.translation.chat_over_gemini import CHAT_OVER_GEMINI
from pyproxy.dialects.translation.translator import Call, Translated, UntranslatableError
from pyproxy.domain.capabilities import Capabilities

CALL = Call("gemini-2.5-flash")
HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hi"}]
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "additionalProperties": False}}}


def asked(call: Call = CALL, **members: Any) -> Translated:
    return CHAT_OVER_GEMINI.request({"model": "g", "messages": HELLO, **members}, call)


def contents(*messages: dict[str, Any], call: Call = CALL) -> list[dict[str, Any]]:
    body = asked(call, messages=list(messages)).body
    return list(body["contents"])


def config(call: Call = CALL, **members: Any) -> Any:
    return asked(call, **members).body.get("generationConfig", {})


def call_of(identifier: str, arguments: Any = "{}", **more: Any) -> dict[str, Any]:
    return {"id": identifier, "type": "function", "function": {"name": f"tool_{identifier}", "arguments": arguments}, **more}


def refused(**members: Any) -> str | None:
    with pytest.raises(UntranslatableError) as caught:
        asked(**members)
    assert caught.value.message.endswith(".")
    return caught.value.param


def test_a_plain_question_carries_nothing_but_itself() -> None:
    assert asked(stream=True, stream_options={"include_usage": True}, user=None, store=False) == Translated(
        {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
    )


def test_instructions_are_taken_out_wherever_they_stand() -> None:
    translated = asked(
        messages=[
            {"role": "system", "content": "a"},
            *HELLO,
            {"role": "developer", "content": [{"type": "text", "text": "b"}, {"type": "text", "text": "c"}]},
        ]
    )
    assert translated.body["systemInstruction"] == {"parts": [{"text": "a"}, {"text": "b"}, {"text": "c"}]}
    assert translated.body["contents"] == [{"role": "user", "parts": [{"text": "Hi"}]}]


def test_instructions_alone_are_said_by_the_user_since_gemini_wants_something_to_answer() -> None:
    assert asked(messages=[{"role": "system", "content": "Tell a joke"}]).body == {
        "contents": [{"role": "user", "parts": [{"text": "Tell a joke"}]}]
    }


@pytest.mark.parametrize("messages", [[], None, [{"role": "system", "content": ""}], [{"role": "assistant", "content": None}]])
def test_a_conversation_without_a_word_is_refused(messages: Any) -> None:
    assert refused(messages=messages) == "messages"


def test_messages_of_the_same_side_become_one_turn() -> None:
    assert contents(
        {"role": "user", "content": "a"},
        {"role": "user", "content": [{"type": "text", "text": "b"}]},
        {"role": "assistant", "content": "c"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "d"}]},
        {"role": "assistant", "content": ""},
        {"role": "user", "content": ""},
    ) == [
        {"role": "user", "parts": [{"text": "a"}, {"text": "b"}]},
        {"role": "model", "parts": [{"text": "c"}, {"text": "d"}]},
        {"role": "user", "parts": [{"text": ""}]},
    ]


def test_results_of_parallel_calls_stand_in_one_turn_before_what_the_user_says() -> None:
    assert contents(
        *HELLO,
        {"role": "assistant", "content": None, "tool_calls": [call_of("1", '{"a": 1}'), call_of("2", "")]},
        {"role": "tool", "tool_call_id": "2", "content": "two"},
        {"role": "user", "content": "and?"},
        {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "o"}, {"type": "text", "text": "ne"}]},
    )[1:] == [
        {
            "role": "model",
            "parts": [
                {"functionCall": {"id": "1", "name": "tool_1", "args": {"a": 1}}},
                {"functionCall": {"id": "2", "name": "tool_2", "args": {}}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"id": "2", "name": "tool_2", "response": {"result": "two"}}},
                {"functionResponse": {"id": "1", "name": "tool_1", "response": {"result": "one"}}},
                {"text": "and?"},
            ],
        },
    ]


def test_a_result_without_its_call_needs_the_tools_name() -> None:
    tool = {"role": "tool", "tool_call_id": "x", "content": "5"}
    assert contents({**tool, "name": "look"})[0]["parts"][0]["functionResponse"]["name"] == "look"
    assert refused(messages=[tool]) == "messages[0].tool_call_id"
    made = contents({"role": "assistant", "tool_calls": [call_of("x")]}, {**tool, "name": "look"})
    assert made[1]["parts"][0]["functionResponse"]["name"] == "tool_x"


@pytest.mark.parametrize(
    ("written", "read"),
    [("", {}), ("  ", {}), (None, {}), ("null", {}), ({"a": 1}, {"a": 1}), ('{"a": [1.5, "ü"]}', {"a": [1.5, "ü"]})],
)
def test_arguments_become_an_object(written: Any, read: Any) -> None:
    part = contents({"role": "assistant", "tool_calls": [call_of("1", written)]})[0]["parts"][0]
    assert part["functionCall"]["args"] == read


@pytest.mark.parametrize("written", ["{", "[1]", "5", '{"a": NaN}', "[" * 100_000])
def test_arguments_that_are_no_object_are_handed_on_as_they_were_written(written: str) -> None:
    translated = asked(messages=[{"role": "assistant", "tool_calls": [call_of("1", written)]}])
    assert translated.body["contents"][0]["parts"][0]["functionCall"]["args"] == {"arguments": written}
    assert translated.lost == ("messages[].tool_calls[].function.arguments",)


def test_signatures_go_back_to_the_parts_that_they_came_with() -> None:
    def signed(signature: str) -> dict[str, Any]:
        return {"extra_content": {"google": {"thought_signature": signature}}}

    message = {
        "role": "assistant",
        "content": "so",
        "reasoning_content": "hm",
        "tool_calls": [call_of("1", **signed("QQ==")), call_of("2")],
        **signed("Qg=="),
    }
    parts = contents(message, call=Call("gemini-3-pro-preview"))[0]["parts"]
    assert parts[:2] == [{"text": "hm", "thought": True}, {"text": "so", "thoughtSignature": "Qg=="}]
    assert [part.get("thoughtSignature") for part in parts[2:]] == ["QQ==", None]
    texts = [{"type": "text", "text": text} for text in "ab"]
    last = contents({"role": "assistant", "content": texts, **signed("Qg==")})[0]["parts"]
    assert last == [{"text": "a"}, {"text": "b", "thoughtSignature": "Qg=="}]
    silent = contents({"role": "assistant", "content": None, **signed("Qg==")})
    assert silent == [{"role": "model", "parts": [{"text": "", "thoughtSignature": "Qg=="}]}]


@pytest.mark.parametrize(
    ("model", "signatures"),
    [
        ("gemini-3.1-pro-preview", ["skip_thought_signature_validator", None]),
        ("gemini-flash-latest", ["skip_thought_signature_validator", None]),
        ("gemini-2.5-pro", [None, None]),
        ("tuned", [None, None]),
    ],
)
def test_calls_whose_signature_was_not_kept_are_marked_for_the_models_that_ask_for_one(model: str, signatures: list[str | None]) -> None:
    parts = contents({"role": "assistant", "tool_calls": [call_of("1"), call_of("2")]}, call=Call(model))[0]["parts"]
    assert [part.get("thoughtSignature") for part in parts] == signatures


PIXEL = base64.b64encode(b"pixel").decode()


@pytest.mark.parametrize(
    ("part", "made"),
    [
        (
            {"type": "image_url", "image_url": {"url": f"data:image/PNG;base64,{PIXEL}", "detail": "auto"}},
            {"inlineData": {"mimeType": "image/png", "data": PIXEL}},
        ),
        (
            {"type": "image_url", "image_url": {"url": "data:image/svg+xml,%3Csvg%3E"}},
            {"inlineData": {"mimeType": "image/svg+xml", "data": base64.b64encode(b"<svg>").decode()}},
        ),
        (
            {"type": "image_url", "image_url": {"url": "https://x.test/a/b.JPG?size=1"}},
            {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://x.test/a/b.JPG?size=1"}},
        ),
        (
            {"type": "image_url", "image_url": {"url": "https://x.test/png"}},
            {"fileData": {"fileUri": "https://x.test/png"}},
        ),
        (
            {"type": "video_url", "video_url": {"url": "gs://bucket/film.mp4"}},
            {"fileData": {"mimeType": "video/mp4", "fileUri": "gs://bucket/film.mp4"}},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": PIXEL, "format": "mp3"}},
            {"inlineData": {"mimeType": "audio/mp3", "data": PIXEL}},
        ),
        (
            {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PIXEL}"}},
            {"inlineData": {"mimeType": "application/pdf", "data": PIXEL}},
        ),
        (
            {"type": "file", "file": {"filename": "a.csv", "file_data": PIXEL}},
            {"inlineData": {"mimeType": "text/csv", "data": PIXEL}},
        ),
    ],
)
def test_media_are_sent_as_data_or_by_their_url_and_never_fetched(part: Any, made: Any) -> None:
    translated = asked(messages=[{"role": "user", "content": [{"type": "text", "text": "see"}, part]}])
    assert translated.body["contents"][0]["parts"] == [{"text": "see"}, made]
    assert translated.lost == ()


@pytest.mark.parametrize(
    ("part", "param"),
    [
        ({"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}, ".image_url.url"),
        ({"type": "image_url", "image_url": {"url": "https://[bad"}}, ".image_url.url"),
        ({"type": "image_url", "image_url": {"url": "data:;base64,AA=="}}, ".image_url.url"),
        ({"type": "image_url", "image_url": {}}, ".image_url.url"),
        ({"type": "image_url"}, ".image_url"),
        ({"type": "file", "file": {"file_id": "file-123"}}, ".file.file_id"),
        ({"type": "hologram"}, ".type"),
        ("text", ""),
    ],
)
def test_media_that_cannot_be_sent_are_refused_by_their_place(part: Any, param: str) -> None:
    assert refused(messages=[*HELLO, {"role": "user", "content": [part]}]) == f"messages[1].content[0]{param}"


def test_a_model_without_eyes_is_sent_no_images() -> None:
    part = {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}
    with pytest.raises(UntranslatableError) as caught:
        asked(replace(CALL, capabilities=Capabilities(vision=False)), messages=[{"role": "user", "content": [part]}])
    assert caught.value.param == "messages[0].content[0]"


def test_tools_keep_their_schemas_whole() -> None:
    described = {"type": "function", "function": {"name": "b", "description": "does", "strict": True}}
    translated = asked(tools=[TOOL, described])
    assert translated.body["tools"] == [
        {
            "functionDeclarations": [
                {"name": "look", "parametersJsonSchema": {"type": "object", "additionalProperties": False}},
                {"name": "b", "description": "does"},
            ]
        }
    ]
    assert translated.lost == ("tools[].function.strict",)


@pytest.mark.parametrize(
    ("choice", "calling"),
    [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        ({"type": "function", "function": {"name": "look"}}, {"mode": "ANY", "allowedFunctionNames": ["look"]}),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [TOOL]}},
            {"mode": "VALIDATED", "allowedFunctionNames": ["look"]},
        ),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [TOOL]}},
            {"mode": "ANY", "allowedFunctionNames": ["look"]},
        ),
    ],
)
def test_the_choice_of_tools_is_carried(choice: Any, calling: Any) -> None:
    assert asked(tools=[TOOL], tool_choice=choice).body["toolConfig"] == {"functionCallingConfig": calling}
    assert "toolConfig" not in asked(tool_choice=choice).body


def test_a_model_that_cannot_be_forced_is_left_free_and_this_is_told() -> None:
    call = replace(CALL, capabilities=Capabilities(forced_tools=False))
    translated = asked(call, tools=[TOOL], tool_choice="required", parallel_tool_calls=False)
    assert translated.body["toolConfig"] == {"functionCallingConfig": {"mode": "AUTO"}}
    assert translated.lost == ("parallel_tool_calls", "tool_choice")


def test_tools_of_another_provider_s_own_are_left_out_and_told() -> None:
    translated = asked(tools=[{"type": "web_search"}, TOOL], tool_choice="required", web_search_options={})
    assert len(translated.body["tools"][0]["functionDeclarations"]) == 1
    assert translated.lost == ("web_search_options", "tools[].web_search")
    alone = asked(tools=[{"type": "web_search"}], tool_choice="auto")
    assert not {"tools", "toolConfig"} & alone.body.keys()
    assert alone.lost == ("tools[].web_search",)


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"tools": [{"type": "custom", "custom": {"name": "f"}}]}, "tools[0].type"),
        ({"tools": [{"type": "web_search"}], "tool_choice": "required"}, "tool_choice"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [TOOL], "tool_choice": "perhaps"}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": {"type": "custom"}}, "tool_choice"),
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"response_format": {"type": "grammar"}}, "response_format.type"),
        ({"reasoning_effort": "huge"}, "reasoning_effort"),
        ({"messages": [{"role": "function", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "assistant", "tool_calls": [{"id": "1", "type": "custom"}]}]}, "messages[0].tool_calls[0].type"),
        ({"messages": "Hi"}, "messages"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"stop": [1]}, "stop"),
    ],
)
def test_what_gemini_has_not_is_refused_by_name(members: Any, param: str) -> None:
    assert refused(**members) == param


def test_parameters_keep_their_values_under_geminis_names() -> None:
    translated = asked(
        temperature=0.5,
        top_p=0.9,
        top_k=40,
        max_tokens=7,
        stop="END",
        seed=3,
        presence_penalty=0.1,
        frequency_penalty=-0.2,
        n=2,
        logprobs=True,
        top_logprobs=4,
        modalities=["text"],
    )
    assert translated.body["generationConfig"] == {
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 40,
        "presencePenalty": 0.1,
        "frequencyPenalty": -0.2,
        "seed": 3,
        "maxOutputTokens": 7,
        "stopSequences": ["END"],
        "candidateCount": 2,
        "responseLogprobs": True,
        "logprobs": 4,
    }
    assert translated.lost == ()


def test_the_newer_name_of_the_bound_wins_and_the_models_own_bound_holds() -> None:
    assert config(max_tokens=7, max_completion_tokens=9)["maxOutputTokens"] == 9
    call = replace(CALL, capabilities=Capabilities(max_output=8))
    assert asked(call, max_completion_tokens=9).lost == ("max_completion_tokens",)
    assert config(call, max_completion_tokens=9) == {"maxOutputTokens": 8}
    assert config(call) == {}


def test_only_five_stops_fit_and_empty_ones_are_none() -> None:
    translated = asked(stop=["", *"abcdef"])
    assert translated.body["generationConfig"]["stopSequences"] == list("abcde")
    assert translated.lost == ("stop",)
    assert config(stop=[]) == {}


def test_models_that_refuse_sampling_parameters_are_sent_none() -> None:
    translated = asked(replace(CALL, capabilities=Capabilities(sampling=False)), temperature=0, top_p=0.1, top_k=1, seed=5)
    assert translated.body["generationConfig"] == {"seed": 5}
    assert translated.lost == ("temperature", "top_p")


def test_a_schema_binds_the_answer_or_is_put_in_words() -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}}
    form = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema, "strict": True}}
    assert config(response_format=form) == {"responseMimeType": "application/json", "responseJsonSchema": schema}
    assert config(response_format={"type": "json_object"}) == {"responseMimeType": "application/json"}
    assert config(response_format={"type": "text"}) == {}
    loose = asked(replace(CALL, capabilities=Capabilities(json_schema=False)), response_format=form)
    assert loose.body["generationConfig"] == {"responseMimeType": "application/json"}
    assert '"$ref"' in loose.body["systemInstruction"]["parts"][0]["text"]
    assert loose.lost == ("response_format.json_schema",)


@pytest.mark.parametrize(
    ("model", "effort", "thinking"),
    [
        ("gemini-2.5-flash", "none", {"thinkingBudget": 0}),
        ("gemini-2.5-pro", "none", {"thinkingBudget": 128}),
        ("gemini-2.5-flash", "low", {"thinkingBudget": 1024, "includeThoughts": True}),
        ("models/gemini-2.5-flash", "medium", {"thinkingBudget": 8192, "includeThoughts": True}),
        ("gemini-2.5-flash", "high", {"thinkingBudget": 24576, "includeThoughts": True}),
        ("gemini-3-flash-preview", "minimal", {"thinkingLevel": "MINIMAL", "includeThoughts": True}),
        ("gemini-3-flash-preview", "none", {"thinkingLevel": "MINIMAL"}),
        ("gemini-3.1-pro-preview", "minimal", {"thinkingLevel": "LOW", "includeThoughts": True}),
        ("gemini-flash-latest", "xhigh", {"thinkingLevel": "HIGH", "includeThoughts": True}),
    ],
)
def test_effort_is_told_in_the_way_of_the_models_generation(model: str, effort: str, thinking: Any) -> None:
    call = Call(model, capabilities=known_capabilities("gemini", model))
    assert config(call, reasoning_effort=effort) == {"thinkingConfig": thinking}
    cannot_stop = effort == "none" and "pro" in model
    assert asked(call, reasoning_effort=effort).lost == (("reasoning_effort",) if cannot_stop else ())


def test_models_that_do_not_think_are_not_told_to() -> None:
    call = Call("gemini-2.0-flash", capabilities=known_capabilities("gemini", "gemini-2.0-flash"))
    assert asked(call, reasoning_effort="low").lost == ("reasoning_effort",)
    assert asked(call, reasoning_effort="none").lost == ()


def test_what_clients_of_googles_own_chat_api_say_is_understood() -> None:
    google = {"thinking_config": {"thinking_budget": 5, "include_thoughts": True}, "cached_content": "cachedContents/1", "odd": 1}
    translated = asked(reasoning_effort=None, extra_body={"google": google})
    assert translated.body["generationConfig"] == {"thinkingConfig": {"thinkingBudget": 5, "includeThoughts": True}}
    assert translated.body["cachedContent"] == "cachedContents/1"
    assert translated.lost == ("extra_body.google.odd",)


def test_whatever_is_not_carried_is_told_by_name_once() -> None:
    named = {"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}], "name": "Ann"}
    translated = asked(messages=[named, named], logit_bias={"1": 2}, user="u", service_tier="auto", metadata={})
    assert translated.lost == ("messages[].content[].cache_control", "messages[].name", "logit_bias", "user")


def test_the_same_request_gives_the_same_translation_and_stays_as_it_is() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "assistant", "content": "a", "tool_calls": [call_of("1")]},
        {"role": "tool", "tool_call_id": "1", "content": "r"},
    ]
    body = {"messages": messages, "tools": [TOOL]}
    first = CHAT_OVER_GEMINI.request(body, CALL)
    assert CHAT_OVER_GEMINI.request(body, CALL) == first
    assert messages[0]["content"] == "a"


FORM = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object", "title": "Weather"}}}


@pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-2.0-flash-lite", "models/gemini-1.5-pro"])
@pytest.mark.parametrize("form", [FORM, {"type": "json_object"}])
def test_older_models_are_held_to_no_json_beside_tools_for_they_refuse_both_at_once(model: str, form: Any) -> None:
    body, lost = asked(Call(model), tools=[TOOL], response_format=form)
    assert (lost, "generationConfig" in body) == (("response_format",), False)
    (words,) = body["systemInstruction"]["parts"]
    assert "JSON" in words["text"]
    assert ("Weather" in words["text"]) == (form is FORM)
    assert asked(Call(model), response_format=form).lost == ()


@pytest.mark.parametrize("model", ["gemini-3-flash-preview", "gemini-3.1-pro", "gemini-flash-latest"])
def test_newer_models_call_tools_and_answer_in_json(model: str) -> None:
    body, lost = asked(Call(model), tools=[TOOL], response_format=FORM)
    assert (lost, body["generationConfig"]["responseJsonSchema"]["title"]) == ((), "Weather")


def test_a_function_with_an_empty_schema_is_one_without_parameters() -> None:
    body = asked(tools=[{"type": "function", "function": {"name": "now", "parameters": {}}}]).body
    assert body["tools"] == [{"functionDeclarations": [{"name": "now"}]}]


def test_a_penalty_of_nothing_is_none() -> None:
    assert config(presence_penalty=0, frequency_penalty=0.5) == {"frequencyPenalty": 0.5}
