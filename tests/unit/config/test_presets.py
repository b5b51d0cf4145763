"""Known providers: what a preset says, and what a provider says itself."""

from __future__ import annotations

import typing
from typing import Any

import pytest

from pyproxy.config import ProviderConfig, check_config, load_config
from pyproxy.config.known_providers import KNOWN_PROVIDERS, known_provider_at
from pyproxy.config.settings import Settings


def provider(name: str = "p", /, **settings: Any) -> ProviderConfig:
    return load_config({"providers": {name: settings}, "models": {"m": {"provider": name, "model": "x"}}}, {}).providers[name]


def told(name: str = "p", /, **settings: Any) -> list[tuple[str, str]]:
    made = {"providers": {name: settings}, "models": {"m": {"provider": name, "model": "x"}}}
    return [(fault.path, fault.severity) for fault in check_config(made, {})[1]]


WITH_AN_ADDRESS = [known for known in KNOWN_PROVIDERS if known.base_url]


@pytest.mark.parametrize("known", WITH_AN_ADDRESS, ids=lambda known: known.name)
def test_a_known_provider_needs_its_key_alone(known: Any) -> None:
    by_name, by_preset = provider(known.name, api_key="k"), provider("mine", preset=known.name, api_key="k")
    for made in (by_name, by_preset):
        assert (made.base_url, made.dialect) == (known.base_url, known.dialect)
        assert (made.stream_usage, made.responses) == (known.stream_usage, known.responses)
        assert [key.get_secret_value() for key in made.credentials()] == ["k"]


def test_every_known_provider_is_a_preset_and_no_other() -> None:
    field = ProviderConfig.model_fields["preset"]
    literal = next(part for part in typing.get_args(field.annotation) if part is not type(None))
    assert set(typing.get_args(literal)) == {known.name for known in KNOWN_PROVIDERS}


def test_what_a_provider_says_itself_goes_before_its_preset() -> None:
    made = provider(preset="anthropic", base_url="http://127.0.0.1:1", dialect="openai", responses=True)
    assert (made.base_url, made.dialect, made.responses) == ("http://127.0.0.1:1", "openai", True)
    made = provider("openai", responses=False)
    assert (made.base_url, made.responses) == ("https://api.openai.com/v1", False)


def test_a_name_is_no_preset_where_there_is_an_address() -> None:
    made = provider("anthropic", base_url="http://127.0.0.1:1/v1")
    assert (made.dialect, made.base_url) == ("openai", "http://127.0.0.1:1/v1")


def test_azure_needs_its_address_and_its_key() -> None:
    made = provider("azure", base_url="https://r.openai.azure.com", preset="azure", api_key="k")
    assert (made.surface, made.responses, made.dialect) == ("azure", True, "openai")
    assert told("azure", api_key="k") == [("providers.azure.base_url", "error")]


@pytest.mark.parametrize(
    ("settings", "surface"),
    [
        ({}, "openai"),
        ({"dialect": "anthropic"}, "anthropic"),
        ({"dialect": "gemini"}, "gemini"),
        ({"azure": {}}, "azure"),
        ({"azure": {"api_version": "preview"}}, "azure"),
        ({"azure": {"api_version": "2024-10-21"}}, "azure_deployments"),
        ({"azure": {"api_version": "2025-04-01-preview"}, "preset": "azure"}, "azure_deployments"),
    ],
)
def test_the_surface_follows_from_the_dialect_and_the_version(settings: dict[str, Any], surface: str) -> None:
    assert provider(base_url="https://r.example", **settings).surface == surface


@pytest.mark.parametrize("version", ["", "v1", "2024", "2024-10-21-beta", "2024-10-21 ", "latest!"])
def test_a_version_that_is_none_is_told(version: str) -> None:
    assert told(base_url="https://r.example", azure={"api_version": version}) == [("providers.p.azure.api_version", "error")]


def test_azure_speaks_no_other_dialect() -> None:
    assert told(base_url="https://r.example", azure={}, dialect="gemini") == [("providers.p", "error")]


def test_a_misspelt_preset_is_told_once_with_the_nearest() -> None:
    _, faults = check_config({"providers": {"p": {"preset": "anthropik", "api_key": "k"}}, "models": {}}, {})
    assert [(fault.path, fault.severity) for fault in faults if fault.severity == "error"] == [("providers.p.preset", "error")]
    assert "did you mean 'anthropic'?" in faults[0].hint


@pytest.mark.parametrize("mode", ["strict", "lenient"])
def test_a_misspelt_address_never_sends_the_key_to_the_providers_namesake(mode: Any) -> None:
    made = {"providers": {"openai": {"baseUrl": "http://127.0.0.1:1/v1", "api_key": "k"}, "q": {"base_url": "http://127.0.0.1:2"}}}
    config, faults = check_config(made | {"models": {"m": {"provider": "q", "model": "x"}}}, {}, mode=mode)
    assert faults
    assert config is None if mode == "strict" else (config is not None and list(config.providers) == ["q"])


@pytest.mark.parametrize(
    ("base_url", "stream_usage", "responses"),
    [
        ("https://api.openai.com/v1", True, True),
        ("https://api.mistral.ai/v1", False, False),
        ("https://mine.openai.azure.com/openai/v1", True, True),
        ("https://api.groq.com/openai/v1", True, False),
        ("http://127.0.0.1:8000/v1", True, False),
        ("https://evil.example/api.openai.com", True, False),
        ("https://notapi.openai.com.example/v1", True, False),
    ],
)
def test_what_an_address_refuses_or_has_is_known_without_a_preset(base_url: str, *, stream_usage: bool, responses: bool) -> None:
    made = provider(base_url=base_url)
    assert (made.stream_usage, made.responses) == (stream_usage, responses)
    said = provider(base_url=base_url, stream_usage=True, responses=False)
    assert (said.stream_usage, said.responses) == (True, False)


@pytest.mark.parametrize("text", ["", "::", "http://[", "api.openai.com", "http://localhost:11434"])
def test_a_text_that_is_no_address_of_a_known_provider_is_nobodys(text: str) -> None:
    assert known_provider_at(text) is None


def test_a_model_says_what_it_takes_in_either_form() -> None:
    for model in ({"prefill": True}, {"capabilities": {"prefill": True}}):
        made: dict[str, Any] = {"providers": {"p": {"base_url": "http://127.0.0.1:1"}}}
        config, faults = check_config(made | {"models": {"m": {"provider": "p", "model": "x", **model}}}, {})
        assert faults == ()
        assert config is not None
        assert config.models["m"].capabilities.prefill is True
        assert isinstance(config.models["m"].capabilities, Settings)


def test_two_forms_that_say_different_things_are_told() -> None:
    made: dict[str, Any] = {"providers": {"p": {"base_url": "http://127.0.0.1:1"}}}
    model = {"provider": "p", "model": "x", "prefill": True, "capabilities": {"prefill": False}}
    _, faults = check_config(made | {"models": {"m": model}}, {})
    assert [fault.path for fault in faults] == ["models.m.prefill"]


ANTHROPIC, GEMINI = "https://api.anthropic.com/v1", "https://generativelanguage.googleapis.com"


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"base_url": ANTHROPIC}, "write dialect: anthropic"),
        ({"base_url": ANTHROPIC, "dialect": "openai"}, None),
        ({"base_url": ANTHROPIC, "dialect": "anthropic"}, None),
        ({"base_url": ANTHROPIC, "preset": "anthropic"}, None),
        ({"base_url": GEMINI}, "write dialect: gemini"),
        ({"base_url": f"{GEMINI}/v1beta", "dialect": "openai"}, "add /openai"),
        ({"base_url": f"{GEMINI}/v1beta/openai/", "dialect": "gemini"}, "leave out /openai"),
        ({"base_url": f"{GEMINI}/v1beta/openai", "dialect": "openai"}, None),
        ({"base_url": f"{GEMINI}/v1beta/openai"}, None),
        ({"base_url": "https://api.openai.com/v1"}, None),
        ({"base_url": "https://r.example", "dialect": "gemini"}, None),
    ],
)
def test_an_address_with_another_dialect_than_its_own_is_warned_of(settings: dict[str, Any], hint: str | None) -> None:
    made = {"providers": {"p": settings}, "models": {"m": {"provider": "p", "model": "x"}}}
    config, faults = check_config(made, {})
    assert config is not None
    assert [(fault.path, fault.severity) for fault in faults] == ([] if hint is None else [("providers.p.base_url", "warning")])
    assert hint is None or faults[0].hint.startswith(hint)
