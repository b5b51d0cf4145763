"""Where calls go and with what credentials: providers, and the models they serve."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from pyproxy.config.limits import Limits
from pyproxy.config.quantities import Text, Tokens, Weight
from pyproxy.config.settings import Named, Pending, Settings, nothing

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*")
_VISIBLE = re.compile(r"[\x21-\x7e]+")
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


def _header_value(value: SecretStr) -> SecretStr:
    if not _HEADER_VALUE.fullmatch(value.get_secret_value()):
        raise ValueError("must be one line of ASCII characters")
    return value


Credential = Annotated[SecretStr, AfterValidator(_credential)]
HeaderValue = Annotated[SecretStr, AfterValidator(_header_value)]


class ProviderConfig(Settings):
    """An upstream service: its address, the dialect it speaks, and the credentials for it."""

    dialect: Annotated[Literal["openai", "anthropic", "gemini"], Pending("only openai upstreams are called", ("openai",))] = Field(
        default="openai", description="The API that the upstream speaks.", examples=["openai", "anthropic", "gemini"]
    )
    base_url: Annotated[Text, AfterValidator(_base_url)] = Field(
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
    headers: Annotated[Named[HeaderValue], AfterValidator(_header_names)] = Field(
        default_factory=nothing,
        description="Extra headers for each call to this provider; kept secret like credentials.",
        examples=[{"OpenAI-Organization": "${OPENAI_ORG}"}],
    )

    @model_validator(mode="after")
    def _one_way_to_give_credentials(self) -> "ProviderConfig":
        if self.api_key is not None and self.api_keys:
            raise ValueError("has both api_key and api_keys: keep one of them")
        if len({key.get_secret_value() for key in self.api_keys}) < len(self.api_keys):
            raise ValueError("has the same credential twice in api_keys: remove one of them")
        return self

    def credentials(self) -> tuple[SecretStr, ...]:
        """Return every credential, in the order of the configuration; empty when the provider has none."""
        return self.api_keys or ((self.api_key,) if self.api_key is not None else ())


class ModelConfig(Limits):
    """A model of a provider, with limits of its own."""

    provider: Text = Field(description="Name of the provider that serves the model.", examples=["openai"])
    model: Text = Field(description="The model's name at the provider.", examples=["gpt-4o"])
    context_window: Tokens | None = Field(
        default=None,
        description="Largest prompt and answer together, in tokens; a prompt too long for one model goes to one with a larger window.",
        examples=[128_000],
    )
    prefill: bool = Field(
        default=False,
        description="Whether the model goes on with a last message of the assistant, as if it had begun the answer itself: how a stream "
        "that broke off is resumed at this model (stream_guarantee: resume).",
        examples=[True],
    )
    weight: Weight = Field(default=1, description="Share of the traffic among the models of an echelon; 0 takes none.", examples=[1, 2])
