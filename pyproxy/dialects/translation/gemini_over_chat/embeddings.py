"""Embeddings: Gemini's ``embedContent`` and ``batchEmbedContents`` from ``/v1/embeddings``.

A body with ``requests`` is a batch, any other is one text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.fields import Fields
from pyproxy.dialects.translation.gemini.vectors import as_numbers
from pyproxy.dialects.translation.losses import Losses
from pyproxy.dialects.translation.translator import PureTranslator, Translated

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["GEMINI_EMBEDDINGS_OVER_CHAT"]


def _request(body: Json, call: Call) -> Translated:
    """Return the body of a ``/v1/embeddings``."""
    losses = Losses()
    fields = Fields(body, losses=losses, gemini=True)
    batch = fields.objects("requests") if "requests" in body else [fields]
    if not batch:
        raise fields.fault("requests", "requests holds nothing to embed.")
    texts = [_text(one) for one in batch]
    dimensions = {_dimensions(one) for one in batch}
    if len(dimensions) > 1:
        raise fields.fault("requests", "This provider embeds all of a batch in the same number of dimensions.")
    for one in (fields, *batch):
        one.get("model")
        one.done()
    request: Json = {"model": call.model, "input": texts if "requests" in body else texts[0], "encoding_format": "float"}
    wanted = dimensions.pop()
    if wanted is not None:
        request["dimensions"] = wanted
    return Translated(request, losses.names)


def _response(body: Json, call: Call) -> Translated:
    """Return the answer, in the form of the method that was called."""
    fields = Fields(body, answer=True)
    told = fields.objects("data")
    places = [place if index is None else index for place, index in enumerate(one.count("index") for one in told)]
    requests = call.asked.get("requests")
    count = (len(requests) if isinstance(requests, list) else 1) if "requests" in call.asked else 1
    if sorted(places) != list(range(count)):
        raise ValueError("The provider's answer has not as many embeddings as texts were sent.")
    vectors = {place: {"values": as_numbers(one.get("embedding"))} for place, one in zip(places, told, strict=True)}
    answer: Json
    answer = {"embeddings": [vectors[place] for place in range(count)]} if "requests" in call.asked else {"embedding": vectors[0]}
    usage = fields.object("usage")
    used = None if usage is None else usage.count("prompt_tokens")
    if used is not None:
        answer["usageMetadata"] = {"promptTokenCount": used, "totalTokenCount": used}
    return Translated(answer)


def _text(one: Fields) -> str:
    content = one.get("content")
    if isinstance(content, str):
        return content
    inner = one.object("content")
    parts = [] if inner is None else inner.objects("parts")
    if inner is None or not parts:
        raise one.fault("content", f"{one.at('content')} is missing, or empty.")
    texts = []
    for part in parts:
        text = part.text("text")
        if text is None:
            raise part.fault("", f"{part.where} is no text; this provider embeds no other things.")
        texts.append(text)
        part.done()
    inner.get("role")
    inner.done()
    return "\n".join(texts)


def _dimensions(one: Fields) -> int | None:
    config = one.object("embedContentConfig")
    inner = None
    if config is not None:
        inner = config.count("outputDimensionality")
        config.done()
    outer = one.count("outputDimensionality")
    return inner if outer is None else outer


GEMINI_EMBEDDINGS_OVER_CHAT = PureTranslator(_request, _response)
