"""What a model takes: as its configuration says, else as its name and its dialect tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyproxy.config.known_models import known_capabilities

if TYPE_CHECKING:
    from pyproxy.config import ModelConfig, ProviderConfig
    from pyproxy.domain.capabilities import Capabilities

__all__ = ["capabilities_of"]


def capabilities_of(provider: ProviderConfig, model: ModelConfig) -> Capabilities:
    """The capabilities of a model."""
    return replace(known_capabilities(provider.dialect, model.model), **model.capabilities.model_dump(exclude_none=True))
