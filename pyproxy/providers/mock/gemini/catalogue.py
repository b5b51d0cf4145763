"""The list of models, in pages, and embeddings."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pyproxy.providers.mock.embedding import vector
from pyproxy.providers.mock.gemini.conversation import check_conversation
from pyproxy.providers.mock.gemini.errors import RefusedError

Json = dict[str, Any]

_DIMENSIONS: Final = 3072
_PAGE: Final = 50
_METHODS: Final = ["generateContent", "countTokens", "embedContent", "batchEmbedContents"]


def model(name: str) -> Json:
    """Give one model."""
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name,
        "description": "A model of the mock provider",
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": _METHODS,
        "temperature": 1,
        "topP": 0.95,
        "topK": 64,
        "maxTemperature": 2,
    }


def page(names: Sequence[str], query: Mapping[str, str]) -> Json:
    """Give the page of models that the query asks for.

    Raises:
        RefusedError: If the query cannot be read.
    """
    try:
        size, start = int(query.get("pageSize", _PAGE)), int(query.get("pageToken", 0))
    except ValueError:
        raise RefusedError("Request contains an invalid argument.") from None
    shown: Json = {"models": [model(name) for name in names[start : start + size]]}
    return {**shown, "nextPageToken": str(start + size)} if start + size < len(names) else shown


def embedding(request: Json) -> Json:
    """Give the embedding of one content.

    Raises:
        RefusedError: If there is no content.
    """
    content = request.get("content") or {}
    check_conversation({"contents": [{**content, "role": "user"}]}, "")
    text = " ".join(part.get("text", "") for part in content["parts"])
    config = request.get("embedContentConfig") or {}
    dimensions = request.get("outputDimensionality") or config.get("outputDimensionality") or _DIMENSIONS
    return {"values": vector(text, max(1, min(int(dimensions), _DIMENSIONS)))}  # no model has more
