"""What else a chat client asks, as the messages API takes it: sampling, bounds and thinking; what is lost, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from support.chat_over_messages import CALL, HI, TOOL, able, ask, called, text

from pyproxy.dialects.translation.chat_over_messages import CHAT_OVER_MESSAGES
from pyproxy.dialects.translation.translator import Translated, UntranslatableError


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
    assert lost == ("seed", "logprobs", "logit_bias", "frequency_penalty", "messages[].name")


def test_names_of_what_is_lost_are_fit_for_a_header() -> None:
    odd: dict[str, Any] = {"x\r\nevil: 1, é": 1, "y" * 999: 2, **{f"z{n}": n for n in range(99)}}
    _, lost = ask(**odd)
    assert lost[:2] == ("x??evil??1???", "y" * 64)
    assert len(lost) == 32
