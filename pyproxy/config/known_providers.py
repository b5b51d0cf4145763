"""The providers that need no more than a key: presets for a configuration, and which of them the environment has a key for."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pyproxy.domain.quirks import NO_QUIRKS, ChatQuirks
from pyproxy.domain.surfaces import Dialect

_USABLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class KnownProvider:
    """A provider.

    Attributes:
        name: What a configuration calls it, as a preset and mostly as a provider.
        variables: The environment variables that its users put the key into, the first that is set wins; none for what wants no key.
        base_url: Where its API is; empty where each of its users has an address of their own.
        model: One of its models, to start with; empty for what `pyproxy init` does not offer.
        models_page: Where it lists the others.
        dialect: The API it speaks there.
        stream_usage: Whether it takes ``stream_options``.
        responses: Whether it has the responses API.
        hosts: How the names of its hosts end, where they are more than the one of `base_url`.
        chat: What must be otherwise in a chat request for it; translations write it so, and what a client wrote itself passes.
    """

    name: str
    variables: tuple[str, ...]
    base_url: str
    model: str = ""
    models_page: str = ""
    dialect: Dialect = "openai"
    stream_usage: bool = True
    responses: bool = False
    hosts: tuple[str, ...] = ()
    chat: ChatQuirks = NO_QUIRKS

    @property
    def quirks(self) -> dict[str, bool]:
        """The settings in which it differs from any other that speaks its dialect."""
        differs = {"stream_usage": (self.stream_usage, True), "responses": (self.responses, False)}
        return {name: value for name, (value, default) in differs.items() if value != default}

    def is_at(self, host: str) -> bool:
        """Whether a host is one of its."""
        return host in _host(self.base_url) or any(host.endswith(end) for end in self.hosts)


# It answers 422 to any member that it does not know, in messages, too, and 400 to ids of calls of another form.
_OF_MISTRAL = ChatQuirks(
    renames=(("seed", "random_seed"), ("max_completion_tokens", "max_tokens")),
    takes=frozenset(
        {
            "model", "messages", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls", "max_tokens", "temperature",
            "top_p", "stop", "random_seed", "response_format", "n", "presence_penalty", "frequency_penalty", "reasoning_effort",
            "prediction",
        }
    ),
    refuses=(
        "messages[].name", "messages[].refusal", "messages[].reasoning_content", "messages[].thinking_blocks", "messages[].extra_content",
        "messages[].tool_calls[].extra_content",
    ),
    call_ids=9,
)  # fmt: skip
# What its page on OpenAI's API says that it answers 400 to, and members that it has not; its tiers of service have other names.
_OF_GROQ = ChatQuirks(
    refuses=("logprobs", "top_logprobs", "logit_bias", "messages[].name", "service_tier", "safety_identifier", "verbosity"),
)
_OF_CEREBRAS = ChatQuirks(
    refuses=("frequency_penalty", "presence_penalty", "logit_bias", "parallel_tool_calls", "service_tier", "verbosity"),
)

KNOWN_PROVIDERS = (
    KnownProvider(
        "openai",
        ("OPENAI_API_KEY",),
        "https://api.openai.com/v1",
        "gpt-6-luna",
        "https://developers.openai.com/api/docs/models",
        responses=True,
    ),
    KnownProvider(
        "anthropic",
        ("ANTHROPIC_API_KEY",),
        "https://api.anthropic.com/v1",
        "claude-sonnet-5",
        "https://platform.claude.com/docs/en/about-claude/models/overview",
        dialect="anthropic",
    ),
    KnownProvider(
        "gemini",
        ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        "https://generativelanguage.googleapis.com/v1beta",
        "gemini-3.8-flash",
        "https://ai.google.dev/gemini-api/docs/models",
        dialect="gemini",
    ),
    KnownProvider(
        "mistral",
        ("MISTRAL_API_KEY",),
        "https://api.mistral.ai/v1",
        "mistral-small-latest",
        "https://docs.mistral.ai/getting-started/models",
        stream_usage=False,  # it refuses what it does not know, and tells the usage unasked
        chat=_OF_MISTRAL,
    ),
    KnownProvider(
        "deepseek",
        ("DEEPSEEK_API_KEY",),
        "https://api.deepseek.com",
        "deepseek-v4-flash",
        "https://api-docs.deepseek.com/quick_start/pricing",
    ),
    KnownProvider(
        "groq",
        ("GROQ_API_KEY",),
        "https://api.groq.com/openai/v1",
        "openai/gpt-oss-120b",
        "https://console.groq.com/docs/models",
        chat=_OF_GROQ,
    ),
    KnownProvider("xai", ("XAI_API_KEY",), "https://api.x.ai/v1", "grok-4.3", "https://docs.x.ai/docs/models"),
    KnownProvider("openrouter", ("OPENROUTER_API_KEY",), "https://openrouter.ai/api/v1", "openrouter/auto", "https://openrouter.ai/models"),
    KnownProvider("together", ("TOGETHER_API_KEY",), "https://api.together.xyz/v1", models_page="https://docs.together.ai"),
    KnownProvider("fireworks", ("FIREWORKS_API_KEY",), "https://api.fireworks.ai/inference/v1", models_page="https://docs.fireworks.ai"),
    KnownProvider(
        "cerebras",
        ("CEREBRAS_API_KEY",),
        "https://api.cerebras.ai/v1",
        models_page="https://inference-docs.cerebras.ai",
        chat=_OF_CEREBRAS,
    ),
    KnownProvider(
        "azure",
        ("AZURE_OPENAI_API_KEY",),
        "",
        models_page="https://learn.microsoft.com/azure/ai-foundry/openai/",
        responses=True,
        hosts=(".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com"),
    ),
    KnownProvider("ollama", (), "http://127.0.0.1:11434/v1", models_page="https://ollama.com/library"),
    KnownProvider("vllm", (), "http://127.0.0.1:8000/v1", models_page="https://docs.vllm.ai"),
    KnownProvider("lmstudio", (), "http://127.0.0.1:1234/v1", models_page="https://lmstudio.ai/docs"),
)

_BY_NAME = {known.name: known for known in KNOWN_PROVIDERS}
_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


def known_provider(name: str) -> KnownProvider | None:
    """Return the provider of that name, if it is known."""
    return _BY_NAME.get(name)


def known_provider_at(base_url: str) -> KnownProvider | None:
    """Return the provider whose address it is, if it is known; on a machine's own address there may be any."""
    hosts = [host for host in _host(base_url) if host not in _LOOPBACK]
    return next((known for known in KNOWN_PROVIDERS for host in hosts if known.is_at(host)), None)


def _host(url: str) -> tuple[str, ...]:
    """The name of the host, if the text is a URL with one."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return ()
    return (host,) if host else ()


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
    for provider in offered_providers():
        given = [name for name in provider.variables if values.get(name)]
        fit = [name for name in given if _USABLE.fullmatch(values[name])]
        usable += [(provider, fit[0])] if fit else []
        unusable += [name for name in given if name not in fit]
    return Keys(tuple(usable), tuple(unusable))


def offered_providers() -> Iterator[KnownProvider]:
    """Yield those that `pyproxy init` can write a configuration for: a model of theirs is known."""
    return (provider for provider in KNOWN_PROVIDERS if provider.model)
