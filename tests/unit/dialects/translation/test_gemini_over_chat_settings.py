"""What else is asked of Gemini, as chat has it: parameters, thinking and the answer's format; what is lost, and what cannot be asked."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from support.gemini_over_chat import CALL, asked, configured, refused

from pyproxy.domain.capabilities import Capabilities

REASONING = replace(CALL, capabilities=Capabilities(sampling=False, thinking="effort"))


def test_a_stream_asks_for_its_usage_which_gemini_always_tells() -> None:
    body = asked(replace(CALL, stream=True)).body
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})


def test_a_model_that_may_think_takes_sampling_as_long_as_it_does_not() -> None:
    may_think = replace(CALL, capabilities=Capabilities(sampling_while_thinking=False, thinking="effort"))
    config: dict[str, Any] = {"temperature": 0.3, "maxOutputTokens": 5}
    body, lost = asked(may_think, generationConfig=config)
    assert (body["temperature"], body["max_completion_tokens"], lost) == (0.3, 5, ())
    body, lost = asked(may_think, generationConfig={**config, "thinkingConfig": {"thinkingLevel": "low"}})
    assert ("temperature" in body, lost) == (False, ("generationConfig.temperature",))


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
    kept = replace(CALL, capabilities=Capabilities(sampling=False, thinking="effort", efforts=("none", "low")))
    plain = asked(kept, **none)
    assert (plain.body["reasoning_effort"], plain.lost) == ("none", ())
    large = replace(CALL, capabilities=Capabilities(sampling=False, thinking="effort", efforts=("high",)))
    told = asked(large, generationConfig={"thinkingConfig": {"thinkingLevel": "MINIMAL"}})
    assert (told.body["reasoning_effort"], told.lost) == ("high", ("generationConfig.thinkingConfig.thinkingLevel",))
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
