"""Gemini's requests as chat requests: what each member becomes, what is lost, and what cannot be asked."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from pyproxy.dialects.translation.gemini.signatures import seal
from pyproxy.dialects.translation.gemini_over_chat import GEMINI_OVER_CHAT
from pyproxy.dialects.translation.translator import Call, Translated, UntranslatableError
from pyproxy.domain.capabilities import Capabilities

CALL = Call("gpt-4o")
REASONING = replace(CALL, capabilities=Capabilities(sampling=False, thinking="effort"))
HELLO: list[dict[str, Any]] = [{"role": "user", "parts": [{"text": "Hi"}]}]
LOOK = {"name": "look", "parameters": {"type": "OBJECT", "properties": {"at": {"type": "STRING", "nullable": True}}}}


def asked(call: Call = CALL, **members: Any) -> Translated:
    return GEMINI_OVER_CHAT.request({"contents": HELLO, **members}, call)


def messages(*contents: Any, call: Call = CALL) -> Any:
    return asked(call, contents=list(contents)).body["messages"]


def configured(call: Call = CALL, **config: Any) -> Any:
    body = asked(call, generationConfig=config).body
    return {name: value for name, value in body.items() if name not in ("model", "messages")}


def refused(**members: Any) -> str | None:
    with pytest.raises(UntranslatableError) as caught:
        asked(**members)
    assert caught.value.message.endswith(".")
    return caught.value.param


def test_a_plain_question_carries_nothing_but_itself() -> None:
    assert asked(model="models/x") == Translated({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]})


def test_a_stream_asks_for_its_usage_which_gemini_always_tells() -> None:
    body = asked(replace(CALL, stream=True)).body
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})


@pytest.mark.parametrize("instruction", ["Be brief", {"parts": [{"text": "Be brief"}]}, {"role": "user", "parts": {"text": "Be brief"}}])
@pytest.mark.parametrize("name", ["systemInstruction", "system_instruction"])
def test_instructions_become_the_first_message(name: str, instruction: Any) -> None:
    assert asked(**{name: instruction}).body["messages"][0] == {"role": "system", "content": "Be brief"}


@pytest.mark.parametrize("contents", ["Hi", ["Hi"], {"parts": {"text": "Hi"}}, HELLO])
def test_short_forms_of_a_question_are_read(contents: Any) -> None:
    assert asked(contents=contents).body["messages"] == [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize("contents", [[], None, [{"role": "model", "parts": []}], [{"parts": [{"executableCode": {"code": "1"}}]}]])
def test_a_conversation_without_a_word_is_refused(contents: Any) -> None:
    assert refused(contents=contents) == "contents"


def test_calls_and_results_without_ids_are_matched_by_name_and_order() -> None:
    made = messages(
        *HELLO,
        {
            "role": "model",
            "parts": [
                {"functionCall": {"name": "a", "args": {"n": 1}}},
                {"functionCall": {"name": "b"}},
                {"function_call": {"name": "a", "args": {"n": 2}}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"text": "done"},
                {"functionResponse": {"name": "b", "response": {"x": "ü"}}},
                {"functionResponse": {"name": "a", "response": {"result": "first"}}},
                {"functionResponse": {"name": "a", "response": {"output": "second"}}},
            ],
        },
    )
    calls = made[1]["tool_calls"]
    assert [call["function"] for call in calls] == [
        {"name": "a", "arguments": '{"n":1}'},
        {"name": "b", "arguments": "{}"},
        {"name": "a", "arguments": '{"n":2}'},
    ]
    first, other, second = (call["id"] for call in calls)
    assert made[1]["content"] is None
    assert made[2:] == [
        {"role": "tool", "tool_call_id": other, "content": '{"x": "ü"}'},
        {"role": "tool", "tool_call_id": first, "content": "first"},
        {"role": "tool", "tool_call_id": second, "content": "second"},
        {"role": "user", "content": "done"},
    ]


def test_ids_that_are_there_are_kept_and_go_before_names() -> None:
    parts = [{"functionCall": {"name": "a", "id": "1"}}, {"functionCall": {"name": "a", "id": "2"}}]
    results = [{"functionResponse": {"name": "a", "id": one, "response": {"error": "no"}}} for one in ("2", "1")]
    made = messages({"role": "model", "parts": parts}, {"role": "function", "parts": results})
    assert [call["id"] for call in made[0]["tool_calls"]] == ["1", "2"]
    assert [(one["tool_call_id"], one["content"]) for one in made[1:]] == [("2", '{"error": "no"}'), ("1", '{"error": "no"}')]


def test_made_ids_depend_on_the_conversation_alone_so_that_caches_know_it_again() -> None:
    contents = [{"role": "model", "parts": [{"functionCall": {"name": "a"}}]}]
    first = asked(replace(CALL, id="1"), contents=contents)
    longer = asked(replace(CALL, id="2"), contents=[*contents, *HELLO])
    assert first.body["messages"] == longer.body["messages"][:1]


def test_a_result_that_answers_no_call_is_refused() -> None:
    result = {"functionResponse": {"name": "a", "response": {}}}
    assert refused(contents=[*HELLO, {"role": "user", "parts": [result]}]) == "contents[1].parts[0].functionResponse"


def test_thoughts_and_signatures_go_where_they_are_taken_back() -> None:
    urlsafe = "-_8"  # as Google's SDK writes what came as "+/8="
    turn = {
        "role": "model",
        "parts": [
            {"text": "hm", "thought": True},
            {"text": "so", "thoughtSignature": "QQ=="},
            {"functionCall": {"name": "a"}, "thought_signature": urlsafe},
            {"functionCall": {"name": "a"}, "thoughtSignature": "skip_thought_signature_validator"},
        ],
    }
    taken = messages(turn)[0]
    assert (taken["reasoning_content"], taken["content"]) == ("hm", "so")
    assert taken["extra_content"] == {"google": {"thought_signature": "QQ=="}}
    assert taken["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "+/8="}}
    assert "extra_content" not in taken["tool_calls"][1]
    plain = asked(replace(CALL, capabilities=Capabilities()), contents=[turn])
    assert plain.lost == ("contents[].parts[].thoughtSignature", "contents[].parts[].thought")
    assert set(plain.body["messages"][0]) == {"role", "content", "tool_calls"}


SIGNED = {"type": "thinking", "thinking": "hm", "signature": "EqoB"}


def sealed_turn() -> dict[str, Any]:
    seal_ = seal([SIGNED]).replace("+", "-").replace("/", "_").rstrip("=")  # as Google's SDK writes it
    return {"role": "model", "parts": [{"text": "hm", "thought": True, "thoughtSignature": seal_}, {"text": "so"}]}


def test_thoughts_that_anthropic_signed_come_back_on_the_way_to_it() -> None:
    onward = replace(CALL, capabilities=Capabilities(), in_between=True)
    translated = asked(onward, contents=[sealed_turn()])
    assert translated.body["messages"] == [{"role": "assistant", "content": "so", "thinking_blocks": [SIGNED]}]
    assert translated.lost == ()


def test_thoughts_that_anthropic_signed_go_to_no_others_but_those_that_take_thoughts_back() -> None:
    taken = messages(sealed_turn())[0]
    assert (taken["reasoning_content"], taken["thinking_blocks"]) == ("hm", [SIGNED])
    translated = asked(replace(CALL, capabilities=Capabilities()), contents=[sealed_turn()])
    assert translated.body["messages"] == [{"role": "assistant", "content": "so"}]
    assert translated.lost == ("contents[].parts[].thoughtSignature", "contents[].parts[].thought")


def test_a_seal_that_somebody_wrote_to_is_worth_nothing() -> None:
    for data in (b"pyproxy..", b"pyproxy..5", b"pyproxy..[5]", b"pyproxy..\xff", b"pyproxy.." + b"[" * 20_000):
        part = {"text": "so", "thought": True, "thoughtSignature": base64.b64encode(data).decode()}
        assert "thinking_blocks" not in messages({"role": "model", "parts": [part, {"text": "x"}]})[0]


DATA = base64.b64encode(b"\xfb\xff\xfe!").decode()
URLSAFE = base64.urlsafe_b64encode(b"\xfb\xff\xfe!").decode()


@pytest.mark.parametrize(
    ("part", "made"),
    [
        (
            {"inlineData": {"mimeType": "image/png", "data": URLSAFE.rstrip("=")}},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DATA}"}},
        ),
        (
            {"inline_data": {"mime_type": "audio/mpeg", "data": URLSAFE}},
            {"type": "input_audio", "input_audio": {"data": DATA, "format": "mp3"}},
        ),
        (
            {"inlineData": {"mimeType": "application/pdf", "data": URLSAFE, "displayName": "a.pdf"}},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{DATA}"}},
        ),
        (
            {"inlineData": {"mimeType": "text/plain", "data": base64.b64encode("ü".encode()).decode()}},
            {"type": "text", "text": "ü"},
        ),
        (
            {"fileData": {"mimeType": "image/png", "fileUri": "https://x.test/a"}},
            {"type": "image_url", "image_url": {"url": "https://x.test/a"}},
        ),
        (
            {"fileData": {"fileUri": "https://x.test/a.webp?b"}},
            {"type": "image_url", "image_url": {"url": "https://x.test/a.webp?b"}},
        ),
    ],
)
def test_media_are_sent_as_the_chat_api_has_them(part: Any, made: Any) -> None:
    assert messages({"parts": [{"text": "see"}, part]})[0]["content"] == [{"type": "text", "text": "see"}, made]


@pytest.mark.parametrize(
    ("part", "param"),
    [
        ({"inlineData": {"mimeType": "video/mp4", "data": "AA=="}}, ".inlineData.mimeType"),
        ({"inlineData": {"mimeType": "audio/flac", "data": "AA=="}}, ".inlineData.mimeType"),
        ({"inlineData": {"mimeType": "text/plain", "data": "_w=="}}, ".inlineData.data"),
        ({"inlineData": {"data": "AA=="}}, ".inlineData.mimeType"),
        ({"fileData": {"mimeType": "application/pdf", "fileUri": "https://x.test/a.pdf"}}, ".fileData.fileUri"),
        ({"fileData": {"fileUri": "gs://bucket/a.png"}}, ".fileData.fileUri"),
        ({"fileData": {"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/1.png"}}, ".fileData.fileUri"),
        ({"fileData": {}}, ".fileData.fileUri"),
        ("text", ""),
    ],
)
def test_media_that_cannot_be_sent_are_refused_by_their_place(part: Any, param: str) -> None:
    assert refused(contents=[{"parts": [part]}]) == f"contents[0].parts[0]{param}"


def test_a_model_without_eyes_is_sent_no_images() -> None:
    with pytest.raises(UntranslatableError):
        messages(
            {"parts": [{"fileData": {"fileUri": "https://x.test/a.png"}}]}, call=replace(CALL, capabilities=Capabilities(vision=False))
        )


def test_declarations_become_tools_with_json_schemas() -> None:
    other = {"name": "b", "description": "does", "parametersJsonSchema": {"type": "object", "$defs": {}}, "behavior": "BLOCKING"}
    translated = asked(tools=[{"functionDeclarations": [LOOK]}, {"function_declarations": [other]}])
    assert [tool["function"] for tool in translated.body["tools"]] == [
        {"name": "look", "parameters": {"type": "object", "properties": {"at": {"type": ["string", "null"]}}}},
        {"name": "b", "description": "does", "parameters": {"type": "object", "$defs": {}}},
    ]
    assert translated.lost == ("tools[].functionDeclarations[].behavior",)


def test_a_schema_of_googles_kind_is_translated_at_every_depth() -> None:
    schema = {
        "type": "OBJECT",
        "propertyOrdering": ["a"],
        "properties": {
            "type": {"type": "ARRAY", "min_items": "1", "items": {"type": "INTEGER", "format": "int32"}},
            "nullable": {"anyOf": [{"type": "STRING"}, {"type": "NUMBER"}], "nullable": True},
            "choice": {"type": "STRING", "enum": ["a"], "nullable": True},
        },
        "required": ["type"],
    }
    body = configured(responseMimeType="application/json", responseSchema=schema)
    assert body["response_format"]["json_schema"] == {
        "name": "answer",
        "strict": False,
        "schema": {
            "type": "object",
            "properties": {
                "type": {"type": "array", "minItems": 1, "items": {"type": "integer", "format": "int32"}},
                "nullable": {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}]},
                "choice": {"type": ["string", "null"], "enum": ["a", None]},
            },
            "required": ["type"],
        },
    }


@pytest.mark.parametrize(
    ("calling", "choice", "names"),
    [
        ({}, None, ["look", "b"]),
        ({"mode": "AUTO"}, "auto", ["look", "b"]),
        ({"mode": "validated"}, "auto", ["look", "b"]),
        ({"mode": "NONE"}, "none", ["look", "b"]),
        ({"mode": "ANY"}, "required", ["look", "b"]),
        ({"mode": "ANY", "allowedFunctionNames": ["b"]}, {"type": "function", "function": {"name": "b"}}, ["b"]),
        ({"mode": "ANY", "allowed_function_names": ["b", "look"]}, "required", ["look", "b"]),
        ({"mode": "VALIDATED", "allowedFunctionNames": ["look"]}, "auto", ["look"]),
    ],
)
def test_the_choice_of_tools_is_carried(calling: Any, choice: Any, names: list[str]) -> None:
    tools = [{"functionDeclarations": [LOOK, {"name": "b"}]}]
    body = asked(tools=tools, toolConfig={"functionCallingConfig": calling}).body
    assert body.get("tool_choice") == choice
    assert [tool["function"]["name"] for tool in body["tools"]] == names


def test_a_single_tool_that_must_be_called_is_required_like_any() -> None:
    body = asked(tools=[{"functionDeclarations": [LOOK]}], toolConfig={"functionCallingConfig": {"mode": "ANY"}}).body
    assert body["tool_choice"] == "required"


def test_a_model_that_cannot_be_forced_is_left_free_and_this_is_told() -> None:
    translated = asked(
        replace(CALL, capabilities=Capabilities(forced_tools=False)),
        tools=[{"functionDeclarations": [LOOK]}],
        toolConfig={"functionCallingConfig": {"mode": "ANY"}, "retrievalConfig": {"languageCode": "de"}},
    )
    assert translated.body["tool_choice"] == "auto"
    assert translated.lost == ("toolConfig.functionCallingConfig.mode", "toolConfig.retrievalConfig")


def test_a_model_that_may_think_takes_sampling_as_long_as_it_does_not() -> None:
    may_think = replace(CALL, capabilities=Capabilities(sampling_while_thinking=False, thinking="effort"))
    config: dict[str, Any] = {"temperature": 0.3, "maxOutputTokens": 5}
    body, lost = asked(may_think, generationConfig=config)
    assert (body["temperature"], body["max_completion_tokens"], lost) == (0.3, 5, ())
    body, lost = asked(may_think, generationConfig={**config, "thinkingConfig": {"thinkingLevel": "low"}})
    assert ("temperature" in body, lost) == (False, ("generationConfig.temperature",))


def test_google_s_own_tools_are_left_out_and_told() -> None:
    choice = {"functionCallingConfig": {"mode": "ANY"}}
    translated = asked(tools=[{"googleSearch": {}}, {"functionDeclarations": [LOOK], "code_execution": {}}], toolConfig=choice)
    assert ([tool["function"]["name"] for tool in translated.body["tools"]], translated.body["tool_choice"]) == (["look"], "required")
    assert translated.lost == ("tools[].googleSearch", "tools[].codeExecution")
    alone = asked(tools=[{"google_search": {}}])
    assert ("tools" in alone.body, alone.lost) == (False, ("tools[].googleSearch",))


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"tools": [{"googleSearch": {}}], "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}, "toolConfig"),
        ({"cachedContent": "cachedContents/1"}, "cachedContent"),
        ({"toolConfig": {"functionCallingConfig": {"mode": "PERHAPS"}}}, "toolConfig.functionCallingConfig.mode"),
        ({"generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}}, "generationConfig.responseModalities"),
        ({"generationConfig": {"temperature": "hot"}}, "generationConfig.temperature"),
        ({"generationConfig": []}, "generationConfig"),
        ({"generationConfig": {"responseMimeType": "application/json", "responseSchema": 1}}, "generationConfig.responseSchema"),
        ({"contents": [{"role": "narrator", "parts": []}]}, "contents[0].role"),
        ({"contents": [{"parts": [{"text": 1}]}]}, "contents[0].parts[0].text"),
        ({"contents": [{"role": "model", "parts": [{"functionCall": {}}]}]}, "contents[0].parts[0].functionCall.name"),
        (
            {"contents": [{"role": "model", "parts": [{"functionCall": {"name": "a", "args": 1}}]}]},
            "contents[0].parts[0].functionCall.args",
        ),
    ],
)
def test_what_chat_has_not_is_refused_by_name(members: Any, param: str) -> None:
    assert refused(**members) == param


def test_parameters_keep_their_values_under_the_names_of_the_chat_api() -> None:
    assert configured(
        temperature=0.5,
        top_p=0.9,
        maxOutputTokens=7,
        stop_sequences=["", "END"],
        seed=3,
        presencePenalty=0.1,
        frequencyPenalty=-0.2,
        candidateCount=2,
        responseLogprobs=True,
        logprobs=4,
        responseModalities=["TEXT"],
        responseMimeType="text/plain",
    ) == {
        "temperature": 0.5,
        "top_p": 0.9,
        "max_tokens": 7,
        "stop": ["END"],
        "seed": 3,
        "presence_penalty": 0.1,
        "frequency_penalty": -0.2,
        "n": 2,
        "logprobs": True,
        "top_logprobs": 4,
    }


def test_whatever_is_not_carried_is_told_by_name() -> None:
    config = {"topK": 4, "stopSequences": list("abcde"), "speechConfig": {"a": 1}, "candidateCount": 1, "audioTimestamp": False}
    translated = asked(safetySettings=[{"category": "X"}], generation_config=config, labels={})
    assert translated.lost == (
        "generationConfig.topK",
        "generationConfig.stopSequences",
        "generationConfig.speechConfig",
        "safetySettings",
    )
    assert translated.body["stop"] == list("abcd")


def test_the_bound_has_the_name_that_the_model_takes() -> None:
    assert configured(REASONING, temperature=1, maxOutputTokens=7) == {"max_completion_tokens": 7}
    call = replace(CALL, capabilities=Capabilities(max_output=5))
    assert asked(call, generationConfig={"maxOutputTokens": 7}).lost == ("generationConfig.maxOutputTokens",)
    assert configured(call, maxOutputTokens=7) == {"max_tokens": 5}
    assert asked(REASONING, generationConfig={"temperature": 0.5}).lost == ("generationConfig.temperature",)


@pytest.mark.parametrize(
    ("thinking", "effort"),
    [
        ({"thinkingBudget": 1024}, "low"),
        ({"thinkingBudget": 1025}, "medium"),
        ({"thinking_budget": 24576, "includeThoughts": True}, "high"),
        ({"thinkingBudget": -1}, None),
        ({"includeThoughts": True}, None),
        ({"thinkingLevel": "HIGH", "thinkingBudget": 0}, "high"),
        ({"thinking_level": "minimal"}, "minimal"),
    ],
)
def test_how_much_to_think_is_told_to_models_that_can_be_told(thinking: Any, effort: str | None) -> None:
    assert configured(REASONING, thinkingConfig=thinking).get("reasoning_effort") == effort
    plain = asked(generationConfig={"thinkingConfig": thinking})
    assert "reasoning_effort" not in plain.body
    assert bool(plain.lost) == (effort is not None)


def test_a_model_that_cannot_be_kept_from_thinking_is_told_to_think_little_and_that_is_told() -> None:
    none: dict[str, Any] = {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}
    reasoning = asked(REASONING, **none)
    assert (reasoning.body["reasoning_effort"], reasoning.lost) == ("low", ("generationConfig.thinkingConfig.thinkingBudget",))
    when_asked = replace(CALL, capabilities=Capabilities(sampling_while_thinking=False, thinking="effort"))
    for never_by_itself in (CALL, when_asked):
        plain = asked(never_by_itself, **none)
        assert ("reasoning_effort" in plain.body, plain.lost) == (False, ())


def test_a_schema_binds_the_answer_or_is_put_in_words() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    config: dict[str, Any] = {"responseMimeType": "application/json", "responseJsonSchema": schema}
    described = configured(**config)["response_format"]["json_schema"]
    assert described == {"name": "answer", "schema": {**schema, "additionalProperties": False}, "strict": True}
    assert configured(responseMimeType="application/json")["response_format"] == {"type": "json_object"}
    loose = asked(replace(CALL, capabilities=Capabilities(json_schema=False)), generationConfig=config)
    assert loose.body["response_format"] == {"type": "json_object"}
    assert json.dumps(schema["properties"], separators=(",", ":")) in loose.body["messages"][0]["content"]
    assert loose.lost == ("generationConfig.responseJsonSchema",)
    assert asked(generationConfig={"responseMimeType": "text/x.enum"}).lost == ("generationConfig.responseMimeType",)


JSON = {"responseMimeType": "application/json"}


def test_json_without_a_schema_is_asked_for_in_words_too_for_openai_refuses_it_otherwise() -> None:
    body = asked(generationConfig=JSON).body
    assert body["response_format"] == {"type": "json_object"}
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert "JSON" in body["messages"][0]["content"]


@pytest.mark.parametrize("parts", [[{"text": "As json, please."}], [{"text": "a"}, {"text": "JSON!"}]])
def test_who_speaks_of_json_is_not_told_again(parts: Any) -> None:
    assert [one["role"] for one in asked(contents=[{"parts": parts}], generationConfig=JSON).body["messages"]] == ["user"]


def test_whoever_comes_behind_says_json_in_its_own_way() -> None:
    assert [one["role"] for one in asked(replace(CALL, in_between=True), generationConfig=JSON).body["messages"]] == ["user"]


def test_an_image_in_the_result_of_a_tool_is_shown_by_the_user_behind_all_results() -> None:
    image = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
    results = [
        {"functionResponse": {"id": "a", "name": "look", "response": {"result": "seen"}, "parts": [image]}},
        {"functionResponse": {"id": "b", "name": "look", "response": {"result": "nothing"}}},
    ]
    calls = [{"functionCall": {"id": identifier, "name": "look"}} for identifier in "ab"]
    translated = asked(contents=[*HELLO, {"role": "model", "parts": calls}, {"role": "user", "parts": results}])
    *_, first, second, shown = translated.body["messages"]
    assert [(one["role"], one["content"]) for one in (first, second)] == [("tool", "seen"), ("tool", "nothing")]
    assert shown["role"] == "user"
    assert shown["content"] == [
        {"type": "text", "text": "The result of the tool call a:"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
    ]
    assert translated.lost == ()


def test_models_that_reason_are_given_nothing_that_they_refuse() -> None:
    config: dict[str, Any] = {"presencePenalty": 1, "frequencyPenalty": 1, "responseLogprobs": True, "logprobs": 2, "stopSequences": ["a"]}
    assert set(configured(**config)) == {"presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "stop"}
    body, lost = asked(REASONING, generationConfig=config)
    assert set(body) == {"model", "messages"}
    assert set(lost) == {f"generationConfig.{name}" for name in config if name != "logprobs"}
    assert asked(REASONING, generationConfig={"presencePenalty": 0, "stopSequences": []}).lost == ()


def test_nor_are_models_that_reason_only_when_asked_whose_sampling_is_free_else() -> None:
    when_asked = replace(REASONING, capabilities=replace(REASONING.capabilities, sampling=True, sampling_while_thinking=False))
    body, lost = asked(when_asked, generationConfig={"presencePenalty": 1, "stopSequences": ["a"], "temperature": 0.5})
    assert (set(body), set(lost)) == (
        {"model", "messages", "temperature"},
        {"generationConfig.presencePenalty", "generationConfig.stopSequences"},
    )
