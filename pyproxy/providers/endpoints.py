"""Where each instance is called and with what credential, from the configuration alone."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyproxy.domain.instances import credential_names, instance_names

if TYPE_CHECKING:
    from pyproxy.config import Config

__all__ = ["Endpoint", "endpoints", "fingerprints"]

# A key of this process alone: what is told by a fingerprint cannot be looked up anywhere else.
_SALT = secrets.token_bytes(16)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address and what opens it.

    Attributes:
        provider: the provider's name.
        base_url: the provider's base_url, without a trailing slash.
        headers: the credential and the provider's own headers; kept out of every representation.
    """

    provider: str
    base_url: str
    headers: tuple[tuple[bytes, bytes], ...] = field(repr=False)


def endpoints(config: Config) -> dict[str, Endpoint]:
    """The endpoint of every instance, by the instance's name."""
    found: dict[str, Endpoint] = {}
    for name, model in config.models.items():
        provider = config.providers[model.provider]
        own = tuple((key.lower().encode(), value.get_secret_value().encode()) for key, value in provider.headers.items())
        credentials = [secret.get_secret_value() for secret in provider.credentials()]
        for index, instance in enumerate(instance_names(name, len(credentials))):
            credential = ((b"authorization", f"Bearer {credentials[index]}".encode()),) if credentials else ()
            found[instance] = Endpoint(provider=model.provider, base_url=provider.base_url, headers=(*credential, *own))
    return found


def fingerprints(config: Config) -> dict[str, str]:
    """A fingerprint of every credential, by the credential's name; it changes when the credential or its address does."""
    found: dict[str, str] = {}
    for name, provider in config.providers.items():
        credentials = [secret.get_secret_value() for secret in provider.credentials()] or [""]
        for credential, secret in zip(credential_names(name, len(credentials)), credentials, strict=True):
            told = f"{provider.base_url}\n{secret}".encode()
            found[credential] = hashlib.blake2b(told, key=_SALT, digest_size=16).hexdigest()
    return found
