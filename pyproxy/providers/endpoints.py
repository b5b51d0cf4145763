"""Where each instance is called and with what credential, from the configuration alone."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyproxy.domain.instances import credential_names, instance_names
from pyproxy.providers.paths import address_of

if TYPE_CHECKING:
    from pyproxy.config import Config, ProviderConfig
    from pyproxy.domain.surfaces import Surface

__all__ = ["Endpoint", "endpoints", "fingerprints"]

Headers = tuple[tuple[bytes, bytes], ...]

# A key of this process alone: what is told by a fingerprint cannot be looked up anywhere else.
_SALT = secrets.token_bytes(16)

_CREDENTIAL_HEADERS: dict[Surface, tuple[bytes, str]] = {
    "openai": (b"authorization", "Bearer {}"),
    "azure": (b"api-key", "{}"),
    "azure_deployments": (b"api-key", "{}"),
    "anthropic": (b"x-api-key", "{}"),
    "gemini": (b"x-goog-api-key", "{}"),
}
_EXPECTED: dict[Surface, Headers] = {"anthropic": ((b"anthropic-version", b"2023-06-01"),)}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address and what opens it.

    Attributes:
        provider: the provider's name.
        base_url: what the paths of its APIs are appended to, without a trailing slash.
        headers: the credential and the provider's own headers; kept out of every representation.
        defaults: headers that it wants of a client that does not send them.
        query: what the query of each call ends with.
    """

    provider: str
    base_url: str
    headers: Headers = field(repr=False)
    defaults: Headers = ()
    query: bytes = b""


def endpoints(config: Config) -> dict[str, Endpoint]:
    """The endpoint of every instance, by the instance's name."""
    found: dict[str, Endpoint] = {}
    for name, model in config.models.items():
        provider = config.providers[model.provider]
        credentials = [secret.get_secret_value() for secret in provider.credentials()]
        for index, instance in enumerate(instance_names(name, len(credentials))):
            found[instance] = _endpoint(model.provider, provider, credentials[index] if credentials else None)
    return found


def _endpoint(name: str, provider: ProviderConfig, credential: str | None) -> Endpoint:
    surface = provider.surface
    own = tuple((key.lower().encode(), value.get_secret_value().encode()) for key, value in provider.headers.items())
    header, form = _CREDENTIAL_HEADERS[surface]
    version = None if provider.azure is None else provider.azure.api_version
    return Endpoint(
        provider=name,
        base_url=address_of(surface, provider.base_url),
        headers=own if credential is None else ((header, form.format(credential).encode()), *own),
        defaults=_EXPECTED.get(surface, ()),
        query=b"" if version is None else f"api-version={version}".encode(),
    )


def fingerprints(config: Config) -> dict[str, str]:
    """A fingerprint of every credential, by the credential's name; it changes when the credential or its address does."""
    found: dict[str, str] = {}
    for name, provider in config.providers.items():
        credentials = [secret.get_secret_value() for secret in provider.credentials()] or [""]
        for credential, secret in zip(credential_names(name, len(credentials)), credentials, strict=True):
            told = f"{provider.base_url}\n{secret}".encode()
            found[credential] = hashlib.blake2b(told, key=_SALT, digest_size=16).hexdigest()
    return found
