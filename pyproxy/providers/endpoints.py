"""Where each instance is called and with what credential, from the configuration alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyproxy.domain.instances import instance_names

if TYPE_CHECKING:
    from pyproxy.config import Config

__all__ = ["Endpoint", "endpoints"]


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
        secrets = [secret.get_secret_value() for secret in provider.credentials()]
        for index, instance in enumerate(instance_names(name, len(secrets))):
            credential = ((b"authorization", f"Bearer {secrets[index]}".encode()),) if secrets else ()
            found[instance] = Endpoint(provider=model.provider, base_url=provider.base_url, headers=(*credential, *own))
    return found
