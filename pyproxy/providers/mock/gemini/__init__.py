"""Gemini's API: content, whole and streamed, the counting of its tokens, embeddings and models."""

from pyproxy.providers.mock.gemini.routes import Gemini

__all__ = ["Gemini"]
