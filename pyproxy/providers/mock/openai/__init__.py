"""OpenAI's API and Azure's form of it: chat completions, completions, responses, embeddings and models."""

from pyproxy.providers.mock.openai.routes import OpenAI

__all__ = ["OpenAI"]
