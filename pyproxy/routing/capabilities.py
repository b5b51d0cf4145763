"""What a model takes: as its configuration says, else as its name and its dialect tell; and how its provider is not quite OpenAI."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyproxy.config.known_models import known_capabilities
from pyproxy.config.known_providers import known_provider, known_provider_at
from pyproxy.domain.quirks import NO_QUIRKS

if TYPE_CHECKING:
    from pyproxy.config import ModelConfig, ProviderConfig
    from pyproxy.domain.capabilities import Capabilities
    from pyproxy.domain.quirks import ChatQuirks

__all__ = ["capabilities_of", "quirks_of"]


def capabilities_of(provider: ProviderConfig, model: ModelConfig) -> Capabilities:
    """The capabilities of a model."""
    return replace(known_capabilities(provider.dialect, model.model), **model.capabilities.model_dump(exclude_none=True))


def quirks_of(provider: ProviderConfig) -> ChatQuirks:
    """How a provider differs from others that speak OpenAI's API: as its preset, else as its address tells."""
    known = known_provider_at(provider.base_url) if provider.preset is None else known_provider(provider.preset)
    return NO_QUIRKS if known is None or known.dialect != provider.dialect else known.chat
