"""The providers that `pyproxy init` knows, and which of them the environment has a key for.

Each is reached in the OpenAI dialect: at its own API where that is what it speaks, else at the OpenAI-compatible endpoint beside it.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

_USABLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class KnownProvider:
    """A provider.

    Attributes:
        name: What a configuration calls it.
        variables: The environment variables that its users put the key into, the first that is set wins.
        base_url: Where its OpenAI-compatible API is.
        model: One of its models, to start with.
        models_page: Where it lists the others.
    """

    name: str
    variables: tuple[str, ...]
    base_url: str
    model: str
    models_page: str


KNOWN_PROVIDERS = (
    KnownProvider(
        "openai", ("OPENAI_API_KEY",), "https://api.openai.com/v1", "gpt-6-luna", "https://developers.openai.com/api/docs/models"
    ),
    KnownProvider(
        "anthropic",
        ("ANTHROPIC_API_KEY",),
        "https://api.anthropic.com/v1",
        "claude-sonnet-5",
        "https://platform.claude.com/docs/en/about-claude/models/overview",
    ),
    KnownProvider(
        "gemini",
        ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        "https://generativelanguage.googleapis.com/v1beta/openai",
        "gemini-3.8-flash",
        "https://ai.google.dev/gemini-api/docs/models",
    ),
    KnownProvider(
        "mistral",
        ("MISTRAL_API_KEY",),
        "https://api.mistral.ai/v1",
        "mistral-small-latest",
        "https://docs.mistral.ai/getting-started/models",
    ),
    KnownProvider(
        "deepseek",
        ("DEEPSEEK_API_KEY",),
        "https://api.deepseek.com",
        "deepseek-v4-flash",
        "https://api-docs.deepseek.com/quick_start/pricing",
    ),
    KnownProvider(
        "groq", ("GROQ_API_KEY",), "https://api.groq.com/openai/v1", "openai/gpt-oss-120b", "https://console.groq.com/docs/models"
    ),
    KnownProvider("xai", ("XAI_API_KEY",), "https://api.x.ai/v1", "grok-4.3", "https://docs.x.ai/docs/models"),
    KnownProvider("openrouter", ("OPENROUTER_API_KEY",), "https://openrouter.ai/api/v1", "openrouter/auto", "https://openrouter.ai/models"),
)


@dataclass(frozen=True, slots=True)
class Keys:
    """What the environment has.

    Attributes:
        usable: Each provider with a key, and the variable that holds it.
        unusable: Variables whose value cannot be a key.
    """

    usable: tuple[tuple[KnownProvider, str], ...]
    unusable: tuple[str, ...]


def keys_in_environment(environ: Mapping[str, str] | None = None) -> Keys:
    """Return the providers that there are keys for; no key leaves this function.

    Args:
        environ: Variables by name; None means those of this process.
    """
    values = os.environ if environ is None else environ
    usable: list[tuple[KnownProvider, str]] = []
    unusable: list[str] = []
    for provider in KNOWN_PROVIDERS:
        given = [name for name in provider.variables if values.get(name)]
        fit = [name for name in given if _USABLE.fullmatch(values[name])]
        usable += [(provider, fit[0])] if fit else []
        unusable += [name for name in given if name not in fit]
    return Keys(tuple(usable), tuple(unusable))
