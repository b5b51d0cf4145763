"""Embeddings, as lists of numbers or as base64 of 32-bit floats."""

import base64
import struct
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from pyproxy.providers.mock.embedding import vector
from pyproxy.providers.mock.openai import checks
from pyproxy.providers.mock.openai.checks import Check
from pyproxy.providers.mock.reading import words
from pyproxy.providers.mock.reply import BadRequestError

_DIMENSIONS: Final = 1536
_MOST_DIMENSIONS: Final = 3072
_MOST_INPUTS: Final = 2048
_FORMATS: Final = ("float", "base64")
KNOWN: Final[Mapping[str, Check]] = {
    **dict.fromkeys(("input", "model", "user"), checks.anything),
    "dimensions": partial(checks.integer, least=1),
    "encoding_format": checks.string,
}


def embeddings(document: dict[str, Any], model: str) -> dict[str, Any]:
    """Answer a parsed request.

    Raises:
        BadRequestError: If the API would refuse it.
    """
    form = document.get("encoding_format") or "float"
    if form not in _FORMATS:
        raise checks.wrong_value("encoding_format", form, _FORMATS)
    inputs = _inputs(document)
    dimensions = min(document.get("dimensions") or _DIMENSIONS, _MOST_DIMENSIONS)  # no model has more
    data = [
        {"object": "embedding", "index": index, "embedding": _written(vector(str(each), dimensions), form)}
        for index, each in enumerate(inputs)
    ]
    tokens = sum(words(each) if isinstance(each, str) else len(each) for each in inputs)
    return {"object": "list", "data": data, "model": model, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}


def _inputs(document: dict[str, Any]) -> list[Any]:
    given = document.get("input")
    if given is None:
        raise checks.missing("input")
    inputs = [given] if isinstance(given, str) or (isinstance(given, list) and given and isinstance(given[0], int)) else given
    if not isinstance(inputs, list) or not all(isinstance(each, str | list) for each in inputs):
        raise BadRequestError("'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.")
    if not inputs:
        text = "Invalid 'input': empty array. Expected an array with minimum length 1, but got an empty array instead."
        raise BadRequestError(text, code="empty_array", param="input")
    if len(inputs) > _MOST_INPUTS:
        text = f"Invalid 'input': maximum number of inputs is {_MOST_INPUTS}, but got {len(inputs)} instead."
        raise BadRequestError(text, param="input")
    if any(not each for each in inputs):
        raise BadRequestError("Invalid 'input': input cannot be an empty string.", param="input")
    return inputs


def _written(values: list[float], form: str) -> list[float] | str:
    if form == "float":
        return values
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()
