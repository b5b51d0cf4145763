"""What else a chat asks, as Gemini has it: parameters, thinking and the answer's format; what is lost, and what cannot be asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.chat_over_gemini import CALL, TOOL, asked, call_of, refused

from pyproxy.config.known_models import known_capabilities
from pyproxy.dialects.translation.chat_over_gemini import CHAT_OVER_GEMINI
from pyproxy.dialects.translation.translator import Call
from pyproxy.domain.capabilities import Capabilities


def config(call: Call = CALL, **members: Any) -> Any:
    return asked(call, **members).body.get("generationConfig", {})


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
    assert asked(extra_body={"other": 1}).lost == ("extra_body.other",)
    assert asked(extra_body={"other": 1, "google": {"odd": 1}}).lost == ("extra_body.other", "extra_body.google.odd")


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


def test_a_penalty_of_nothing_is_none() -> None:
    assert config(presence_penalty=0, frequency_penalty=0.5) == {"frequencyPenalty": 0.5}
