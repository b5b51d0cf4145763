"""What a check asks a model: for the shortest answer, in the API of its provider."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pyproxy.providers.paths import upstream_path

if TYPE_CHECKING:
    from pyproxy.domain import Candidate
    from pyproxy.domain.operations import Api
    from pyproxy.domain.surfaces import Dialect

__all__ = ["question"]

_APIS: dict[Dialect, Api] = {"openai": "chat", "anthropic": "messages", "gemini": "generate_content"}


def question(candidate: Candidate, prompt: str) -> tuple[str, bytes, bytes]:
    """The path, the query and the body of a prompt to a model."""
    path, query = upstream_path(candidate.surface, _APIS[candidate.dialect], candidate.upstream_model)
    body: dict[str, Any]
    if candidate.dialect == "gemini":
        body = {"contents": [{"role": "user", "parts": [{"text": prompt}]}], "generationConfig": {"maxOutputTokens": 1}}
    else:
        takes = candidate.capabilities
        bound: dict[str, int] = {takes.bound_in_chat: takes.least_bound_in_chat} if candidate.dialect == "openai" else {"max_tokens": 1}
        body = {"model": candidate.upstream_model, "messages": [{"role": "user", "content": prompt}], **bound}
    return path, query, json.dumps(body).encode()
