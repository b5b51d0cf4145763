"""What models take: by their dialect, by their names, and by the configuration, which goes before both."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.config import load_config
from pyproxy.config.known_models import known_capabilities
from pyproxy.domain.capabilities import Capabilities, Effort
from pyproxy.routing import Resolver

if TYPE_CHECKING:
    from pyproxy.domain import Candidate
    from pyproxy.domain.surfaces import Dialect

FLAGS = ("sampling", "forced_tools", "prefill", "json_schema", "vision")


def refused(dialect: Dialect, model: str) -> set[str]:
    found = asdict(known_capabilities(dialect, model))
    return {flag for flag in FLAGS if not found[flag]}


@pytest.mark.parametrize(
    ("model", "refuses", "longest"),
    [
        ("claude-3-haiku-20240307", {"json_schema"}, 4_096),
        ("claude-3-5-sonnet-20241022", {"json_schema"}, 8_192),
        ("claude-3-7-sonnet-latest", {"json_schema"}, 64_000),
        ("claude-sonnet-4-20250514", {"json_schema"}, 64_000),
        ("claude-opus-4-20250514", {"json_schema"}, 32_000),
        ("claude-opus-4-1-20250805", set(), 32_000),
        ("claude-sonnet-4-5", set(), 64_000),
        ("claude-haiku-4-5-20251001", set(), 64_000),
        ("claude-opus-4-6", {"prefill"}, 128_000),
        ("claude-sonnet-4-6", {"prefill"}, 128_000),
        ("claude-opus-4-7", {"prefill", "sampling"}, 128_000),
        ("claude-opus-5", {"prefill", "sampling"}, 128_000),
        ("claude-sonnet-5", {"prefill", "sampling"}, 128_000),
        ("claude-opus-5-5", {"prefill", "sampling", "forced_tools"}, 128_000),
        ("claude-fable-5-1", {"prefill", "sampling", "forced_tools"}, 128_000),
        ("claude-of-next-year", {"prefill", "sampling", "forced_tools"}, 128_000),
        ("us.anthropic.claude-opus-4-6-v1:0", {"prefill"}, 128_000),
        ("anthropic/claude-opus-4.6", {"prefill"}, 128_000),
        ("claude-opus-4-6@20260205", {"prefill"}, 128_000),
        ("somebody-elses-model", set(), None),
    ],
)
def test_claude_is_known_by_name(model: str, refuses: set[str], longest: int) -> None:
    assert refused("anthropic", model) == refuses
    assert known_capabilities("anthropic", model).max_output == longest


@pytest.mark.parametrize(
    ("model", "refuses"),
    [
        ("gpt-4o", set()),
        ("gpt-4.1-mini", set()),
        ("gpt-4-turbo", {"json_schema"}),
        ("gpt-3.5-turbo", {"json_schema", "vision"}),
        ("gpt-5-mini", {"sampling"}),
        ("gpt-5.6-luna", {"sampling"}),
        ("gpt-5-chat-latest", set()),
        ("gpt-6-luna", {"sampling"}),
        ("gpt-10", {"sampling"}),
        ("openai/o3", {"sampling"}),
        ("o4-mini", {"sampling"}),
        ("openai/gpt-oss-120b", {"vision"}),
        ("deepseek-chat", {"json_schema", "vision"}),
        ("olmo-2", set()),
        ("llama3.2:latest", set()),
    ],
)
def test_models_of_the_openai_dialect_are_known_by_name_and_take_no_prefill(model: str, refuses: set[str]) -> None:
    assert refused("openai", model) == refuses | {"prefill"}


@pytest.mark.parametrize(
    ("dialect", "model", "longest"),
    [
        ("openai", "gpt-3.5-turbo", 4_096),
        ("openai", "gpt-4", 4_096),
        ("openai", "gpt-4-turbo-2024-04-09", 4_096),
        ("openai", "gpt-4-1106-preview", 4_096),
        ("openai", "gpt-4o-2024-05-13", 4_096),
        ("openai", "gpt-4o", 16_384),
        ("openai", "openai/gpt-4o-mini-2024-07-18", 16_384),
        ("openai", "gpt-4.1-nano", 32_768),
        ("openai", "gpt-5-chat-latest", 16_384),
        ("openai", "o1-mini", 65_536),
        ("openai", "o3-mini", 100_000),
        ("openai", "openai/o3", 100_000),
        ("openai", "o4-mini-2025-04-16", 100_000),
        ("openai", "gpt-5-pro", 272_000),
        ("openai", "gpt-5", 128_000),
        ("openai", "gpt-5.1-2025-11-13", 128_000),
        ("openai", "gpt-5.6-luna", 128_000),
        ("openai", "gpt-6-astra", 128_000),
        ("openai", "deepseek-chat", 8_192),
        ("openai", "deepseek-reasoner", 65_536),
        ("gemini", "gemini-1.5-pro-002", 8_192),
        ("gemini", "gemini-2.0-flash", 8_192),
        ("gemini", "models/gemini-2.5-flash-lite", 65_536),
        ("gemini", "gemini-2.5-flash-image", 32_768),
        ("gemini", "gemini-3-pro-preview", 65_536),
        ("gemini", "gemini-pro-latest", 65_536),
        ("openai", "claude-sonnet-4-5", 64_000),
    ],
)
def test_the_longest_answer_of_a_model_is_known_by_its_name(dialect: Dialect, model: str, longest: int) -> None:
    assert known_capabilities(dialect, model).max_output == longest


@pytest.mark.parametrize(
    ("dialect", "model"),
    [
        ("openai", "gpt-10"),
        ("openai", "openai/gpt-oss-120b"),
        ("openai", "olmo-2"),
        ("openai", "llama3.2:latest"),
        ("openai", "deepseek-ai/DeepSeek-V3.1"),
        ("openai", "mistral-large-latest"),
        ("gemini", "gemini-10-pro"),
        ("gemini", "gemma-3-27b-it"),
        ("anthropic", "somebody-elses-model"),
    ],
)
def test_a_model_that_is_not_known_has_no_bound(dialect: Dialect, model: str) -> None:
    assert known_capabilities(dialect, model).max_output is None


@pytest.mark.parametrize(
    ("dialect", "model", "efforts"),
    [
        ("openai", "o3", "low medium high"),
        ("openai", "o3-mini", "low medium high"),
        ("openai", "o4-mini-deep-research", "medium"),
        ("openai", "gpt-5", "minimal low medium high"),
        ("openai", "gpt-5-mini-2025-08-07", "minimal low medium high"),
        ("openai", "gpt-5-pro", "high"),
        ("openai", "gpt-5-codex", "low medium high"),
        ("openai", "gpt-5.1", "none low medium high"),
        ("openai", "gpt-5.1-codex-max", "low medium high xhigh"),
        ("openai", "gpt-5.2", "none low medium high xhigh"),
        ("openai", "gpt-5.2-pro", "medium high xhigh"),
        ("openai", "gpt-5.4-mini", "none low medium high xhigh"),
        ("openai", "gpt-5.5", "none low medium high xhigh"),
        ("openai", "gpt-5.6-sol", "none low medium high xhigh max"),
        ("openai", "gpt-6-luna", "none low medium high xhigh max"),
        ("openai", "gpt-6.1-sol", "low medium high xhigh max"),
        ("openai", "gpt-7", "low medium high xhigh"),
        ("openai", "gpt-oss-120b", "low medium high"),
        ("openai", "llama3.2:latest", ""),
        ("gemini", "gemini-3-pro-preview", "low high"),
        ("gemini", "gemini-3.1-pro-preview", "low medium high"),
        ("gemini", "gemini-3-flash-preview", "minimal low medium high"),
        ("gemini", "gemini-flash-latest", "minimal low medium high"),
        ("gemini", "gemini-10-pro", "low medium high"),
        ("anthropic", "claude-opus-5", ""),
    ],
)
def test_the_words_that_a_model_takes_for_how_much_to_think_are_known_by_its_name(dialect: Dialect, model: str, efforts: str) -> None:
    assert " ".join(known_capabilities(dialect, model).efforts) == efforts


@pytest.mark.parametrize(
    ("model", "asked", "taken"),
    [
        ("gpt-5", "max", "high"),
        ("gpt-5.2", "max", "xhigh"),
        ("gpt-5.6", "max", "max"),
        ("o3", "xhigh", "high"),
        ("o3", "minimal", "low"),
        ("gpt-5.1", "minimal", "low"),
        ("gpt-5.1", "none", "none"),
        ("gpt-5", "none", "minimal"),
        ("gpt-5-pro", "low", "high"),
        ("gpt-5-pro", "max", "high"),
        ("gpt-5.2-pro", "none", "medium"),
        ("somebody-elses-model", "max", "max"),
        ("o3", "utmost", "utmost"),
    ],
)
def test_the_closest_word_stands_for_one_that_a_model_does_not_take(model: str, asked: str, taken: str) -> None:
    assert known_capabilities("openai", model).effort_taken(asked) == taken


@given(st.lists(st.sampled_from(get_args(Effort)), unique=True, min_size=1), st.sampled_from(get_args(Effort)))
def test_whatever_is_asked_what_is_sent_is_taken_and_whoever_is_to_think_does_where_it_can(efforts: list[Effort], asked: Effort) -> None:
    taken = Capabilities(efforts=tuple(efforts)).effort_taken(asked)
    assert taken in efforts
    assert (taken == asked) == (asked in efforts)
    assert taken != "none" or asked == "none" or efforts == ["none"]


@pytest.mark.parametrize(
    ("dialect", "model", "thinking"),
    [
        ("anthropic", "claude-3-5-sonnet-20241022", "none"),
        ("anthropic", "claude-3-7-sonnet-latest", "budget"),
        ("anthropic", "claude-haiku-4-5", "budget"),
        ("anthropic", "claude-opus-4-6", "budget"),
        ("anthropic", "claude-opus-4-7", "effort"),
        ("anthropic", "claude-of-next-year", "effort"),
        ("anthropic", "somebody-elses-model", "budget"),
        ("openai", "gpt-4o", "none"),
        ("openai", "gpt-5-mini", "effort"),
        ("openai", "gpt-5.1", "effort"),
        ("openai", "gpt-5-chat-latest", "none"),
        ("openai", "o3-mini", "effort"),
        ("openai", "openai/gpt-oss-20b", "effort"),
        ("openai", "deepseek-reasoner", "none"),
        ("openai", "llama3.2:latest", "none"),
        ("gemini", "gemini-2.5-pro", "budget"),
        ("gemini", "models/gemini-2.5-flash-lite", "budget"),
        ("gemini", "gemini-2.5-flash-image", "none"),
        ("gemini", "gemini-2.0-flash", "none"),
        ("gemini", "gemini-1.5-pro-002", "none"),
        ("gemini", "gemini-3-pro-preview", "effort"),
        ("gemini", "gemini-3.1-flash-lite", "effort"),
        ("gemini", "gemini-10-pro", "effort"),
        ("gemini", "gemini-flash-latest", "effort"),
        ("gemini", "gemma-3-27b-it", "none"),
    ],
)
def test_how_a_model_is_told_to_think_is_known_by_its_name(dialect: Dialect, model: str, thinking: str) -> None:
    assert known_capabilities(dialect, model).thinking == thinking


@pytest.mark.parametrize(
    ("model", "plainly", "thinking"),
    [
        ("gpt-5", False, False),
        ("gpt-5-2025-08-07", False, False),
        ("gpt-5.1", True, False),
        ("gpt-5.1-2025-11-13", True, False),
        ("gpt-5.1-codex-max", False, False),
        ("gpt-5.2-pro", False, False),
        ("gpt-5.4-mini", True, False),
        ("gpt-5.5", False, False),
        ("gpt-4o", True, True),
        ("gpt-oss-120b", True, True),
    ],
)
def test_whether_a_model_is_sampled_is_known_with_thinking_and_without(model: str, plainly: bool, thinking: bool) -> None:  # noqa: FBT001
    found = known_capabilities("openai", model)
    assert (found.takes_sampling(thinks=False), found.takes_sampling(thinks=True)) == (plainly, thinking)
    assert found.bound_in_chat == ("max_tokens" if thinking else "max_completion_tokens")
    assert found.least_bound_in_chat == (1 if thinking else 1_024)


def test_one_that_knows_no_effort_knows_the_older_name_of_the_bound() -> None:
    assert known_capabilities("openai", "deepseek-reasoner").bound_in_chat == "max_tokens"


def test_a_model_that_thinks_with_anthropic_is_not_sampled() -> None:
    found = known_capabilities("anthropic", "claude-sonnet-4-5")
    assert (found.takes_sampling(thinks=False), found.takes_sampling(thinks=True)) == (True, False)


@given(st.sampled_from(["openai", "anthropic", "gemini"]), st.from_regex(r"(claude|gpt|o|deepseek)[-.0-9a-z/:@]{0,12}", fullmatch=True))
def test_a_name_takes_away_from_what_the_dialect_allows_and_never_adds(dialect: Dialect, model: str) -> None:
    assert refused(dialect, "unheard-of") <= refused(dialect, model)


def candidate(model: str, provider: dict[str, Any], **settings: Any) -> Candidate:
    made = {"p": {"base_url": "http://127.0.0.1:1"} | provider}
    config = load_config({"providers": made, "models": {"m": {"provider": "p", "model": model, **settings}}}, {})
    return Resolver(config).resolve("m").steps[0].candidates[0]


def test_the_configuration_goes_before_the_name() -> None:
    found = candidate(
        "claude-opus-4-6", {"dialect": "anthropic"}, capabilities={"prefill": True, "vision": False, "max_output": 9, "thinking": "effort"}
    ).capabilities
    assert (found.prefill, found.vision, found.max_output, found.sampling, found.thinking) == (True, False, 9, True, "effort")
    found = candidate("gpt-5", {}, capabilities={"efforts": ["none", "max"]}).capabilities
    assert (found.efforts, found.max_output) == (("none", "max"), 128_000)


def test_a_candidate_tells_what_its_provider_speaks() -> None:
    found = candidate("claude-sonnet-4-5", {"dialect": "anthropic", "responses": True})
    assert (found.dialect, found.surface, found.responses, found.prefill) == ("anthropic", "anthropic", False, True)
    found = candidate("gpt-4o", {"azure": {"api_version": "2024-10-21"}, "responses": True})
    assert (found.dialect, found.surface, found.responses, found.prefill) == ("openai", "azure_deployments", True, False)


@pytest.mark.parametrize(
    ("alias", "asked"), [("claude-*", "claude-sonnet-5"), ("*", "anything-at-all"), ("claude-*", "claude-"), ("*", "gemini/x:y")]
)
def test_a_pattern_answers_whatever_it_fits(alias: str, asked: str) -> None:
    providers = {"p": {"base_url": "http://127.0.0.1:1"}}
    config = load_config({"providers": providers, "models": {"m": {"provider": "p", "model": "x"}}, "aliases": {alias: "m"}}, {})
    plan = Resolver(config).resolve(asked)
    assert (plan.target, plan.steps[0].name) == (asked, "m")


def test_the_closer_pattern_goes_before_the_one_for_all() -> None:
    providers = {"p": {"base_url": "http://127.0.0.1:1"}}
    models = {name: {"provider": "p", "model": name} for name in ("a", "b")}
    resolver = Resolver(load_config({"providers": providers, "models": models, "aliases": {"*": "a", "claude-*": "b"}}, {}))
    assert [resolver.resolve(asked).steps[0].name for asked in ("claude-haiku", "gpt-4o", "a")] == ["b", "a", "a"]
