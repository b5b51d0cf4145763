"""Where calls go and with what credentials: providers, and the models they serve."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from pyproxy.config.limits import Limits
from pyproxy.config.quantities import Price, Text, Tokens, Weight
from pyproxy.config.settings import Named, Otherwise, Settings, nothing
from pyproxy.domain.capabilities import Effort, Thinking
from pyproxy.domain.surfaces import Surface
from pyproxy.domain.usage import Usage

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*")
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_DATED = re.compile(r"20\d\d-\d\d-\d\d(-preview)?")
_OF_THE_TRANSPORT = frozenset(
    ("connection", "content-length", "host", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade")
)


def _base_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError("must be a URL such as https://api.example.com/v1") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_fits or not _VISIBLE.fullmatch(url):
        raise ValueError("must be an http or https URL such as https://api.example.com/v1")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold credentials: put them into api_key")
    if "?" in url or "#" in url:
        raise ValueError("must not have a query or a fragment: a credential goes into api_key or headers")
    return url.rstrip("/")


def _credential(secret: SecretStr) -> SecretStr:
    if not _VISIBLE.fullmatch(secret.get_secret_value()):
        raise ValueError("must be the key alone, without 'Bearer': one line of visible ASCII characters without spaces, and not empty")
    return secret


def _header_names(headers: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
    for name in headers:
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError("holds a key that is no name of an HTTP header")
        if name.lower() in _OF_THE_TRANSPORT:
            raise ValueError(f"holds {name.lower()}, which the transport writes itself")
    if len({name.lower() for name in headers}) < len(headers):
        raise ValueError("holds the same header twice, in small and capital letters")
    return headers


def _proxy(url: SecretStr) -> SecretStr:
    text = url.get_secret_value()
    try:
        parts = urlsplit(text)
        has_address = parts.scheme == "http" and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        has_address = False
    if not has_address or parts.path not in ("", "/") or "?" in text or "#" in text or not _VISIBLE.fullmatch(text):
        raise ValueError("must be a URL such as http://proxy.example.com:3128, or http://user:password@proxy.example.com:3128")
    return url


def _ca_file(path: str) -> str:
    if not Path(path).is_absolute():
        raise ValueError("must be an absolute path, such as /etc/ssl/certs/our-ca.pem")
    return path


def _header_value(value: SecretStr) -> SecretStr:
    if not _HEADER_VALUE.fullmatch(value.get_secret_value()):
        raise ValueError("must be one line of ASCII characters")
    return value


def _api_version(version: str) -> str:
    if not _DATED.fullmatch(version) and version not in ("preview", "latest"):
        raise ValueError("must be a version such as 2024-10-21 or 2025-04-01-preview; or preview, of the API without dates")
    return version


Credential = Annotated[SecretStr, AfterValidator(_credential)]
HeaderValue = Annotated[SecretStr, AfterValidator(_header_value)]


class AzureConfig(Settings):
    """How a resource of Azure OpenAI is called: each model of the provider is one of its deployments."""

    api_version: Annotated[Text, AfterValidator(_api_version)] | None = Field(
        default=None,
        description="The dated version of the API, which has a path for each deployment. Left out, the API under /openai/v1 is called, "
        "which needs none.",
        examples=["2024-10-21"],
    )

    @property
    def is_dated(self) -> bool:
        """Whether the API with a path for each deployment is meant."""
        return self.api_version is not None and _DATED.fullmatch(self.api_version) is not None


class ProviderConfig(Settings):
    """An upstream service: its address, the dialect it speaks, and the credentials for it."""

    preset: (
        Literal[
            "openai",
            "anthropic",
            "gemini",
            "mistral",
            "deepseek",
            "groq",
            "xai",
            "openrouter",
            "together",
            "fireworks",
            "cerebras",
            "azure",
            "ollama",
            "vllm",
            "lmstudio",
        ]
        | None
    ) = Field(
        default=None,
        description="A known service, which says whatever is left out here but the credential. A provider with the name of one and "
        "without a base_url needs no preset.",
        examples=["anthropic"],
    )
    dialect: Literal["openai", "anthropic", "gemini"] = Field(
        default="openai",
        description="The API that the upstream speaks; clients of any of them are served.",
        examples=["openai", "anthropic", "gemini"],
    )
    base_url: Annotated[Text, AfterValidator(_base_url), Otherwise("required without a preset")] = Field(
        description="The http or https URL that the API's paths are appended to, without credentials, query or trailing slash.",
        examples=["https://api.openai.com/v1"],
    )
    api_key: Credential | None = Field(
        default=None, description="The credential; none for a service that wants none.", examples=["${OPENAI_API_KEY}"]
    )
    api_keys: tuple[Credential, ...] = Field(
        default=(),
        min_length=1,
        description="Several credentials: each makes an instance of every model of this provider. Instead of api_key.",
        examples=[["${OPENAI_KEY_1}", "${OPENAI_KEY_2}"]],
    )
    stream_usage: bool = Field(
        default=True,
        description="Whether streams are asked for their token counts (stream_options.include_usage); false for a service that refuses it.",
        examples=[False],
    )
    responses: Annotated[bool, Otherwise("`true` of OpenAI and Azure, else `false`")] = Field(
        default=False,
        description="Whether the upstream has the responses API. Clients of it are served from its chat completions where it has not.",
        examples=[True],
    )
    azure: AzureConfig | None = Field(
        default=None,
        description="Says that it is a resource of Azure OpenAI (preset: azure does so, too), and how it is called.",
        examples=[{"api_version": "2024-10-21"}],
    )
    headers: Annotated[Named[HeaderValue], AfterValidator(_header_names)] = Field(
        default_factory=nothing,
        description="Extra headers for each call to this provider; kept secret like credentials.",
        examples=[{"OpenAI-Organization": "${OPENAI_ORG}"}],
    )

    ca_file: Annotated[Text, AfterValidator(_ca_file)] | None = Field(
        default=None,
        description="A file in PEM with certificates of authorities that are believed for this provider beside the system's own; read "
        "once. An absolute path.",
        examples=["/etc/ssl/certs/our-ca.pem"],
    )

    proxy: Annotated[SecretStr, AfterValidator(_proxy)] | None = Field(
        default=None,
        description="The HTTP proxy that calls to this provider go through, with its user and password if it wants them; kept secret. "
        "No proxy is taken from the environment.",
        examples=["http://proxy.example.com:3128"],
    )

    @model_validator(mode="after")
    def _one_way_to_give_credentials(self) -> "ProviderConfig":
        if self.api_key is not None and self.api_keys:
            raise ValueError("has both api_key and api_keys: keep one of them")
        if len({key.get_secret_value() for key in self.api_keys}) < len(self.api_keys):
            raise ValueError("has the same credential twice in api_keys: remove one of them")
        return self

    @model_validator(mode="after")
    def _azure_speaks_openai(self) -> "ProviderConfig":
        if self.azure is not None and self.dialect != "openai":
            raise ValueError("has both azure and another dialect than openai: keep one of them")
        return self

    @property
    def surface(self) -> Surface:
        """How its paths and credentials look."""
        if self.dialect != "openai":
            return self.dialect
        if self.azure is None:
            return "openai"
        return "azure_deployments" if self.azure.is_dated else "azure"

    def credentials(self) -> tuple[SecretStr, ...]:
        """Return every credential, in the order of the configuration; empty when the provider has none."""
        return self.api_keys or ((self.api_key,) if self.api_key is not None else ())


_BY_NAME = Otherwise("by its name and dialect")


class CapabilitiesConfig(Settings):
    """What a model takes, where that is not to be told from its provider's dialect and its name."""

    sampling: Annotated[bool | None, _BY_NAME] = Field(
        default=None, description="Whether it takes temperature, top_p and top_k; reasoning models refuse them.", examples=[False]
    )
    sampling_while_thinking: Annotated[bool | None, _BY_NAME] = Field(
        default=None, description="Whether it takes them in a request that has it think, too.", examples=[False]
    )
    thinking: Annotated[Thinking | None, _BY_NAME] = Field(
        default=None,
        description="How it is told how much to think: `effort` (a word such as `low`), `budget` (a number of tokens), or `none` (not "
        "at all). Clients of other APIs say so in their own way.",
        examples=["effort"],
    )
    forced_tools: Annotated[bool | None, _BY_NAME] = Field(
        default=None, description="Whether a request may force it to call a tool.", examples=[False]
    )
    prefill: Annotated[bool | None, _BY_NAME] = Field(
        default=None,
        description="Whether it goes on with a last message of the assistant, as if it had begun the answer itself: how a stream "
        "that broke off is resumed at this model (stream_guarantee: resume).",
        examples=[True],
    )
    json_schema: Annotated[bool | None, _BY_NAME] = Field(
        default=None, description="Whether its provider holds an answer to a JSON schema.", examples=[False]
    )
    vision: Annotated[bool | None, _BY_NAME] = Field(default=None, description="Whether it takes images.", examples=[False])
    reasoning_history: Annotated[bool | None, Otherwise("`false`")] = Field(
        default=None,
        description="Whether a chat provider takes the reasoning of earlier turns back (reasoning_content); some need it, many refuse it.",
        examples=[True],
    )
    max_output: Annotated[Tokens | None, _BY_NAME] = Field(
        default=None,
        description="The longest answer, in tokens: translated requests, and those that come from another model that failed, ask for no "
        "more; what a provider that must be given a bound is given for a request without one.",
        examples=[64_000],
    )
    efforts: Annotated[tuple[Effort, ...] | None, _BY_NAME] = Field(
        default=None,
        description="The words that it takes for how much to think, where it is told in words; the closest stands for others.",
        examples=[["low", "medium", "high"]],
    )


class PriceConfig(Settings):
    """What a model's tokens cost, a million of each kind: plain numbers, in one currency for all models."""

    input: Price = Field(description="A million tokens of prompts.", examples=[2.5])
    output: Price = Field(description="A million tokens of answers.", examples=[10])
    cached_input: Annotated[Price | None, Otherwise("as `input`")] = Field(
        default=None, description="A million tokens of prompts that the provider read from its cache.", examples=[1.25]
    )
    cache_write: Annotated[Price | None, Otherwise("as `input`")] = Field(
        default=None,
        description="A million tokens of prompts that the provider wrote to its cache, for minutes or for as long as it does not say.",
        examples=[3.75],
    )
    cache_write_1h: Annotated[Price | None, Otherwise("as `cache_write`")] = Field(
        default=None, description="A million tokens of prompts that the provider wrote to its cache for an hour.", examples=[6]
    )

    def cost(self, usage: Usage) -> float:
        """What an answer cost."""
        of_cached = self.input if self.cached_input is None else self.cached_input
        of_write = self.input if self.cache_write is None else self.cache_write
        of_write_1h = of_write if self.cache_write_1h is None else self.cache_write_1h
        plain = usage.prompt - usage.cached - usage.cache_write - usage.cache_write_1h
        of_cache = usage.cached * of_cached + usage.cache_write * of_write + usage.cache_write_1h * of_write_1h
        return (plain * self.input + of_cache + usage.completion * self.output) / 1e6


class ModelConfig(Limits):
    """A model of a provider, with limits of its own."""

    provider: Text = Field(description="Name of the provider that serves the model.", examples=["openai"])
    model: Text = Field(description="The model's name at the provider.", examples=["gpt-4o"])
    context_window: Tokens | None = Field(
        default=None,
        description="Largest prompt and answer together, in tokens; a prompt too long for one model goes to one with a larger window.",
        examples=[128_000],
    )
    capabilities: CapabilitiesConfig = Field(
        default=CapabilitiesConfig(),
        description="What the model takes; requests are translated and filled in by it.",
        examples=[{"sampling": False, "thinking": "effort"}],
    )
    price: PriceConfig | None = Field(
        default=None,
        description="What its tokens cost, a million of each kind; what requests cost is counted where it is given.",
        examples=[{"input": 3, "output": 15, "cached_input": 0.3, "cache_write": 3.75, "cache_write_1h": 6}],
    )
    weight: Weight = Field(default=1, description="Share of the traffic among the models of an echelon; 0 takes none.", examples=[1, 2])
