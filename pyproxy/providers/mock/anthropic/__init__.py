"""Anthropic's API: messages, the counting of their tokens, and models."""

from pyproxy.providers.mock.anthropic.routes import Anthropic

__all__ = ["Anthropic"]
