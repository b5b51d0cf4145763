"""What goes through chat on its way to a third API: nothing is lost there that both ends know."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyproxy.config.known_models import known_capabilities
from pyproxy.dialects.translation.translator import Call, Translated
from pyproxy.dialects.translation.ways import way_to
from pyproxy.domain.capabilities import ALL_CAPABILITIES, PLAIN_CAPABILITIES
from pyproxy.domain.operations import GENERATE_CONTENT, MESSAGES

FLASH = Call("gemini-2.5-flash", capabilities=replace(PLAIN_CAPABILITIES, thinking="budget"))
OLDER = Call("claude-sonnet-4-5", capabilities=ALL_CAPABILITIES)


def over_gemini(call: Call = FLASH, **members: Any) -> Translated:
    translator = way_to(MESSAGES, "gemini", responses=False).translator  # type: ignore[union-attr]
    assert translator is not None
    return translator.request({"model": "m", "max_tokens": 40_000, "messages": [{"role": "user", "content": "hi"}], **members}, call)


def over_messages(call: Call = OLDER, **config: Any) -> Translated:
    translator = way_to(GENERATE_CONTENT, "anthropic", responses=False).translator  # type: ignore[union-attr]
    assert translator is not None
    contents = [{"role": "user", "parts": [{"text": "hi"}]}]
    return translator.request({"contents": contents, "generationConfig": {"maxOutputTokens": 20_000, **config}}, call)


@pytest.mark.parametrize(
    ("asked", "thinking"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 2_000}}, {"thinkingBudget": 2_000, "includeThoughts": True}),
        ({"thinking": {"type": "enabled", "budget_tokens": 10_000}}, {"thinkingBudget": 10_000, "includeThoughts": True}),
        (
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "medium"}},
            {"thinkingBudget": 8192, "includeThoughts": True},
        ),
        ({"output_config": {"effort": "low"}}, {"thinkingBudget": 1024, "includeThoughts": True}),
        ({"thinking": {"type": "adaptive"}}, {"thinkingBudget": 24576, "includeThoughts": True}),
        ({"output_config": {"effort": "max"}}, {"thinkingBudget": 24576, "includeThoughts": True}),
        ({"thinking": {"type": "disabled"}}, {"thinkingBudget": 0}),
        ({"thinking": {"type": "disabled"}, "output_config": {"effort": "low"}}, {"thinkingBudget": 0}),
    ],
)
def test_a_messages_client_says_how_hard_gemini_is_to_think(asked: dict[str, Any], thinking: dict[str, Any]) -> None:
    body, lost = over_gemini(**asked)
    assert (body["generationConfig"]["thinkingConfig"], lost) == (thinking, ())


def test_a_gemini_that_does_not_think_is_not_told_to_and_that_is_told() -> None:
    body, lost = over_gemini(Call("gemini-2.0-flash", capabilities=PLAIN_CAPABILITIES), thinking={"type": "adaptive"})
    assert ("thinkingConfig" in body["generationConfig"], lost) == (False, ("thinking",))


def test_a_gemini_client_says_how_hard_a_claude_that_takes_a_budget_is_to_think() -> None:
    body, lost = over_messages(thinkingConfig={"thinkingBudget": 4_096})
    assert (body["thinking"], lost) == ({"type": "enabled", "budget_tokens": 4_096}, ())


@pytest.mark.parametrize(
    ("longest", "budget", "thinking"),
    [
        (64_000, 32_768, 32_768),
        (2_000, 1_024, 1_024),
        (2_000, 512, 1_024),
        (6_000, 8_000, 3_000),
        (1_500, 8_000, 1_024),
        (1_024, 1_024, None),
    ],
)
def test_a_budget_of_gemini_is_claude_s_as_far_as_that_leaves_room_for_an_answer(longest: int, budget: int, thinking: int | None) -> None:
    body, lost = over_messages(maxOutputTokens=longest, thinkingConfig={"thinkingBudget": budget})
    assert (body.get("thinking", {}).get("budget_tokens"), body["max_tokens"]) == (thinking, longest)
    assert lost == (() if thinking == budget else ("generationConfig.thinkingConfig",))


@pytest.mark.parametrize(
    ("model", "longest", "budget", "taken"),
    [
        ("gemini-2.5-flash", 6_000, 5_000, 5_000),
        ("gemini-2.5-flash", 64_000, 30_000, 24_576),
        ("gemini-2.5-pro", 64_000, 30_000, 30_000),
        ("gemini-2.5-flash-lite", 2_000, 1_024, 1_024),
    ],
)
def test_a_budget_of_claude_is_gemini_s_as_far_as_the_model_takes_it(model: str, longest: int, budget: int, taken: int) -> None:
    call = Call(model, capabilities=known_capabilities("gemini", model))
    body, lost = over_gemini(call, max_tokens=longest, thinking={"type": "enabled", "budget_tokens": budget})
    assert (body["generationConfig"]["thinkingConfig"], lost) == (
        {"thinkingBudget": taken, "includeThoughts": True},
        () if taken == budget else ("thinking",),
    )


def test_an_effort_beside_a_budget_is_for_models_that_are_told_in_words() -> None:
    asked = {"max_tokens": 9_000, "thinking": {"type": "enabled", "budget_tokens": 2_000}, "output_config": {"effort": "high"}}
    newer = Call("gemini-3-flash-preview", capabilities=known_capabilities("gemini", "gemini-3-flash-preview"))
    assert over_gemini(newer, **asked).body["generationConfig"]["thinkingConfig"]["thinkingLevel"] == "HIGH"
    del asked["output_config"]
    assert over_gemini(newer, **asked).body["generationConfig"]["thinkingConfig"]["thinkingLevel"] == "LOW"


def test_an_effort_leaves_room_for_what_gemini_says() -> None:
    body, lost = over_gemini(max_tokens=6_000, output_config={"effort": "high"})
    assert (body["generationConfig"]["thinkingConfig"]["thinkingBudget"], lost) == (3_000, ())


def test_all_the_stops_go_where_they_are_taken() -> None:
    stops = ["a", "b", "c", "d", "e"]
    claude = over_messages(stopSequences=stops)
    assert (claude.body["stop_sequences"], claude.lost) == (stops, ())
    body, lost = over_gemini(stop_sequences=stops)
    assert (body["generationConfig"]["stopSequences"], lost) == (stops, ())
    assert over_gemini(stop_sequences=[*stops, "f"]).lost == ("stop_sequences",)


def test_a_gemini_client_that_wants_no_thinking_gets_none_of_claude() -> None:
    body, lost = over_messages(temperature=0.5, thinkingConfig={"thinkingBudget": 0})
    assert ("thinking" in body, body["temperature"], lost) == (False, 0.5, ())
    newer = Call("claude-opus-5", capabilities=replace(ALL_CAPABILITIES, thinking="effort"))
    assert over_messages(newer, thinkingConfig={"thinkingBudget": 0}).body["thinking"] == {"type": "disabled"}


@pytest.mark.parametrize("thinking", ["effort", "budget"])
def test_where_thinking_rules_sampling_out_is_for_the_last_api_to_say(thinking: Any) -> None:
    call = replace(OLDER, capabilities=replace(ALL_CAPABILITIES, thinking=thinking, sampling_while_thinking=False))
    body, lost = over_messages(call, temperature=0.5, thinkingConfig={"thinkingBudget": 1_024})
    assert ("temperature" in body, lost) == (False, ("generationConfig.temperature",))
    body, lost = over_messages(call, temperature=0.5)
    assert (body["temperature"], lost) == (0.5, ())


def test_top_k_is_known_at_both_ends() -> None:
    body, lost = over_gemini(top_k=5)
    assert (body["generationConfig"]["topK"], lost) == (5, ())
    body, lost = over_messages(topK=5)
    assert (body["top_k"], lost) == (5, ())
    newer = Call("claude-opus-5", capabilities=replace(ALL_CAPABILITIES, sampling=False, thinking="effort"))
    assert over_messages(newer, topK=5).lost == ("generationConfig.topK",)
