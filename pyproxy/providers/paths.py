"""Where each API of a provider is: the path below its address, and the query that belongs to it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_plus

from pyproxy.rust_core import is_credential

if TYPE_CHECKING:
    from pyproxy.domain.operations import Api
    from pyproxy.domain.surfaces import Surface

__all__ = ["MODELS_PATH", "NoSuchApiError", "address_of", "upstream_path", "with_client_query"]

MODELS_PATH = "/models"
"""Of every surface: the list of models, which costs nothing to ask for."""

_OPENAI: dict[Api, str] = {
    "chat": "/chat/completions",
    "completions": "/completions",
    "embeddings": "/embeddings",
    "responses": "/responses",
}
_DEPLOYMENT = "/deployments/{model}"
_PATHS: dict[Surface, dict[Api, str]] = {
    "openai": _OPENAI,
    "azure": _OPENAI,
    # Responses are asked for by the model in their body, whatever the version.
    "azure_deployments": {api: path if api == "responses" else _DEPLOYMENT + path for api, path in _OPENAI.items()},
    "anthropic": {"messages": "/messages", "count_tokens": "/messages/count_tokens"},
    "gemini": {
        "generate_content": "/{model}:generateContent",
        "gemini_count_tokens": "/{model}:countTokens",
        "embed_content": "/{model}:embedContent",
        "batch_embed_contents": "/{model}:batchEmbedContents",
    },
}
_GEMINI_STREAM = ("/{model}:streamGenerateContent", b"alt=sse")

# What an address of each surface ends with; whoever leaves it out, or some of it, means it.
_ENDS: dict[Surface, tuple[str, ...]] = {
    "openai": (),
    "azure": ("/openai/v1",),
    "azure_deployments": ("/openai",),
    "anthropic": ("/v1",),
    "gemini": ("/v1beta", "/v1", "/v1alpha"),
}
_AZURE_ENDS = ("/openai/v1", "/openai")

# Credentials whose names say so in queries alone, and what says which API a client meant to call: that is ours to say.
_NOT_FORWARDED = frozenset(("key", "sig", "alt", "$alt", "api-version"))


class NoSuchApiError(LookupError):
    """A provider has no such API."""


def address_of(surface: Surface, base_url: str) -> str:
    """Return what the paths of a provider are appended to.

    ``https://api.anthropic.com`` and ``https://api.anthropic.com/v1`` are the same provider, and so is Gemini with and without
    ``/v1beta``, and a resource of Azure with any part of ``/openai/v1``.
    """
    address = base_url.rstrip("/")
    if surface in ("azure", "azure_deployments"):
        end = next((end for end in _AZURE_ENDS if address.endswith(end)), "")
        address = address.removesuffix(end)
    ends = _ENDS[surface]
    return address if not ends or address.endswith(ends) else address + ends[0]


@lru_cache(maxsize=4096)
def upstream_path(surface: Surface, api: Api, model: str, *, stream: bool = False) -> tuple[str, bytes]:
    """Return the path of an API below a provider's address, and its query.

    Args:
        surface: How the provider's paths look.
        api: What is called.
        model: The name the provider knows the model by, which some paths hold.
        stream: Whether a stream is wanted, which has a path of its own in some.

    Raises:
        NoSuchApiError: the provider has none such; a request for it has to be translated.
    """
    if surface == "gemini" and api == "generate_content" and stream:
        path, query = _GEMINI_STREAM
    else:
        path, query = _PATHS[surface].get(api, ""), b""
    if not path:
        raise NoSuchApiError(f"{surface} has no {api}")
    return path.replace("{model}", _gemini_model(model) if surface == "gemini" else quote(model, safe="")), query


def with_client_query(query: bytes, client: bytes) -> bytes:
    """Return the query of a path with what a client asked for beside: all but credentials and what the path itself says."""
    kept = [part for part in client.split(b"&") if part and _is_forwarded(_name(part))]
    return b"&".join([query, *kept] if query else kept)


def _gemini_model(model: str) -> str:
    """A model by its resource: one that was tuned is under its own collection."""
    collection, slash, name = model.partition("/")
    return (
        f"{collection}/{quote(name, safe='')}" if slash and collection in ("models", "tunedModels") else f"models/{quote(model, safe='')}"
    )


def _is_forwarded(name: str) -> bool:
    return name not in _NOT_FORWARDED and not is_credential(name.encode())


def _name(part: bytes) -> str:
    return unquote_plus(part.partition(b"=")[0].decode("latin-1")).strip().lower()
