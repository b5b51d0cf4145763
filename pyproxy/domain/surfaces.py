"""How a provider's paths and credentials look: finer than its dialect, for one dialect is served in several ways."""

from __future__ import annotations

from typing import Literal, TypeAlias

__all__ = ["Dialect", "Surface"]

Dialect: TypeAlias = Literal["openai", "anthropic", "gemini"]
"""The API that a provider speaks."""

Surface: TypeAlias = Literal["openai", "azure", "azure_deployments", "anthropic", "gemini"]
"""``azure`` is Azure OpenAI under ``/openai/v1``, ``azure_deployments`` the same with a deployment in each path and a dated api-version."""
